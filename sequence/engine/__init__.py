"""Runs a sequence: steps in order, loops, retries, what is saved and what is recorded."""
