"""A walker's fields: the annotated names of its class. They are its context, filled from `ctx`."""

import copy
import inspect
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from walkabout.masking import MASK, is_telling
from walkabout.nearest import PROBLEMS_MOST, WORD_MOST, suggest
from walkabout.problems import Invalid, Problem
from walkabout.walking.values import WrongType, convert, plain, type_name


class BadContext(Invalid):
    """`ctx` does not fit the walker's fields."""


@dataclass(frozen=True)
class WalkerField:
    """One field: its declared type, its default (if not `required`), and what it is for."""

    name: str
    type: Any
    required: bool
    default: Any
    doc: str

    @property
    def has_secret_default(self) -> bool:
        """Whether its default is nothing that people are shown."""
        return not self.required and self.default not in (None, "") and is_telling(self.name)

    def describe(self) -> dict[str, Any]:
        """As walker_list shows it."""
        default = None if self.required else MASK if self.has_secret_default else plain(self.default)
        return {"type": type_name(self.type), "default": default, "required": self.required, "doc": self.doc}


def fields_of(cls: type, base: type) -> dict[str, WalkerField]:
    """The fields that a walker class declares, itself and in the classes between it and `base`."""
    hints = typing.get_type_hints(cls, include_extras=True)
    found: dict[str, WalkerField] = {}
    for owner in reversed(cls.__mro__):
        if owner is base or not issubclass(owner, base):
            continue
        for name in inspect.get_annotations(owner):
            hint = hints[name]
            if name.startswith("_") or typing.get_origin(hint) is typing.ClassVar:
                continue
            if hasattr(base, name):
                raise TypeError(f"field {name!r} hides Walker.{name}; give it another name")
            found[name] = _field(name, hint, cls)
    return found


def read_context(
    fields: Mapping[str, WalkerField], given: Mapping[str, Any], *, texts: bool = False, partial: bool = False
) -> dict[str, Any]:
    """The values of the fields that `ctx` gives, as their types.

    `texts`: they come from a form or a query; `partial`: what is missing may stay so. Raises BadContext, whose problems
    stand within `ctx`.
    """
    values, problems = check_fields(fields, given, texts=texts, partial=partial)
    if problems:
        raise BadContext(problem.within("ctx") for problem in problems)
    return values


def check_fields(
    fields: Mapping[str, WalkerField], given: Mapping[str, Any], *, texts: bool = False, partial: bool = False
) -> tuple[dict[str, Any], list[Problem]]:
    """As `read_context`, but gives the values of the fields that are right, and what is wrong with the others, each by
    its field's name."""
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    for name, value in given.items():
        field = fields.get(name)
        if field is None and len(problems) >= PROBLEMS_MOST:
            continue
        if field is None:
            problems.append(Problem(name[:WORD_MOST], unknown(name, fields, "a field of this walker")))
            continue
        try:
            values[name] = convert(value, field.type, from_text=texts)
        except WrongType as error:
            problems.append(Problem(name, error.text_for(name)))
    if not partial:
        for field in fields.values():
            if field.required and field.name not in given:
                problems.append(Problem(field.name, f"is required: {type_name(field.type)}", is_missing=True))
    return values, problems


def fitting_values(
    fields: Mapping[str, WalkerField], given: Mapping[str, Any], *, texts: bool = False
) -> dict[str, Any]:
    """Of what somebody else sent, the values that fit fields; what fits none is left out."""
    known = {name: value for name, value in given.items() if name in fields}
    return check_fields(fields, known, texts=texts, partial=True)[0]


def with_defaults(fields: Mapping[str, WalkerField], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, and a fresh copy of the default for each field that has none."""
    missing = {f.name: copy.deepcopy(f.default) for f in fields.values() if f.name not in values and not f.required}
    return {**missing, **values}


def unknown(name: str, known: Mapping[str, Any], what: str) -> str:
    """The text for an unknown name: a suggestion, or all that there are."""
    if hint := suggest(name, known):
        return f"unknown{hint}"
    return f"unknown, not {what}" + (f"; there are {', '.join(sorted(known))}" if known else ", it has none")


def _field(name: str, hint: Any, cls: type) -> WalkerField:
    texts = [extra for extra in getattr(hint, "__metadata__", ()) if isinstance(extra, str)]
    required = not hasattr(cls, name)
    return WalkerField(name, hint, required, None if required else getattr(cls, name), texts[0] if texts else "")
