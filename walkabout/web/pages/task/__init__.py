"""One periodic task."""
