"""The list of periodic tasks."""
