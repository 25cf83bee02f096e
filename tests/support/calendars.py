"""Reads a calendar (RFC 5545) as a program does that subscribes to it."""

import re

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def unfolded(text: str) -> list[str]:
    """The lines of a calendar, each whole."""
    assert text.endswith("\r\n")
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def events_of(text: str) -> list[dict[str, str]]:
    """The entries of a calendar: their properties by name, without parameters."""
    found: list[dict[str, str]] = []
    for line in unfolded(text):
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found:
            found[-1][name.partition(";")[0]] = _ESCAPED.sub(lambda one: "\n" if one[1] in "nN" else one[1], value)
    return found
