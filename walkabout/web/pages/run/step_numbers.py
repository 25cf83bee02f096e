"""The numbers of steps as the page shows them: from 1, in forms as in runs. Paths, as the APIs have them, count from 0."""

import re

_PLACE = re.compile(r"\b(loop|page)\[(\d{1,15})\]")


def step_number(path: str) -> str:
    """`1.loop[3].0` is `2[4].1`: step 1 in item 4 of step 2; `0.page[2]` is `1.page[3]`, `finally.0` is `finally.1`."""
    return ".".join(map(key_number, path.split("."))).replace(".[", "[") if path else ""


def key_number(key: str) -> str:
    """One part of a path."""
    if key.isascii() and key.isdecimal() and len(key) <= 15:
        return str(int(key) + 1)
    found = _PLACE.fullmatch(key)
    if found is None:
        return key
    word = "" if found[1] == "loop" else found[1]
    return f"{word}[{int(found[2]) + 1}]"
