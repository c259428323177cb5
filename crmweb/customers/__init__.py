"""Customers: who they are, where, how to reach them, and who looks after whom."""
