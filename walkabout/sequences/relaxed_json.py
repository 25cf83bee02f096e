"""JSON as people write it on the page: comments, trailing commas and a bare `...` are fine, each path has its place."""

from dataclasses import dataclass
from typing import Any

import sequence
from walkabout import json_text

Place = tuple[int, int]
"""Line and column, from 1."""

_WORDS = {
    "Expecting ',' delimiter": "a comma or a closing bracket is missing before this",
    "Expecting ':' delimiter": "a colon is missing after the key",
    "Expecting property name enclosed in double quotes": "a key in double quotes is expected here",
    "Expecting value": "a value is expected here",
    "Extra data": "nothing may follow the value",
    "Invalid control character at": "a text holds no line breaks and tabs; write \\n and \\t",
    "Unterminated string starting at": "this text is not closed",
    "Invalid \\escape": "a backslash begins an escape such as \\n; write \\\\ for the sign itself",
}


class Unreadable(json_text.BadJson):
    """The text is no JSON, or none that we take. `message` says why, without the place."""

    def __init__(self, message: str, place: Place) -> None:
        self.message = message
        self.line, self.column = place
        super().__init__(f"line {self.line}, column {self.column}: {message}")


@dataclass(frozen=True)
class Written:
    """A text that was read: its value, and what was left out of it, as path and text."""

    value: Any
    left_out: list[tuple[str, str]]
    document: sequence.Document

    def place(self, path: str) -> Place:
        """Where a path stands (`requests[0].api`); the nearest one around it, when it isn't there."""
        return self.document.place(path)


def read(text: str, depth: int) -> Written:
    """The value of a text, held to what json_text.read holds JSON to. `depth`: the deepest nesting. Raises Unreadable."""
    try:
        document = sequence.read(text)
    except sequence.BadText as error:
        path = f"{error.path}: " if error.path else ""
        words = _WORDS.get(error.message.rstrip(": "), error.message)
        raise Unreadable(path + words, (error.line, error.column)) from None
    value = document.value
    try:
        if json_text.deeper_than(value, depth):
            raise json_text.BadJson(f"nested deeper than {depth}")
        json_text.read(json_text.write(value), depth)
    except UnicodeEncodeError:
        raise Unreadable("holds half of a character (a lone surrogate)", (1, 1)) from None
    except ValueError as error:
        raise Unreadable(str(error), (1, 1)) from None
    if json_text.has_nul(value, text):
        raise Unreadable("holds a NUL character, which no text may", (1, 1))
    return Written(value, [(each.path, each.message) for each in document.warnings], document)


def schema() -> dict[str, Any]:
    """The JSON Schema of sequences."""
    return dict(sequence.schema())
