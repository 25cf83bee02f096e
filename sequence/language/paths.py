"""Paths of keys in a structure, as messages and editors show them: `requests[1].__def_loop__.filter[0].by`."""

import json
import re

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def child(path: str, key: str | int) -> str:
    """The path of an object's key or a list's place below `path` (empty for the whole argument)."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if not _PLAIN.fullmatch(key):
        return f"{path}[{json.dumps(key[:60])}]"
    return f"{path}.{key}" if path else key
