"""Who works here: people, their roles and teams, and how they sign in."""
