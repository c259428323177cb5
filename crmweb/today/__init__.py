"""The first screen of the day: what is due."""
