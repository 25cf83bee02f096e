"""Problems of a schedule: which field is wrong, what was given, and what would be right."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple

from walkabout import json_text
from walkabout.nearest import PROBLEMS_MOST, WORD_MOST, nearest

SHOWN_CHARS = 60  # a value longer than this would hide the remedy behind it


class Problem(NamedTuple):
    """One field that can't be as it was given."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class Invalid(ValueError):
    """The input can't be accepted. `problems` names each field, `errors` has the same as lines of text."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)

    @property
    def errors(self) -> list[str]:
        """One line for each problem, as an answer carries them."""
        return [str(problem) for problem in self.problems]

    def under(self, path: str) -> "Invalid":
        """The same problems with their fields below a path: `minute` under `schedule.conf`."""
        return Invalid([Problem(f"{path}.{field}".rstrip("."), message) for field, message in self.problems])


def refuse(field: str, message: str) -> Invalid:
    """A refusal because of a single field, to be raised by the caller."""
    return Invalid([Problem(field, message)])


@contextmanager
def gathered(problems: list[Problem], path: str = "") -> Iterator[None]:
    """Adds the problems of a refusal within, under the path, to the list, so that one answer can name them all."""
    try:
        yield
    except Invalid as refused:
        problems.extend(refused.under(path).problems if path else refused.problems)


def shown(value: object) -> str:
    """The value as its sender wrote it (JSON), cut where it gets long."""
    return json_text.shown(value, SHOWN_CHARS)


def listed(words: Iterable[str]) -> str:
    """`a, b or c`."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def wrong(given: str, noun: str, use: str, hint: str = "") -> str:
    """`"61" is not a minute; use 0 to 59`: the value as it is shown, and a hint like `, did you mean ...?` or none."""
    return f"{given} is not {noun}{hint}{' Use' if hint.endswith('?') else '; use'} {use}"


def suggestion(word: object, known: Iterable[str]) -> str:
    """`, did you mean every?`, or nothing when no known word is near."""
    by_lower = {name.lower(): name for name in known}
    typed = str(word)[:WORD_MOST].lower()
    # "lat" is far from latitude and "tokyo" from Asia/Tokyo as letters go, but nobody means anything else by them.
    part_of = [name for name in by_lower if len(typed) > 2 and (name.startswith(typed) or name.endswith(f"/{typed}"))]
    near = part_of[0] if len(part_of) == 1 else nearest(typed, by_lower)
    return f", did you mean {by_lower[near]}?" if near else ""


def unknown_keys(given: Iterable[object], known: Collection[str]) -> list[Problem]:
    """A problem for each key that is none of the known ones, for the first PROBLEMS_MOST of them."""
    strangers = islice((str(key) for key in given if key not in known), PROBLEMS_MOST)
    return [
        Problem(key[:WORD_MOST], f"unknown{suggestion(key, known) or '; use ' + listed(known)}") for key in strangers
    ]
