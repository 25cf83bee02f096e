"""People, for admins."""
