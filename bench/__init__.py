"""Figures that anyone can repeat: `python -m bench` (or `make bench`), or one of them by name."""
