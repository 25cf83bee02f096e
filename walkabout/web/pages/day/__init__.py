"""The next 24 hours."""
