"""How to reach a customer: numbers and addresses, read, checked and kept as typed."""
