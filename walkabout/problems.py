"""Problems: what is wrong with an input, and where. The sequence library's own, for every room of the service."""

from sequence.problems import Invalid, Problem, gather, refuse, within

__all__ = ["Invalid", "Problem", "gather", "refuse", "within"]
