"""Problems of a schedule: which field is wrong, what was given, and what would be right."""

from collections.abc import Collection, Iterable
from itertools import islice

from walkabout import json_text
from walkabout.nearest import PROBLEMS_MOST, WORD_MOST, suggest
from walkabout.problems import Problem

SHOWN_CHARS = 60  # a value longer than this would hide the remedy behind it


def excerpt(value: object) -> str:
    """The value as its sender wrote it (JSON), cut where it gets long."""
    return json_text.excerpt(value, SHOWN_CHARS)


def either(words: Iterable[str]) -> str:
    """`a, b or c`."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def wrong(given: str, noun: str, use: str, hint: str = "") -> str:
    """`"61" is not a minute; use 0 to 59`: the value as it is shown, and a hint like `, did you mean ...?` or none."""
    return f"{given} is not {noun}{hint}{' Use' if hint.endswith('?') else '; use'} {use}"


def unknown_keys(given: Iterable[object], known: Collection[str]) -> list[Problem]:
    """A problem for each key that is none of the known ones, for the first PROBLEMS_MOST of them."""
    strangers = islice((str(key) for key in given if key not in known), PROBLEMS_MOST)
    return [Problem(key[:WORD_MOST], f"unknown{suggest(key, known) or '; use ' + either(known)}") for key in strangers]
