"""Masks what people must not read: secrets, credentials, and what stands under telling names."""
