"""What fires and what ran, hour by hour."""
