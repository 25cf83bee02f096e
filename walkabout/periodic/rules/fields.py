"""Fields declared once as a msgspec Struct, for the check, the form and the docs.

A field is `Annotated[type, Meta(title="a minute", description="a sentence", extra={"use": "0 to 59"})]`; `title` and
`use` make the text of a refusal: `"61" is not a minute; use 0 to 59`. JSON is taken strictly: true and "2" are no
numbers, 2.0 is 2.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, get_args, get_type_hints
from zoneinfo import ZoneInfo

import msgspec
from msgspec import inspect

from walkabout.nearest import suggest
from walkabout.periodic.rules.clock import read_moment
from walkabout.periodic.rules.wording import either, excerpt, unknown_keys, wrong
from walkabout.problems import Invalid, Problem, gather, refuse


@dataclass(frozen=True)
class FieldSpec:
    """What a Struct says about one of its fields. `unit`: what a number of it counts; `extra`: all that Meta has so."""

    name: str
    form: str  # integer, number, text, boolean, moment, object, choice, or text or integer
    noun: str
    use: str
    doc: str
    required: bool
    default: object
    nullable: bool = False
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    unit: str = ""
    extra: Mapping[str, object] = field(default_factory=dict, compare=False)

    @property
    def label(self) -> str:
        """What people call it: its `label`, or its name in words: `Time limit`."""
        return str(self.extra.get("label") or self.name.replace("_", " ").capitalize())

    def wrong(self, value: object, hint: str = "") -> Invalid:
        """The refusal of a value of this field."""
        return refuse(self.name, wrong(excerpt(value), self.noun, self.use, hint))


_FORMS: dict[type[inspect.Type], str] = {
    inspect.IntType: "integer",
    inspect.FloatType: "number",
    inspect.StrType: "text",
    inspect.BoolType: "boolean",
    inspect.DateTimeType: "moment",
    inspect.DictType: "object",
    inspect.LiteralType: "choice",
}


@cache
def field_specs(shape: type[msgspec.Struct]) -> tuple[FieldSpec, ...]:
    """The fields of a Struct, in its order."""
    info = inspect.type_info(shape)
    assert isinstance(info, inspect.StructType)
    # msgspec sorts the choices; people read them in the order in which they were written.
    hints = get_type_hints(shape)
    return tuple(_field_spec(field, get_args(hints[field.name])) for field in info.fields)


def read_fields(shape: type[msgspec.Struct], given: object, zone: ZoneInfo) -> dict[str, Any]:
    """The values of an object by its declaration, defaults filled in; times without an offset are on the zone's clock.

    Raises Invalid with all that is wrong: unknown and missing fields, wrong types, values out of range.
    """
    values, problems = check_fields(shape, given, zone)
    if problems:
        raise Invalid(problems)
    return values


def check_fields(shape: type[msgspec.Struct], given: object, zone: ZoneInfo) -> tuple[dict[str, Any], list[Problem]]:
    """As `read_fields`, but gives the values of the fields that are right and what is wrong with the others."""
    names = [field.name for field in field_specs(shape)]
    if not isinstance(given, Mapping):
        return {}, [Problem("", f"{excerpt(given)} is not an object; use one with {either(names)}")]
    problems = unknown_keys(given, names)
    values: dict[str, Any] = {}
    for each in field_specs(shape):
        with gather(problems):
            values[each.name] = _read(each, given, zone)
    return values, problems


def from_text(shape: type[msgspec.Struct], texts: Mapping[str, str]) -> dict[str, object]:
    """The fields of a form as JSON values, for `read_fields` to judge: numbers where declared and written."""
    forms = {field.name: field.form for field in field_specs(shape)}
    return {name: _from_text(forms.get(name, "text"), text) for name, text in texts.items()}


def number_text(value: float) -> str:
    """A number as people write it, and all of it: `1234567`, `0.1`."""
    return str(int(value)) if float(value).is_integer() else str(value)


def _field_spec(field: inspect.Field, written: tuple[object, ...]) -> FieldSpec:
    meta = field.type if isinstance(field.type, inspect.Metadata) else inspect.Metadata(field.type)
    words, extra = meta.extra_json_schema or {}, meta.extra or {}
    types = meta.type.types if isinstance(meta.type, inspect.UnionType) else (meta.type,)
    forms = sorted((_FORMS[type(each)] for each in types if not isinstance(each, inspect.NoneType)), reverse=True)
    choices = tuple(map(str, written)) if isinstance(meta.type, inspect.LiteralType) else ()
    noun = str(words.get("title", f"a valid {field.name}"))
    return FieldSpec(
        name=field.name,
        form=" or ".join(forms),
        noun=noun,
        use=str(extra.get("use") or (either(choices) if choices else noun)),
        doc=str(words.get("description", "")),
        required=field.required,
        default=None if field.required else field.default,
        nullable=any(isinstance(each, inspect.NoneType) for each in types),
        choices=choices,
        least=getattr(types[0], "ge", None),
        most=getattr(types[0], "le", None),
        unit=str(extra.get("unit", "")),
        extra=extra,
    )


def _read(field: FieldSpec, given: Mapping[Any, object], zone: ZoneInfo) -> object:
    if field.name not in given:
        if field.required:
            raise refuse(field.name, f"missing; use {field.use}")
        return field.default
    value = given[field.name]
    return None if value is None and field.nullable else _READERS[field.form](field, value, zone)


def _integer(field: FieldSpec, value: object, _: ZoneInfo) -> int:
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    if not isinstance(whole, int) or isinstance(whole, bool) or not _within(field, whole):
        raise field.wrong(value)
    return whole


def _number(field: FieldSpec, value: object, _: ZoneInfo) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not _within(field, value):
        raise field.wrong(value)
    return float(value)


def _within(field: FieldSpec, value: float) -> bool:
    # Written so that NaN, which is neither less nor more, is not within.
    return (field.least is None or value >= field.least) and (field.most is None or value <= field.most)


def _text(field: FieldSpec, value: object, _: ZoneInfo) -> str:
    if not isinstance(value, str):
        raise field.wrong(value)
    return value


def _text_or_integer(field: FieldSpec, value: object, zone: ZoneInfo) -> str | int:
    return value if isinstance(value, str) else _integer(field, value, zone)


def _boolean(field: FieldSpec, value: object, _: ZoneInfo) -> bool:
    if not isinstance(value, bool):
        raise field.wrong(value)
    return value


def _choice(field: FieldSpec, value: object, _: ZoneInfo) -> str:
    if not isinstance(value, str) or value not in field.choices:
        raise field.wrong(value, suggest(value, field.choices) if isinstance(value, str) else "")
    return value


def _moment(field: FieldSpec, value: object, zone: ZoneInfo) -> datetime:
    if not isinstance(value, str):
        raise field.wrong(value)
    try:
        return read_moment(value, zone)
    except ValueError as error:
        raise field.wrong(value) from error


def _object(field: FieldSpec, value: object, _: ZoneInfo) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise field.wrong(value)
    return value


_READERS: dict[str, Callable[[FieldSpec, Any, ZoneInfo], object]] = {
    "integer": _integer,
    "number": _number,
    "text": _text,
    "text or integer": _text_or_integer,
    "boolean": _boolean,
    "choice": _choice,
    "moment": _moment,
    "object": _object,
}


def _from_text(form: str, text: str) -> object:
    reads: dict[str, Callable[[str], object]] = {"integer": int, "number": float}
    try:
        return reads[form](text)
    except (KeyError, ValueError):
        # Not a number: the check that follows shows the text as it was typed.
        return text
