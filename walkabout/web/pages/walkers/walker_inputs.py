"""A form made from a walker's fields: the inputs, and how what was typed is read.

The checking itself is the service's own (walking.fields); here is only which text goes where, and whose error it is.
"""

import dataclasses
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
SIMPLE = {str: "text", int: "number", float: "number", bool: "flag"}


@dataclass(frozen=True)
class Input:
    """One field as an input. `kind`: text, number, flag, json or file; `value`: what stands in it.

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


def inputs(
    fields: Mapping[str, WalkerField], typed: Mapping[str, str] | None, problems: Mapping[str, str]
) -> list[Input]:
    """The inputs of a walker's fields, with what was typed (None: nothing yet, the defaults stand there)."""
    made = []
    for position, field in enumerate(fields.values()):
        kind, optional = kind_of(field.type)
        name = PREFIX + field.name
        default = "" if field.required or field.has_secret_default else _text(field.default, kind)
        choices = ("", "true", "false") if field.required or optional else ("true", "false")
        made.append(
            Input(
                name=name,
                label=field.name,
                id=f"field-{position}",
                kind=kind,
                type=field.describe()["type"],
                doc=field.doc,
                required=field.required,
                choices=choices,
                value=default if typed is None else typed.get(name, ""),
                error=problems.get(name, ""),
                placeholder=MASK if field.has_secret_default else "",
                is_secret=field.has_secret_default or is_telling(field.name),
            )
        )
    return made


def kind_of(hint: Any) -> tuple[str, bool]:
    """Which input a type gets, and whether the type may be null."""
    hint = hint.__origin__ if hasattr(hint, "__metadata__") else hint
    choices = typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    rest = [choice for choice in choices if choice is not type(None)]
    optional = len(rest) < len(choices)
    if len(rest) != 1:
        return "json", optional
    if rest[0] is File or typing.get_args(rest[0]) == (File,):
        return "file", optional
    return SIMPLE.get(rest[0], "json"), optional


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
            found.texts[field.name] = text if kind == "text" else text.strip()
    for given, are_texts in ((found.ctx, False), (found.texts, True)):
        _, problems = check_fields(fields, given, texts=are_texts, partial=True)
        found.problems.update({PREFIX + problem.path: problem.message for problem in problems})
    return found


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
    return json_text.write(plain(value))
