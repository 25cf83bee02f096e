"""What an operator asks: whether the service is well, and how much it does."""
