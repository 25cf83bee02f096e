"""What every "did you mean" of the service asks: the language's own, so that all have the same bound."""

from sequence.language.suggestions import WORD_MOST, nearest

__all__ = ["PROBLEMS_MOST", "WORD_MOST", "nearest"]

PROBLEMS_MOST = 20
"""Unknown names that one answer lists."""
