"""Visits: check-in, verdict, result, photos, and what a manager says of the doubtful ones."""
