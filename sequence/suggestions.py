"""Finds the nearest known word, for every "did you mean"."""

from collections.abc import Iterable
from difflib import get_close_matches

WORD_MOST = 80
"""Characters of a word that are compared and shown; a longer one is no slip of the finger."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is meant by this one, in whatever case; None when none is near, or the word is too long.

    Comparing costs the product of both lengths, so it is done for short words only.
    """
    if len(word) > WORD_MOST:
        return None
    by_lower = {name.lower(): name for name in known}
    typed = word.lower()
    # "lat" is far from latitude and "tokyo" from Asia/Tokyo as letters go, but nobody means anything else by them.
    part_of = [name for name in by_lower if len(typed) > 2 and (name.startswith(typed) or name.endswith(f"/{typed}"))]
    near = part_of if len(part_of) == 1 else get_close_matches(typed, by_lower, n=1)
    return by_lower[near[0]] if near else None


def suggest(word: str, known: Iterable[str]) -> str:
    """`, did you mean X?` for the nearest of the known words; empty when none is near."""
    near = nearest(word, known)
    return f", did you mean {near}?" if near else ""


def suggest_or_list(word: str, known: Iterable[str]) -> str:
    """`, did you mean X?` for the nearest of the known words, else a list of all of them."""
    words = list(known)
    return suggest(word, words) or f"; known are {', '.join(words)}"
