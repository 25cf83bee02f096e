"""Arguments that may be given as a text, as people paste them: with comments, trailing commas and a bare `...`."""

from typing import Any

import sequence


class Unreadable(ValueError):
    """The text is no JSON that can be read; the message has line and column."""


def as_pasted(given: Any) -> Any:
    """The value of a text, or what is no text as it is. Raises Unreadable."""
    if not isinstance(given, str):
        return given
    try:
        return sequence.read(given).value
    except sequence.BadText as error:
        raise Unreadable(str(error)) from None
