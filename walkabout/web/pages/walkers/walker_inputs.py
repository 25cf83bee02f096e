"""A form made from a walker's fields: the inputs, and how what was typed is read.

The checking itself is the service's own (walking.fields); here is only which text goes where, and whose error it is.
"""

import dataclasses
import datetime
import enum
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from walkabout import json_text
from walkabout.json_text import NUL
from walkabout.masking import MASK, is_telling
from walkabout.sequences import relaxed_json
from walkabout.settings import JsonLimits
from walkabout.walking.fields import WalkerField, check_fields
from walkabout.walking.files import File
from walkabout.walking.values import plain

PREFIX = "ctx."
SIMPLE = {
    str: "text",
    int: "number",
    float: "number",
    bool: "flag",
    datetime.date: "date",
    datetime.datetime: "moment",
    datetime.time: "time",
}
AS_TYPED = ("text", "choice")
"""The kinds of inputs whose text counts with its spaces."""
# What the browser's own inputs of these kinds can show: no zone, nothing but this.
_SHOWN = {
    "date": re.compile(r"\d{4}-\d\d-\d\d|"),
    "moment": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?|"),
    "time": re.compile(r"\d\d:\d\d(:\d\d)?|"),
}
_WITHOUT_SECONDS = re.compile(r"(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d")


@dataclass(frozen=True)
class Input:
    """One field as an input. `kind`: text, number, flag, choice, date, moment, time, json or file; `value`: what stands in it.

    `placeholder`: what counts when it is left empty; `is_secret`: what is typed there is likely a secret.
    """

    name: str
    label: str
    id: str
    kind: str
    type: str
    doc: str
    required: bool
    choices: tuple[str, ...]
    value: str
    error: str
    placeholder: str = ""
    is_secret: bool = False

    @property
    def is_shown(self) -> bool:
        """Whether an input of its kind can show its value; else it is one of text."""
        shown = _SHOWN.get(self.kind)
        return shown is not None and shown.fullmatch(self.value) is not None


def inputs(
    fields: Mapping[str, WalkerField], typed: Mapping[str, str] | None, problems: Mapping[str, str]
) -> list[Input]:
    """The inputs of a walker's fields, with what was typed (None: nothing yet, the defaults stand there)."""
    made = []
    for position, field in enumerate(fields.values()):
        kind, optional = kind_of(field.type)
        name = PREFIX + field.name
        default = "" if field.required or field.has_secret_default else _text(field.default, kind)
        choices = ("true", "false") if kind == "flag" else choices_of(field.type)
        made.append(
            Input(
                name=name,
                label=field.name,
                id=f"field-{position}",
                kind=kind,
                type="choice" if kind == "choice" else field.describe()["type"],
                doc=field.doc,
                required=field.required,
                choices=("", *choices) if field.required or optional else choices,
                value=default if typed is None else typed.get(name, ""),
                error=problems.get(name, ""),
                placeholder=MASK if field.has_secret_default else "",
                is_secret=field.has_secret_default or is_telling(field.name),
            )
        )
    return made


def kind_of(hint: Any) -> tuple[str, bool]:
    """Which input a type gets, and whether the type may be null."""
    rest, optional = _alternatives(hint)
    if len(rest) != 1:
        return "json", optional
    if rest[0] is File or typing.get_args(rest[0]) == (File,):
        return "file", optional
    if choices_of(hint):
        return "choice", optional
    return SIMPLE.get(rest[0], "json"), optional


def choices_of(hint: Any) -> tuple[str, ...]:
    """The texts of which a type (Literal, Enum) takes one; none when its values are neither all texts nor all numbers."""
    rest, _ = _alternatives(hint)
    kind = rest[0] if len(rest) == 1 else None
    values: list[Any] = []
    if typing.get_origin(kind) is typing.Literal:
        values = list(typing.get_args(kind))
    elif isinstance(kind, type) and issubclass(kind, enum.Enum):
        values = [one.value for one in kind]
    of_types = {type(value) for value in values}
    return tuple(map(str, values)) if of_types in ({str}, {int}) and "" not in values else ()


def _alternatives(hint: Any) -> tuple[list[Any], bool]:
    """The types that a value may have, but null; and whether it may be that."""
    hint = hint.__origin__ if hasattr(hint, "__metadata__") else hint
    found = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    rest = [one for one in found if one is not type(None)]
    return rest, len(rest) < len(found)


@dataclass
class ReadInputs:
    """What was typed, as `ctx` (JSON values) and as texts that are still to be converted; and what is wrong, by input."""

    ctx: dict[str, Any] = dataclasses.field(default_factory=dict)
    texts: dict[str, str] = dataclasses.field(default_factory=dict)
    problems: dict[str, str] = dataclasses.field(default_factory=dict)


def read(fields: Mapping[str, WalkerField], typed: Mapping[str, str], limits: JsonLimits) -> ReadInputs:
    """What was typed into a walker's form. All that is wrong is found at once; what is missing, the run finds."""
    found = ReadInputs()
    for field in fields.values():
        kind, optional = kind_of(field.type)
        text = typed.get(PREFIX + field.name)
        if text is None:
            continue
        if "\0" in text:
            found.problems[PREFIX + field.name] = NUL
        elif kind == "file" or (
            not text.strip() and (kind != "text" or optional or field.required or field.has_secret_default)
        ):
            continue  # not given: the default counts, or "is required" is said
        elif kind == "json":
            _read_json(field, text, limits, found)
        else:
            found.texts[field.name] = text if kind in AS_TYPED else _with_seconds(kind, text.strip())
    for given, are_texts in ((found.ctx, False), (found.texts, True)):
        _, problems = check_fields(fields, given, texts=are_texts, partial=True)
        found.problems.update({PREFIX + problem.path: problem.message for problem in problems})
    return found


def _with_seconds(kind: str, text: str) -> str:
    """A time as RFC 3339 has it: browsers leave out seconds that are zero."""
    return f"{text}:00" if kind in ("moment", "time") and _WITHOUT_SECONDS.fullmatch(text) else text


def _read_json(field: WalkerField, text: str, limits: JsonLimits, found: ReadInputs) -> None:
    try:
        value = relaxed_json.read(text, limits).value
    except relaxed_json.Unreadable as error:
        # A field that takes anything takes a text as it is; others want JSON.
        if field.describe()["type"] != "any" or text.lstrip()[:1] in ("{", "["):
            found.problems[PREFIX + field.name] = str(error)
            return
        value = text
    found.ctx[field.name] = value


def _text(value: Any, kind: str) -> str:
    if value is None or kind == "file":
        return ""
    if kind in ("text", "number") and not isinstance(value, bool):
        return str(value)
    value = plain(value)
    return json_text.write(value) if kind in ("json", "flag") else str(value)
