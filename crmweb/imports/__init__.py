"""Customers from files: reading, columns, and the import itself."""
