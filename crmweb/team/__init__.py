"""What a manager sees of a team and sets for it."""
