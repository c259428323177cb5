"""Who looks after which customer, for what, from when until when."""
