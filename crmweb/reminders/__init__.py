"""What somebody must not forget: a promise, a call, a date."""
