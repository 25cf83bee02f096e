"""Where each path of a JSON text stands. No JSON reader tells the positions of values: the tokens are walked again."""

import json
import re
from bisect import bisect_right

from sequence.language import paths

Place = tuple[int, int]
"""Line and column, from 1."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


class _Open:
    """An object or a list that is being read."""

    def __init__(self, path: str, is_object: bool) -> None:
        self.path = path
        self.is_object = is_object
        self.keys: set[str] = set()
        self.index = 0
        self.key: str | None = None


def places_of(text: str) -> tuple[dict[str, Place], list[tuple[str, Place]]]:
    """Path -> where its key (or element) begins, for valid JSON; and the keys that an object has twice."""
    lines = [0, *(match.end() for match in re.finditer("\n", text))]
    places: dict[str, Place] = {}
    doubled: list[tuple[str, Place]] = []
    around: list[_Open] = []
    for token in _TOKEN.finditer(text):
        line = bisect_right(lines, token.start())
        place = (line, token.start() - lines[line - 1] + 1)
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
            inner.key = json.loads(mark)
            path = paths.child(inner.path, inner.key)
            if inner.key in inner.keys:
                doubled.append((path, place))
            inner.keys.add(inner.key)
            places[path] = place
        else:
            path = _path(inner)
            places.setdefault(path, place)
            if mark in ("{", "["):
                around.append(_Open(path, mark == "{"))
    return places, doubled


def _path(inner: _Open | None) -> str:
    if inner is None:
        return ""
    return paths.child(inner.path, inner.key if inner.is_object and inner.key is not None else inner.index)
