"""The settings by groups: a line a setting, and what the service derives from it."""
