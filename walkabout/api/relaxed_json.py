"""Parameters that may be given as relaxed JSON text: comments, trailing commas and a bare `...`."""

from typing import Any

from walkabout.sequences import relaxed_json
from walkabout.settings import JsonLimits


class Unreadable(ValueError):
    """The text is no JSON that can be read; the message has line and column."""


def as_pasted(given: Any, limits: JsonLimits) -> Any:
    """The value of a text, or what is no text as it is. Raises Unreadable."""
    if not isinstance(given, str):
        return given
    try:
        return relaxed_json.read(given, limits).value
    except relaxed_json.Unreadable as error:
        raise Unreadable(f"{error.line}:{error.column}: {error.message}") from None
