"""Walking: the walkers of this installation, their fields, and the walk itself."""
