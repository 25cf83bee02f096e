"""The settings of this installation, and what else is set up at this place."""
