"""Every line of the routes' contract, asked of a running service."""
