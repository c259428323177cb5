"""What people write down about a customer."""
