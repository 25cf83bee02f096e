"""Walkers and their forms."""
