"""What commands print: tables and facts for people, whole JSON for programs. Nothing of it moves the cursor of a terminal."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from walkabout import json_text
from walkabout.commands.asking import Told

_GAP = "  "
_NOTHING = "-"
_FRACTION = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+")  # of a second: programs read it in the JSON


def as_json(value: Any) -> str:
    """A value for programs; a text as it is."""
    return value if isinstance(value, str) else json_text.pretty(value)


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Rows as a table, with a head; what has no value is a dash."""
    cells = [[name.replace("_", " ").upper() for name in columns]]
    cells += [[cell(_first_line(row.get(name))) for name in columns] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(_line(row, widths) for row in cells)


def facts(value: Mapping[str, Any]) -> str:
    """An object as lines of name and value."""
    width = max(map(len, value), default=0)
    return "\n".join(f"{name.replace('_', ' '):{width}}{_GAP}{cell(each)}" for name, each in value.items())


def cell(value: Any) -> str:
    """A value in one line."""
    if value is None or value == "":
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        value = "; ".join(value)
    elif isinstance(value, Mapping | list):
        value = json_text.write(value) if value else _NOTHING
    text = _FRACTION.sub(r"\1", str(value))
    return "".join(_visible(" ".join(text.split("\n"))))


def refusal(told: Told) -> str:
    """Why an API refused."""
    errors = told.value.get("errors") if isinstance(told.value, Mapping) else None
    if isinstance(errors, list):
        return "\n".join(map(cell, errors))
    if isinstance(told.value, Mapping):
        return "\n".join(f"{name}: {cell(each)}" for name, each in told.value.items())
    return f"{told.status}: {cell(told.value)}"


def _first_line(value: Any) -> Any:
    return value.strip().partition("\n")[0] if isinstance(value, str) else value


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (text + " " * (width - cell_len(text)) for text, width in zip(cells, widths, strict=True))
    return _GAP.join(padded).rstrip()


def _visible(text: str) -> Iterator[str]:
    """A text whose control characters are written as escapes: a task's name may hold what a terminal obeys."""
    for char in text:
        yield char if char.isprintable() else char.encode("unicode_escape").decode()
