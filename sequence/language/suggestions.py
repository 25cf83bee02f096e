"""Finds the nearest known word, for every "did you mean"."""

from collections.abc import Iterable
from difflib import get_close_matches

WORD_MOST = 80
"""Characters of a word that are compared and shown; a longer one is no slip of the finger."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like this one; None when none is near, or the word is too long to be a slip.

    Comparing costs the product of both lengths, so it is done for short words only.
    """
    if len(word) > WORD_MOST:
        return None
    return next(iter(get_close_matches(word, list(known), n=1)), None)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`, did you mean X?` for the nearest of the known words, else a list of all of them."""
    words = list(known)
    near = nearest(word, words)
    return f", did you mean {near}?" if near else f"; known are {', '.join(words)}"
