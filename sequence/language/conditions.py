"""The conditions of filters: one function each, and one table that lists them. To add one, add both."""

import operator
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import regex

from sequence.errors import StepError
from sequence.json_values import MISSING, Json, excerpt, kind_of, same
from sequence.suggestions import suggest_or_list

LONGEST_PATTERN = 1000
"""Characters of a regex: beyond it compiling alone may take long."""


def _eq(actual: Json, expected: Json, _: float) -> bool:
    return same(_none(actual), expected)


def _ne(actual: Json, expected: Json, _: float) -> bool:
    return not same(_none(actual), expected)


def _ordered(compare: Callable[[Json, Json], bool]) -> "Condition":
    def test(actual: Json, expected: Json, _: float) -> bool:
        # Things without an order are not an error: a row without the key simply doesn't match. True is no number.
        if isinstance(actual, bool) or isinstance(expected, bool):
            return False
        try:
            return bool(compare(_none(actual), expected))
        except TypeError:
            return False

    return test


def _regex(actual: Json, pattern: Json, seconds: float) -> bool:
    if not isinstance(actual, str):
        return False
    with _in_time(pattern, seconds):
        return pattern.match(actual, timeout=seconds) is not None


@contextmanager
def _in_time(pattern: Json, seconds: float) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise StepError(f"the regex {excerpt(pattern.pattern)} took longer than {seconds} s on a text") from None


def _search(actual: Json, pattern: Json, seconds: float) -> bool:
    if not isinstance(actual, str):
        return False
    with _in_time(pattern, seconds):
        return pattern.search(actual, timeout=seconds) is not None


def _type(actual: Json, expected: Json, _: float) -> bool:
    return any(_TYPES[name](actual) for name in ([expected] if isinstance(expected, str) else expected))


def _length(actual: Json, expected: Json, seconds: float) -> bool:
    if not isinstance(actual, (str, list)):
        return False
    if isinstance(expected, dict):
        return all(CONDITIONS[name].test(len(actual), value, seconds) for name, value in expected.items())
    return same(len(actual), expected)


def _in(actual: Json, expected: Json, _: float) -> bool:
    return _holds(expected, actual)


def _contains(actual: Json, expected: Json, _: float) -> bool:
    return _holds(actual, expected)


def _holds(whole: Json, part: Json) -> bool:
    if isinstance(whole, str):
        return isinstance(part, str) and part in whole
    if isinstance(whole, Mapping):
        return isinstance(part, str) and part in whole
    return isinstance(whole, list) and any(same(item, part) for item in whole)


def _exists(actual: Json, expected: Json, _: float) -> bool:
    return bool((actual is not MISSING) == expected)


def _is_null(actual: Json, expected: Json, _: float) -> bool:
    return bool((actual is MISSING or actual is None) == expected)


def _none(actual: Json) -> Json:
    return None if actual is MISSING else actual


def _as_it_is(expected: Json) -> Json:
    return expected


def _pattern(expected: Json) -> Json:
    if not isinstance(expected, str):
        raise StepError(f"a regex is a text, not {kind_of(expected)}")
    if len(expected) > LONGEST_PATTERN:
        raise StepError(f"a regex has at most {LONGEST_PATTERN} characters, this one has {len(expected)}")
    try:
        return regex.compile(expected)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        raise StepError(f"{excerpt(expected)} is not a regex: {error}") from None


def _types(expected: Json) -> Json:
    names = expected if isinstance(expected, list) else [expected]
    for name in names:
        if not isinstance(name, str) or name not in _TYPES:
            meant = suggest_or_list(name, _TYPES) if isinstance(name, str) else f"; known are {', '.join(_TYPES)}"
            raise StepError(f"{excerpt(name)} is no type{meant}")
    return expected


def _lengths(expected: Json) -> Json:
    if isinstance(expected, dict):
        for name in expected:
            if name not in CONDITIONS:
                raise StepError(f"{name}: unknown condition{suggest_or_list(name, CONDITIONS)}")
        rows = {name: value for name, value in expected.items() if value is not None}
        return {name: CONDITIONS[name].prepare(value) for name, value in rows.items()}
    if isinstance(expected, bool) or not isinstance(expected, (int, float)):
        raise StepError(f'a length is a number, or conditions such as {{"gt": 0}}, not {kind_of(expected)}')
    return expected


def _list_or_text(expected: Json) -> Json:
    if isinstance(expected, (list, str, Mapping)):
        return expected
    raise StepError(f"in needs a list, a text or an object, not {kind_of(expected)}")


def _true_or_false(expected: Json) -> Json:
    if isinstance(expected, bool):
        return expected
    raise StepError(f"expected true or false, not {kind_of(expected)}")


Condition = Callable[[Json, Json, float], bool]


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """A condition: its test (of the actual value, what `prepare` made of the expected one, and the seconds of a regex),
    its words for people, a JSON Schema of the expected value; `prepare` raises StepError for one that can't be."""

    test: Condition
    doc: str
    schema: Mapping[str, Json]
    prepare: Callable[[Json], Json] = _as_it_is


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_TYPES: Mapping[str, Callable[[Json], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "number": _is_number,
    "integer": lambda value: _is_number(value) and value == value // 1,
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, Mapping),
}
"""JSON Schema's names of types (JSON Schema, 6.1.1)."""
_TRUTH: Mapping[str, Json] = {"type": ["boolean", "string", "null"]}

CONDITIONS: Mapping[str, ConditionRow] = {
    "eq": ConditionRow(_eq, "equal", {}),
    "ne": ConditionRow(_ne, "not equal", {}),
    "gt": ConditionRow(_ordered(operator.gt), "greater; false for things that have no order", {}),
    "gte": ConditionRow(_ordered(operator.ge), "greater or equal", {}),
    "lt": ConditionRow(_ordered(operator.lt), "less", {}),
    "lte": ConditionRow(_ordered(operator.le), "less or equal", {}),
    "regex": ConditionRow(
        _regex, "the text's start matches; false for what is not a text", {"type": ["string", "null"]}, _pattern
    ),
    "search": ConditionRow(_search, "the regex matches anywhere in the text", {"type": ["string", "null"]}, _pattern),
    "type": ConditionRow(
        _type,
        "is of this type, or of one in the list; 2.0 is an integer",
        {"anyOf": [{"enum": [*_TYPES, None]}, {"type": "array", "items": {"enum": [*_TYPES]}}, {"type": "string"}]},
        _types,
    ),
    "length": ConditionRow(
        _length,
        "the text or list has so many characters or items; a number, or conditions",
        {"type": ["number", "object", "string", "null"]},
        _lengths,
    ),
    "in": ConditionRow(
        _in,
        "is an element of the list, a part of the text, a key of the object",
        {"type": ["array", "string", "object", "null"]},
        _list_or_text,
    ),
    "contains": ConditionRow(_contains, "the list, text or object has this element, part or key", {}),
    "exists": ConditionRow(
        _exists, "true: there is such a value, null too; false: there is none", _TRUTH, _true_or_false
    ),
    "is_null": ConditionRow(
        _is_null, "true: the value is null or missing; false: it is neither", _TRUTH, _true_or_false
    ),
}
"""Name -> row. The checker, "did you mean", the schema and the docs read this table."""
