"""Which Python values are JSON values, and their text, size and depth."""

import json
import math
import re
from array import array
from itertools import accumulate
from typing import Any, Final, TypeAlias

from sequence.errors import StepError

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
"""What a run gives: its persistence, its records, the schema."""
Json = Any
"""A JSON value that is still being looked into: the language asks each of them what it is, and answers with a problem.

Any, not JsonValue: with that mypy wants a cast or a second question in 271 places of 35 files (in 76 it has just been asked
by a table, and is asked again), and what those would say of a value is only what the checker has made sure of.
"""


class Missing:
    """The type of `MISSING`: a reference found nothing, which is not the same as null."""

    def __repr__(self) -> str:
        return "missing"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()

_TEXT = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_ASCII = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode
# Possessive, and an unclosed text goes on to the end: nothing is looked at again from each of its characters.
_STRINGS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?+', re.DOTALL)
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")  # one level down, one level up
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def compact(value: Json) -> str:
    """Compact JSON for people and for texts. Raises StepError when the value is nested too deep to write."""
    return _encode(_TEXT, value)


def wire(value: Json) -> str:
    """Compact JSON in ASCII, for requests, journals and sizes: it can always be encoded, lone surrogates too."""
    return _encode(_ASCII, value)


def _encode(encode: Any, value: Json) -> str:
    try:
        return str(encode(value))
    except (ValueError, TypeError) as error:
        raise StepError(f"not JSON: {error}") from error
    except RecursionError:
        raise StepError("nested too deep for JSON") from None


def same(one: Json, other: Json) -> bool:
    """Whether two values are equal in JSON's sense: `true` is not 1, 1 is 1.0, objects have no order."""
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        if not isinstance(other, dict) or len(one) != len(other):
            return False
        return all(name in other and same(value, other[name]) for name, value in one.items())
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def as_text(value: Json) -> str:
    """A value inside a longer text: strings as they are, null and missing as nothing, the rest as compact JSON."""
    if isinstance(value, str):
        return value
    if value is None or value is MISSING:
        return ""
    return compact(value)


def without_texts(text: str) -> str:
    """A JSON text without the texts in it: what is left are its brackets, commas, colons, numbers and words."""
    return _STRINGS.sub("", text)


def too_deep(text: str, limit: int) -> bool:
    """Whether the value that this JSON text writes is nested deeper than the limit; a plain value has depth 0.

    Works on the text, at the speed of C: a walk over the value is many times slower.
    """
    # Counting is cheap and settles nearly every response; only rich ones need the exact look.
    if text.count("[") + text.count("{") <= limit:
        return False
    brackets = without_texts(text).encode("ascii", "replace").translate(_STEPS, _NO_BRACKETS)
    return max(accumulate(array("b", brackets)), default=0) > limit


def parse_json(text: str | bytes) -> Json:
    """Strict JSON (RFC 8259): raises ValueError for NaN, numbers beyond floats, bad syntax and absurd nesting."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=finite)
    except RecursionError:
        raise ValueError("nested too deep") from None


def parse_json_prefix(text: str, at: int) -> tuple[Json, int]:
    """The strict JSON value that begins at `at`, and where it ends. Raises ValueError as `parse_json` does."""
    try:
        return _PREFIX(text, at)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def finite(text: str) -> float:
    """The number of a text. Raises ValueError beyond a double."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:30]} is too large a number")
    return number


_PREFIX = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=finite).raw_decode


def kind_of(value: Json) -> str:
    """What a person calls a value's type, for messages."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number" if isinstance(value, (int, float)) else type(value).__name__)


def excerpt(value: Json, limit: int = 60) -> str:
    """A value in a message, cut."""
    try:
        text = compact(value)
    except StepError:
        text = kind_of(value)
    return text if len(text) <= limit else text[:limit] + "..."
