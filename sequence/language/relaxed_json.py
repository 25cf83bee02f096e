"""Reading what people write: JSON with comments, trailing commas and a bare `...`; NaN and doubled keys are refused.

Everything that is not JSON is blanked with as many spaces, so that lines and columns stay true.
"""

import json
import re
from dataclasses import dataclass, field

from sequence.language import paths
from sequence.language.errors import Problem
from sequence.language.json_values import Json
from sequence.language.plain_values import WHOLE
from sequence.language.positions import Place, places_of

_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*")|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<open>/\*)|(?P<dots>\.\.\.)'
    r"|(?P<mark>[{}\[\],:])|(?P<word>[^\s{}\[\],:\"/]+|/)",
    re.DOTALL,
)
_NOT_JSON = ("NaN", "Infinity", "-Infinity")


class BadText(Exception):
    """The text is no sequence that can be read; line and column count from 1."""

    def __init__(self, message: str, line: int, column: int, path: str = "") -> None:
        super().__init__(f"{line}:{column}: {path + ': ' if path else ''}{message}")
        self.message = message
        self.line = line
        self.column = column
        self.path = path


@dataclass(frozen=True, slots=True)
class Document:
    """A read text: its value, what was left out of it, and where each path stands."""

    value: Json
    warnings: list[Problem] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)

    def place(self, path: str) -> Place:
        """Line and column (from 1) of a path as problems have it; of the nearest one around it when it isn't there."""
        while path and path not in self.places:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.places.get(path, (1, 1))


def read(text: str) -> Document:
    """The value of a text. Raises TextRefused with line and column."""
    blanker = _Blanker(text.replace("\ufeff", " ", 1) if text.startswith("\ufeff") else text)
    blanked = blanker.blanked()
    try:
        value = json.loads(blanked, parse_constant=_Omitted)
    except json.JSONDecodeError as error:
        raise BadText(error.msg, error.lineno, error.colno) from None
    except (RecursionError, ValueError) as error:
        message = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise BadText(message, 1, 1) from None
    if isinstance(value, _Omitted):
        raise BadText("there is nothing but ...", 1, 1)
    places, doubled = places_of(blanked)
    if doubled:
        path, (line, column) = doubled[0]
        raise BadText("this key stands here twice; which one should count?", line, column, path)
    warnings = blanker.warnings
    try:
        value = _without_omitted(value, "", warnings)
    except RecursionError:
        raise BadText("nested too deep", 1, 1) from None
    return Document(value, warnings, places)


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

    def blanked(self) -> str:
        for token in _TOKEN.finditer(self.text):
            match token.lastgroup:
                case "comment":
                    self._comment(token)
                case "open":
                    raise self._refused("a comment is not closed", token.start())
                case "dots":
                    self._dots(token.start())
                case "mark":
                    self._mark(token[0], token.start())
                case _:
                    if token[0] in _NOT_JSON:
                        raise self._refused(f"{token[0]} is not JSON; use null or a text", token.start())
                    self.before = "value"
        return "".join(self.letters)

    def _refused(self, message: str, start: int) -> BadText:
        line = self.text.count("\n", 0, start) + 1
        return BadText(message, line, start - self.text.rfind("\n", 0, start))

    def _comment(self, token: re.Match[str]) -> None:
        self.letters[token.start() : token.end()] = [letter if letter in "\r\n" else " " for letter in token[0]]

    def _dots(self, start: int) -> None:
        if self.around and self.around[-1] == "{" and self.before != ":":
            # An entry without a key: nothing stands there, nor does its comma.
            self.letters[start : start + 3] = "   "
            self.stray = True
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


def _without_omitted(value: Json, path: str, warnings: list[Problem]) -> Json:
    if isinstance(value, dict):
        kept = {}
        for key, item in value.items():
            if isinstance(item, _Omitted):
                warnings.append(Problem(paths.child(path, key), "left out, as its value is ..."))
            else:
                kept[key] = _without_omitted(item, paths.child(path, key), warnings)
        return kept
    if isinstance(value, list):
        if any(isinstance(item, _Omitted) for item in value):
            warnings.append(Problem(path or WHOLE, "the element ... is left out"))
        return [
            _without_omitted(item, paths.child(path, i), warnings)
            for i, item in enumerate(item for item in value if not isinstance(item, _Omitted))
        ]
    return value
