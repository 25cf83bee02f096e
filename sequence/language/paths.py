"""Paths into a structure, as messages and editors show them: `requests[1].__def_loop__.filter[0].by`."""

import json
import re
from typing import Any

KEY_MOST = 60
"""Characters of a key that a path shows."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_PART = re.compile(r'\.?(?P<plain>[A-Za-z_][A-Za-z0-9_-]*)|\[(?P<place>\d{1,18})\]|\[(?P<key>"(?:[^"\\]|\\.)*")\]')

Trail = str | tuple[Any, str | int]
"""A path that is not written yet: a text, or a trail and the key below it. Most are never shown, and writing each of
them costs its length: a walk over a large structure carries trails."""


def child(path: str, key: str | int) -> str:
    """The path of an object's key or a list's place below `path` (empty for the whole argument)."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if len(key) > KEY_MOST or not _PLAIN.fullmatch(key):
        return f"{path}[{json.dumps(key[:KEY_MOST])}]"
    return f"{path}.{key}" if path else key


def path_of(trail: Trail) -> str:
    """The path of a trail."""
    keys: list[str | int] = []
    while isinstance(trail, tuple):
        trail, key = trail
        keys.append(key)
    path = trail
    for key in reversed(keys):
        path = child(path, key)
    return path


def parts(path: str) -> list[str | int]:
    """The keys and places of a path; what is no path ends the list."""
    found: list[str | int] = []
    at = 0
    while match := _PART.match(path, at):
        key = match["plain"] if match["key"] is None else json.loads(match["key"])
        found.append(int(match["place"]) if match["place"] else key)
        at = match.end()
    return found
