"""Addresses looked up on the map by a geocoder, when the settings name one."""
