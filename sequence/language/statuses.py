"""Parses the statuses that a step names: 404, "2xx", "200-399", "any", or a list of these."""

import re

from sequence.json_values import Json

RIGHT = 'a status such as 404, "2xx", "200-399" or "any"'
LOWEST, HIGHEST = 100, 599  # RFC 9110, 15
_CLASS = re.compile(r"([1-5])xx", re.IGNORECASE)
_RANGE = re.compile(r"([1-5]\d\d)\s*-\s*([1-5]\d\d)")


def is_statuses(value: Json) -> bool:
    """Whether a value says which statuses are meant: one of the forms, or a list of them."""
    return all(_range(item) is not None for item in value) if isinstance(value, list) else _range(value) is not None


def has_status(meant: Json, status: int | None) -> bool:
    """Whether a status is among those that are meant. What is no status in `meant` means none."""
    if status is None:
        return False
    ranges = (_range(item) for item in (meant if isinstance(meant, list) else [meant]))
    return any(found is not None and found[0] <= status <= found[1] for found in ranges)


def means_any(meant: Json) -> bool:
    """Whether no answer at all is meant to be an error."""
    return any(_range(item) == (LOWEST, HIGHEST) for item in (meant if isinstance(meant, list) else [meant]))


def _range(value: Json) -> tuple[int, int] | None:
    """The lowest and the highest of one form; None for what is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value) if LOWEST <= value <= HIGHEST else None
    if not isinstance(value, str):
        return None
    if value.strip().lower() == "any":
        return LOWEST, HIGHEST
    if found := _CLASS.fullmatch(value.strip()):
        return int(found[1]) * 100, int(found[1]) * 100 + 99
    if (found := _RANGE.fullmatch(value.strip())) and found[1] <= found[2]:
        return int(found[1]), int(found[2])
    return None
