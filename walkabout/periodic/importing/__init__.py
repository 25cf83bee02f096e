"""Periodic tasks from elsewhere, and to elsewhere."""
