"""How the house is, as lights: what was looked at, how bad it is, since when, and who was told of it."""
