"""Parses the five fields of a crontab into the numbers that they allow."""

import re
from typing import NamedTuple

from walkabout.nearest import suggest
from walkabout.periodic.rules.wording import excerpt, wrong
from walkabout.problems import Invalid, refuse

LONGEST_TEXT = 500  # all sixty minutes written out are 169 characters

_ITEM = re.compile(
    r"(?P<low>\*|[a-z]+|[0-9]{1,9})(-(?P<high>[a-z]+|[0-9]{1,9}))?(/(?P<step>[0-9]{1,9}))?",
    re.ASCII | re.IGNORECASE,
)


class CronField(NamedTuple):
    """One of the five. `most` of the day of the week is 7: Sunday is 0 or 7."""

    name: str
    noun: str
    least: int
    most: int
    use: str
    names: tuple[str, ...] = ()

    def number(self, word: str) -> int | None:
        """The number that a number or name stands for, or None: it is none of this field's."""
        if word.lower() in self.names:
            return self.names.index(word.lower()) + self.least
        return int(word) if word.isdigit() and self.least <= int(word) <= self.most else None


MINUTE = CronField("minute", "a minute", 0, 59, "0 to 59, a list, a range or */step")
HOUR = CronField("hour", "an hour", 0, 23, "0 to 23, a list, a range or */step")
DAY_OF_WEEK = CronField(
    "day_of_week",
    "a day of the week",
    0,
    7,
    "0 to 7 (0 and 7 are Sunday), sun to sat, a list, a range or */step",
    ("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
)
DAY_OF_MONTH = CronField("day_of_month", "a day of the month", 1, 31, "1 to 31, a list, a range or */step")
MONTH_OF_YEAR = CronField(
    "month_of_year",
    "a month",
    1,
    12,
    "1 to 12, jan to dec, a list, a range or */step",
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
)
FIELDS = (MINUTE, HOUR, DAY_OF_WEEK, DAY_OF_MONTH, MONTH_OF_YEAR)


def numbers(field: CronField, text: str) -> frozenset[int]:
    """The numbers for which a field's text stands; Sunday is 0. Raises Invalid with what would be right."""
    if len(text) > LONGEST_TEXT:
        raise refuse(field.name, f"{excerpt(text)} is too long; use at most {LONGEST_TEXT} characters: {field.use}")
    items = [item.strip() for item in text.split(",")]
    if "" in items:
        what = "an empty item in its list" if len(items) > 1 else "no value"
        raise refuse(field.name, f"{excerpt(text)} has {what}; use {field.use}, or * for every one")
    found = frozenset(number for item in items for number in _expand(field, item))
    return frozenset(number % 7 for number in found) if field is DAY_OF_WEEK else found


def _expand(field: CronField, item: str) -> range:
    if len(item.split()) > 1:
        raise refuse(field.name, f"{excerpt(item)} is more than one field; use only {field.use}")
    match = _ITEM.fullmatch(item)
    if not match or (match["low"] == "*" and match["high"]):
        raise _wrong(field, item, item)
    step = _step(field, item, match["step"])
    if match["low"] == "*":
        return range(field.least, field.most + 1, step)
    low = _number(field, item, match["low"])
    if match["high"] is None:
        if match["step"]:
            raise _step_of_one(field, item, match["low"], step)
        return range(low, low + 1)
    high = _number(field, item, match["high"])
    if high < low:
        raise _backwards(field, item, match["low"], match["high"])
    return range(low, high + 1, step)


def _number(field: CronField, item: str, word: str) -> int:
    number = field.number(word)
    if number is None:
        raise _wrong(field, item, word)
    return number


def _step(field: CronField, item: str, step: str | None) -> int:
    number = int(step) if step else 1
    if not 1 <= number <= field.most:
        raise refuse(field.name, f"{excerpt(item)} steps by {number}; use a step from 1 to {field.most}")
    return number


def _wrong(field: CronField, item: str, word: str) -> Invalid:
    where = "" if word == item else f" in {excerpt(item)}"
    hint = suggest(word, field.names) if word.isalpha() and field.names else ""
    owner = next((other.name for other in FIELDS if word.lower() in other.names and other is not field), None)
    hint = f": it belongs in {owner}" if owner else hint
    return refuse(field.name, wrong(f"{excerpt(word)}{where}", field.noun, field.use, hint))


def _step_of_one(field: CronField, item: str, low: str, step: int) -> Invalid:
    remedy = f"a range like {_piece(field, low, _last(field, low))}/{step}, or */{step}"
    return refuse(field.name, f"{excerpt(item)} is a step without a range; use {remedy}")


def _backwards(field: CronField, item: str, low: str, high: str) -> Invalid:
    pieces = _piece(field, low, _last(field, low)), _piece(field, _first(field, high), high)
    return refuse(field.name, f"{excerpt(item)} runs backwards; write two: {','.join(pieces)}")


def _first(field: CronField, like: str) -> str:
    return str(field.least) if like.isdigit() else field.names[0]


def _last(field: CronField, like: str) -> str:
    return str(field.most) if like.isdigit() else field.names[-1]


def _piece(field: CronField, low: str, high: str) -> str:
    return low if field.number(low) == field.number(high) else f"{low}-{high}"
