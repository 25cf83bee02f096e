"""The one "did you mean" of all messages."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`, did you mean X?` for the nearest of the known words, else a list of all of them."""
    words = list(known)
    near = get_close_matches(word[:50], words, n=1, cutoff=0.6)
    return f", did you mean {near[0]}?" if near else f"; known are {', '.join(words)}"
