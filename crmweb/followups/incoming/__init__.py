"""What comes back to messages that we sent: answers, and word that they did not arrive."""
