"""Sequences that are saved under a name, for admins."""
