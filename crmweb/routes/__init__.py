"""Routes: whom somebody visits on which weekday, and the day that comes of it."""
