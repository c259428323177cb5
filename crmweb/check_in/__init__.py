"""The central button: where one is about to check in, chosen before anybody asks."""
