"""The walkers of the demonstration."""
