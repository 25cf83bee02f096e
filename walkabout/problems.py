"""The sequence library's Problem and Invalid, for every room of the service."""

from sequence.problems import Invalid, Problem, gather, refuse, within

__all__ = ["Invalid", "Problem", "gather", "refuse", "within"]
