"""The relationship after the signature: one's accounts by tier, and the brief before a meeting."""
