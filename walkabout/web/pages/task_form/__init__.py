"""The form of a periodic task."""
