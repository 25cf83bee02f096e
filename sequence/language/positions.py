"""Finds where each path stands in a JSON text. Python's JSON reader doesn't say, so the tokens are read again."""

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field

from sequence.language import paths
from sequence.language.tokens import TOKEN

Place = tuple[int, int]
"""Line and column, from 1."""


@dataclass(slots=True)
class _Spot:
    """A value: where it (or its key) begins, and for an object or a list what is in it."""

    start: int
    is_object: bool = False
    inside: dict[str | int, "_Spot"] = field(default_factory=dict)
    index: int = 0
    key: str | None = None


class Positions:
    """The places of a text that is valid JSON."""

    def __init__(self, text: str) -> None:
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self._duplicate: tuple[str, int] | None = None
        self._root = _Spot(0)
        self._walk(text)

    @property
    def duplicate(self) -> tuple[str, Place] | None:
        """The first key that its object has twice, and where it stands the second time."""
        return None if self._duplicate is None else (self._duplicate[0], self._place(self._duplicate[1]))

    def place(self, path: str) -> Place:
        """Where a path stands; the nearest one around it when it isn't there."""
        spot = self._root
        for key in paths.parts(path):
            inner = spot.inside.get(key)
            if inner is None and isinstance(key, str) and len(key) == paths.KEY_MOST:
                # Of a long key a path has the beginning.
                inner = next((s for name, s in spot.inside.items() if isinstance(name, str) and name[:60] == key), None)
            if inner is None:
                break
            spot = inner
        return self._place(spot.start)

    def _place(self, start: int) -> Place:
        line = bisect_right(self._lines, start)
        return line, start - self._lines[line - 1] + 1

    def _walk(self, text: str) -> None:
        around: list[_Spot] = []
        for token in TOKEN.finditer(text):
            mark = token[0]
            inner = around[-1] if around else None
            if mark in ("}", "]"):
                around.pop()
            elif mark == ",":
                if inner is not None:
                    inner.index += 1
                    inner.key = None
            elif mark == ":":
                continue
            elif inner is not None and inner.is_object and inner.key is None:
                self._key(around, str(json.loads(mark)), token.start())
            else:
                spot = self._value(inner, token.start())
                if mark in ("{", "["):
                    spot.is_object = mark == "{"
                    around.append(spot)

    def _key(self, around: list[_Spot], key: str, start: int) -> None:
        inner = around[-1]
        inner.key = key
        if key in inner.inside and self._duplicate is None:
            path = ""
            for spot in around:
                path = paths.child(path, spot.key if spot.is_object and spot.key is not None else spot.index)
            self._duplicate = path, start
        inner.inside[key] = _Spot(start)

    def _value(self, inner: _Spot | None, start: int) -> _Spot:
        if inner is None:
            self._root = _Spot(start)
            return self._root
        if inner.is_object and inner.key is not None:
            return inner.inside[inner.key]
        spot = inner.inside[inner.index] = _Spot(start)
        return spot
