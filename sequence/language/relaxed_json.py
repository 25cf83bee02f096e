"""Reads JSON with comments, trailing commas and a bare `...`. NaN and duplicate keys are refused.

Everything that is not JSON is blanked with as many spaces, so that lines and columns stay true.
"""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from sequence.json_values import Json, finite
from sequence.language import paths
from sequence.language.plain_values import WHOLE
from sequence.language.positions import Place, Positions
from sequence.language.tokens import TOKEN
from sequence.problems import Problem

RELAXED_MOST = 512 * 1024
"""Characters of a text with comments, trailing commas and the like; plain JSON may be longer."""
WARNINGS_MOST = 100

_NOT_JSON = ("NaN", "Infinity", "-Infinity")


class BadText(Exception):
    """The text is no sequence that can be read; line and column count from 1."""

    def __init__(self, message: str, line: int, column: int, path: str = "") -> None:
        super().__init__(f"{line}:{column}: {path + ': ' if path else ''}{message}")
        self.message = message
        self.line = line
        self.column = column
        self.path = path


@dataclass(frozen=True)
class Document:
    """A read text: its value, what was left out of it, and where each path stands.

    `text`: the same without what is not JSON, at the same places; empty when it is too long to look for places in it.
    """

    value: Json
    warnings: list[Problem]
    text: str

    def place(self, path: str) -> Place:
        """Line and column (from 1) of a path as problems have it; of the nearest one around it when it isn't there."""
        return self._positions.place(path)

    @cached_property
    def _positions(self) -> Positions:
        return Positions(self.text)


def read(text: str, most: int = RELAXED_MOST) -> Document:
    """The value of a text. `most`: characters of one that is not plain JSON. Raises BadText with line and column."""
    text = text.replace("\ufeff", " ", 1) if text.startswith("\ufeff") else text
    is_long = len(text) > most
    try:
        value = _loads(text, _not_json)
    except (_NotPlain, json.JSONDecodeError) as error:
        if not is_long:
            return _read_relaxed(text)
        raise _too_long(error, most) from None
    return Document(value, [], "" if is_long else text)


def _read_relaxed(text: str) -> Document:
    blanker = _Blanker(text)
    blanked = blanker.blank()
    try:
        value = _loads(blanked, _Omitted)
    except json.JSONDecodeError as error:
        raise BadText(error.msg, error.lineno, error.colno) from None
    except _NotPlain as doubled:
        path, (line, column) = Positions(blanked).duplicate or (str(doubled), (1, 1))
        raise BadText("this key is a duplicate; keep one of them", line, column, path) from None
    if isinstance(value, _Omitted):
        raise BadText("there is nothing but ...", 1, 1)
    warnings = blanker.warnings
    try:
        value = _without_omitted(value, "", warnings)
    except RecursionError:
        raise BadText("nested too deep", 1, 1) from None
    return Document(value, warnings, blanked)


def _loads(text: str, constant: Callable[[str], Json]) -> Json:
    try:
        return json.loads(text, parse_constant=constant, parse_float=finite, object_pairs_hook=_object)
    except (json.JSONDecodeError, _NotPlain):
        raise
    except (RecursionError, ValueError) as error:
        message = "nested too deep" if isinstance(error, RecursionError) else str(error)
        if "integer string conversion" in message:
            message = f"a whole number has more than {sys.get_int_max_str_digits()} digits"
        raise BadText(message, 1, 1) from None


class _NotPlain(ValueError):
    """It is no plain JSON, or has a key twice: the tokens have to be looked at."""


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _NotPlain("duplicate key")
    return made


def _not_json(word: str) -> Json:
    raise _NotPlain(f"{word} is not JSON; use null or a text")


def _too_long(error: _NotPlain | json.JSONDecodeError, most: int) -> BadText:
    more = f"; a text with comments, trailing commas or the like has at most {most} characters"
    if isinstance(error, json.JSONDecodeError):
        return BadText(error.msg + more, error.lineno, error.colno)
    return BadText(str(error) + more, 1, 1)


class _Omitted:
    """The value of a bare `...`. It is read by way of NaN, which has three letters and is refused otherwise."""

    def __init__(self, _: str) -> None:
        pass


class _Blanker:
    """Goes over the tokens once and blanks what is not JSON."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.letters = list(text)
        self.warnings: list[Problem] = []
        self.around: list[str] = []
        self.before = ""
        self.comma = -1
        self.stray = False

    def blank(self) -> str:
        """The text with spaces for what is not JSON, and NaN for each `...` that stands for a value. Raises BadText."""
        for token in TOKEN.finditer(self.text):
            match token.lastgroup:
                case "comment":
                    self._comment(token)
                case "open":
                    what = "a text" if token[0] == '"' else "a comment"
                    raise self._error_at(f"{what} is not closed", token.start())
                case "dots":
                    self._dots(token.start())
                case "mark":
                    self._mark(token[0], token.start())
                case _:
                    if token[0] in _NOT_JSON:
                        raise self._error_at(f"{token[0]} is not JSON; use null or a text", token.start())
                    self.before = "value"
        return "".join(self.letters)

    def _error_at(self, message: str, start: int) -> BadText:
        line = self.text.count("\n", 0, start) + 1
        return BadText(message, line, start - self.text.rfind("\n", 0, start))

    def _comment(self, token: re.Match[str]) -> None:
        self.letters[token.start() : token.end()] = [letter if letter in "\r\n" else " " for letter in token[0]]

    def _dots(self, start: int) -> None:
        if self.around and self.around[-1] == "{" and self.before != ":":
            # An entry without a key: nothing stands there, nor does its comma.
            self.letters[start : start + 3] = "   "
            self.stray = True
            if len(self.warnings) < WARNINGS_MOST:
                line = self.text.count("\n", 0, start) + 1
                self.warnings.append(Problem(WHOLE, f"the ... in line {line} is left out"))
        else:
            self.letters[start : start + 3] = "NaN"
            self.before = "value"

    def _mark(self, mark: str, start: int) -> None:
        if mark in "{[":
            self.around.append(mark)
        elif mark in "}]":
            if self.around:
                self.around.pop()
            if self.before == "," and self.comma != -1:
                self.letters[self.comma] = " "
        elif mark == "," and self.stray and self.before in ("{", ","):
            self.letters[start] = " "
            self.stray = False
            return
        if mark == ",":
            self.comma = start if self.before in ("value", "}", "]") else -1
        self.stray = False
        self.before = mark


def _without_omitted(value: Json, trail: paths.Trail, warnings: list[Problem]) -> Json:
    if isinstance(value, dict):
        kept = {}
        for key, item in value.items():
            if isinstance(item, _Omitted):
                _warn(warnings, (trail, key), "left out, as its value is ...")
            else:
                kept[key] = _without_omitted(item, (trail, key), warnings)
        return kept
    if isinstance(value, list):
        if any(isinstance(item, _Omitted) for item in value):
            _warn(warnings, trail, "the element ... is left out")
        left = (item for item in value if not isinstance(item, _Omitted))
        return [_without_omitted(item, (trail, i), warnings) for i, item in enumerate(left)]
    return value


def _warn(warnings: list[Problem], trail: paths.Trail, message: str) -> None:
    if len(warnings) < WARNINGS_MOST:
        warnings.append(Problem(paths.path_of(trail) or WHOLE, message))
