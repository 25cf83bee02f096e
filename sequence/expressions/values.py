"""Values while an expression runs: nulls, equality, truth, texts, and the copy that is its result.

Every walk is counted: values share parts, so that few evaluations can make a value that is huge when it is written out.
"""

import json
import math
from collections.abc import Callable, Hashable, Mapping
from decimal import Decimal
from typing import Any

from sequence.expressions.bounds import Fault, Meter
from sequence.expressions.library import NULL, Items, is_function
from sequence.json_values import MISSING, Json

_PLAIN = (str, int, float)


def taken(value: Json, meter: Meter) -> Any:
    """A value of the data as expressions see it: null is NULL, in lists too. Objects are looked into when asked for."""
    if value is None:
        return NULL
    if type(value) is not list or not value:
        return value
    meter.walk(len(value))
    if None in value or any(type(item) is list for item in value):
        meter.make_list(len(value))
        return [taken(item, meter) for item in value]
    return value


def outcome(value: Any, meter: Meter) -> Json:
    """The result of an expression: an own copy, as JSON; MISSING for nothing. Raises Fault for what is no JSON."""
    return MISSING if value is None else _copy(value, meter, meter.bounds.levels)


def _copy(value: Any, meter: Meter, levels: int) -> Json:
    meter.work()
    if isinstance(value, str):
        meter.make(len(value))
        return value
    if value is None or value is NULL:
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Fault("the result has a number that JSON can't write")
        return value
    if isinstance(value, int):
        meter.make(32)
        return value
    if levels <= 0:
        raise Fault(f"the result is nested deeper than {meter.bounds.levels} levels")
    if isinstance(value, list):
        meter.make_list(len(value))
        return [_copy(item, meter, levels - 1) for item in value]
    if isinstance(value, Mapping):
        meter.make_object(len(value))
        return {_key(name, meter): _copy(item, meter, levels - 1) for name, item in value.items()}
    raise Fault(f"the result {'is' if levels == meter.bounds.levels else 'has'} {kind_of(value)}, which is no JSON")


def _key(name: str, meter: Meter) -> str:
    meter.make(len(name))
    return name


def clone(value: Any, meter: Meter) -> Any:
    """A deep copy that is still a value of an expression."""
    meter.work()
    if isinstance(value, list):
        meter.make_list(len(value))
        return [clone(NULL if item is None else item, meter) for item in value]
    if isinstance(value, dict):
        meter.make_object(len(value))
        return {name: clone(item, meter) for name, item in value.items()}
    return value


def kind_of(value: Any) -> str:
    """What a person calls a value's type, for messages."""
    if is_function(value):
        return "a function"
    if value is NULL:
        return "null"
    names: Mapping[type, str] = {
        dict: "an object",
        list: "a list",
        Items: "a list",
        str: "a text",
        bool: "true or false",
    }
    return names.get(type(value), "a number" if isinstance(value, (int, float)) else "a regex")


def is_number(value: Any) -> bool:
    """Whether a value is a number; true is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def same(one: Any, other: Any, meter: Meter) -> bool:
    """Whether two values are equal in JSON's sense: true is not 1, objects have no order."""
    meter.work()
    if isinstance(one, list):
        return (
            isinstance(other, list)
            and len(one) == len(other)
            and all(same(mine, theirs, meter) for mine, theirs in zip(one, other, strict=True))
        )
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and len(one) == len(other)
            and all(name in other and same(item, other[name], meter) for name, item in one.items())
        )
    if isinstance(one, str) and isinstance(other, str):
        meter.walk(min(len(one), len(other)))
    if one is None or one is NULL:
        return other is None or other is NULL
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def identity(value: Any, meter: Meter) -> Hashable:
    """What equal values have in common, to find them quickly."""
    meter.work()
    if isinstance(value, list):
        meter.make_list(len(value))
        return ("list", *(identity(item, meter) for item in value))
    if isinstance(value, dict):
        meter.make_object(len(value))
        return ("object", frozenset((name, identity(item, meter)) for name, item in value.items()))
    if isinstance(value, bool):
        return ("truth", value)
    if value is None or value is NULL:
        return ("null",)
    if isinstance(value, str):
        meter.walk(len(value))
    return value if isinstance(value, _PLAIN) else ("function", id(value))


def truth(value: Any, meter: Meter) -> bool:
    """JSONata's $boolean; nothing is false."""
    meter.work()
    if isinstance(value, list):
        return any(truth(item, meter) for item in value)
    if isinstance(value, (bool, str, dict, int, float)):
        return bool(value)
    return False


def text_of(value: Any, meter: Meter, *, pretty: bool = False) -> str:
    """JSONata's $string: texts as they are, functions as nothing, the rest as JSON, with every digit.

    A number alone that is no integer has 15 significant digits, as in JSONata: 0.1 + 0.2 is 0.3.
    """
    if isinstance(value, Items) and value.outer_wrapper:
        value = value[0]
    if isinstance(value, str):
        return value
    if is_function(value):
        return ""
    if isinstance(value, float):
        return _number_text(value)
    try:
        size = _size(value, meter)
        meter.make(size)
        text = json.dumps(
            value,
            ensure_ascii=False,
            allow_nan=False,
            default=_no_json,
            indent=2 if pretty else None,
            separators=(",", ": ") if pretty else (",", ":"),
        )
    except ValueError as error:
        raise Fault(f"can't be written as a text: {error}") from None
    meter.make(len(text) - size)
    return text


def _number_text(value: float) -> str:
    if not math.isfinite(value):
        raise Fault("a number that JSON can't write")
    short = float(f"{value:.15g}")
    if short.is_integer() and abs(short) < 1e21:
        return str(int(short))
    if 1e-6 <= abs(short) < 1e21:
        return f"{Decimal(repr(short)):f}"
    digits, _, exponent = repr(short).partition("e")  # as ECMAScript writes it: 1e-7, 1e+21
    return f"{digits}e{int(exponent):+d}"


def _no_json(value: Any) -> Any:
    if value is NULL:
        return None
    if is_function(value):
        return ""
    raise Fault(f"can't be written as a text: it has {kind_of(value)}")


def _size(value: Any, meter: Meter) -> int:
    """About how many bytes a value is as JSON."""
    meter.work()
    if isinstance(value, str):
        return len(value) + 2
    if isinstance(value, list):
        return 2 + sum(_size(item, meter) + 1 for item in value)
    if isinstance(value, dict):
        return 2 + sum(_size(item, meter) + len(name) + 4 for name, item in value.items())
    return 20


def each_nested(value: Any, meter: Meter, put: Callable[[Any], None]) -> None:
    """Puts each item of lists within lists, however deep."""
    meter.work()
    if isinstance(value, list):
        for item in value:
            each_nested(item, meter, put)
    else:
        meter.make(8)
        put(value)


def number(value: Any) -> Any:
    """A number as JSONata has it: whole ones up to 1e21 are integers. Raises Fault beyond JSON's numbers."""
    if isinstance(value, (bool, int)):
        return value
    if not isinstance(value, float) or not math.isfinite(value):
        raise Fault("a number is out of range")
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


def double(value: Any) -> float:
    """A number for arithmetic, which is that of doubles. Raises Fault."""
    try:
        return float(value)
    except OverflowError:
        raise Fault("a number is out of range") from None
