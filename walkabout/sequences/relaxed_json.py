"""The reader of JSON that people type, paste or send as text: comments, trailing commas and a bare `...` are
accepted, duplicate keys are not, and each path has its position.
"""

from dataclasses import dataclass
from typing import Any

import sequence
from walkabout import json_text
from walkabout.problems import Problem, refuse
from walkabout.settings import JsonLimits

Place = tuple[int, int]
"""Line and column, from 1."""

TOKEN = sequence.TOKEN
"""One token of such a text (see sequence.language.tokens)."""

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

    def __init__(self, message: str, place: Place = (1, 1)) -> None:
        self.message = message
        self.line, self.column = place
        super().__init__(f"line {self.line}, column {self.column}: {message}")


@dataclass(frozen=True)
class Written:
    """A text that was read: its value, and what was left out of it, each at its path."""

    value: Any
    left_out: list[Problem]
    document: sequence.Document

    def place(self, path: str) -> Place:
        """Where a path stands (`requests[0].api`); the nearest one around it, when it isn't there."""
        return self.document.place(path)


def read(text: str, limits: JsonLimits) -> Written:
    """The value of a text. Raises Unreadable."""
    try:
        if len(text) > limits.relaxed:
            json_text.check_size(text.encode("utf-8", "surrogatepass"), limits.depth, limits.values)
        document = sequence.read(text, limits.relaxed)
        json_text.check_size(json_text.write(document.value).encode(), limits.depth, limits.values)
    except sequence.BadText as error:
        path = f"{error.path}: " if error.path else ""
        words = _WORDS.get(error.message.rstrip(": "), error.message)
        raise Unreadable(path + words, (error.line, error.column)) from None
    except UnicodeEncodeError:
        raise Unreadable(json_text.HALF_CHARACTER) from None
    except ValueError as error:
        raise Unreadable(str(error)) from None
    if (json_text.may_have_nul(text) or "\0" in text) and json_text.has_nul(document.value):
        raise Unreadable(json_text.NUL)
    return Written(document.value, document.warnings, document)


def value_of(given: Any, limits: JsonLimits, path: str = "") -> Any:
    """The value of an input that may also be given as text, at `path`; what is no text is the value itself.

    Raises Invalid, with line and column.
    """
    if not isinstance(given, str):
        return given
    try:
        return read(given, limits).value
    except Unreadable as error:
        raise refuse(path, f"{error.line}:{error.column}: {error.message}") from None


def schema() -> dict[str, Any]:
    """The JSON Schema of sequences."""
    return dict(sequence.schema())
