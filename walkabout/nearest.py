"""The sequence library's "did you mean", so that the whole service uses one threshold."""

from sequence.suggestions import WORD_MOST, suggest, suggest_or_list

__all__ = ["PROBLEMS_MOST", "WORD_MOST", "suggest", "suggest_or_list"]

PROBLEMS_MOST = 20
"""Unknown names that one answer lists."""
