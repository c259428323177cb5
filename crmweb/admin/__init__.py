"""What holds for everyone, set by the admin."""
