"""Masks what people must not read: secrets, credentials, and values under secret names."""
