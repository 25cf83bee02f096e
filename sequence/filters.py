"""Filters: `and`, `or`, `not` over conditions on references. A new condition is a function and its row in the table."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import regex

from sequence import paths
from sequence.errors import StepError
from sequence.jsonvalues import MISSING, Json, kind_of, shown
from sequence.references import BadReference, Reference, Roots, parse, resolve
from sequence.suggestions import did_you_mean
from sequence.templates import Node, Refuse, Target, compiled, resolved

LONGEST_PATTERN = 1000
"""Characters of a regex: beyond it compiling alone may take long."""


def _eq(actual: Json, expected: Json, _: float) -> bool:
    return bool(_none(actual) == expected)


def _ne(actual: Json, expected: Json, _: float) -> bool:
    return bool(_none(actual) != expected)


def _ordered(compare: Callable[[Json, Json], bool]) -> "Condition":
    def test(actual: Json, expected: Json, _: float) -> bool:
        # Things without an order are not an error: a row without the key simply doesn't match.
        try:
            return bool(compare(_none(actual), expected))
        except TypeError:
            return False

    return test


def _regex(actual: Json, pattern: Json, seconds: float) -> bool:
    if not isinstance(actual, str):
        return False
    try:
        return pattern.match(actual, timeout=seconds) is not None
    except TimeoutError:
        raise StepError(f"the regex {shown(pattern.pattern)} took longer than {seconds} s on a text") from None


def _in(actual: Json, expected: Json, _: float) -> bool:
    return _holds(expected, actual)


def _contains(actual: Json, expected: Json, _: float) -> bool:
    return _holds(actual, expected)


def _holds(whole: Json, part: Json) -> bool:
    if isinstance(whole, str):
        return isinstance(part, str) and part in whole
    if isinstance(whole, Mapping):
        return isinstance(part, str) and part in whole
    return isinstance(whole, list) and part in whole


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
        raise StepError(f"{shown(expected)} is no regex: {error}") from None


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
class Row:
    """A condition: its test (of the actual value, what `prepare` made of the expected one, and the seconds of a regex),
    its words for people, a JSON Schema of the expected value; `prepare` raises StepError for one that can't be."""

    test: Condition
    doc: str
    schema: Mapping[str, Json]
    prepare: Callable[[Json], Json] = _as_it_is


_TRUTH: Mapping[str, Json] = {"type": ["boolean", "string", "null"]}

CONDITIONS: Mapping[str, Row] = {
    "eq": Row(_eq, "equal", {}),
    "ne": Row(_ne, "not equal", {}),
    "gt": Row(_ordered(operator.gt), "greater; false for things that have no order", {}),
    "gte": Row(_ordered(operator.ge), "greater or equal", {}),
    "lt": Row(_ordered(operator.lt), "less", {}),
    "lte": Row(_ordered(operator.le), "less or equal", {}),
    "regex": Row(_regex, "the text's start matches; false for what is no text", {"type": ["string", "null"]}, _pattern),
    "in": Row(
        _in,
        "is an element of the list, a part of the text, a key of the object",
        {"type": ["array", "string", "object", "null"]},
        _list_or_text,
    ),
    "contains": Row(_contains, "the list, text or object has this element, part or key", {}),
    "exists": Row(_exists, "true: there is such a value, null too; false: there is none", _TRUTH, _true_or_false),
    "is_null": Row(_is_null, "true: the value is null or missing; false: it is neither", _TRUTH, _true_or_false),
}
"""Name -> row. The checker, "did you mean", the schema and the docs read this table."""


class Scene(Target, Protocol):
    """Where a filter is looked at: the roots, and the seconds that a regex may take."""

    @property
    def regex_s(self) -> float:
        """Seconds of one regex."""


class Filter(Protocol):
    """A compiled filter. `bound` resolves the templates among its expected values, `holds` looks at it."""

    def bound(self, scene: Scene) -> "Filter":
        """The filter with its expected values as they are now. Raises StepError."""

    def holds(self, scene: Scene) -> bool:
        """Whether it is true now. Raises StepError for a regex that takes too long."""

    def described(self, scene: Roots) -> str:
        """Itself and the values that it sees, for the message of an `expect`."""


@dataclass(frozen=True, slots=True)
class Test:
    """`{"by": ref, "condition": {...}}`: all conditions must hold."""

    by: Reference
    conditions: tuple[tuple[str, Json], ...]
    ready: bool

    def bound(self, scene: Scene) -> "Test":
        """See Filter."""
        if self.ready:
            return self
        rows = tuple((name, self._prepared(name, value, scene)) for name, value in self.conditions)
        return Test(self.by, rows, True)

    @staticmethod
    def _prepared(name: str, value: Json, scene: Scene) -> Json:
        return CONDITIONS[name].prepare(resolved(value, scene)) if isinstance(value, Node) else value

    def holds(self, scene: Scene) -> bool:
        """See Filter."""
        actual = resolve(self.by, scene)
        return all(CONDITIONS[name].test(actual, expected, scene.regex_s) for name, expected in self.conditions)

    def described(self, scene: Roots) -> str:
        """See Filter."""
        wanted = ", ".join(f"{name} {shown(getattr(value, 'pattern', value))}" for name, value in self.conditions)
        actual = resolve(self.by, scene)
        return f"{self.by.text}: {wanted} does not hold, it is {'missing' if actual is MISSING else shown(actual)}"


@dataclass(frozen=True, slots=True)
class Group:
    """A list of filters: "and" (all, an empty one is true), "or" (any, an empty one is false), "not" (not all)."""

    kind: str
    entries: tuple[Filter, ...]

    def bound(self, scene: Scene) -> "Group":
        """See Filter."""
        return Group(self.kind, tuple(entry.bound(scene) for entry in self.entries))

    def holds(self, scene: Scene) -> bool:
        """See Filter."""
        if self.kind == "or":
            return any(entry.holds(scene) for entry in self.entries)
        return all(entry.holds(scene) for entry in self.entries) == (self.kind == "and")

    def described(self, scene: Roots) -> str:
        """See Filter."""
        return f"{self.kind} ({'; '.join(entry.described(scene) for entry in self.entries)})"


def compiled_filter(entries: Json, path: str, refuse: Refuse, kind: str = "and") -> Group:
    """A list of entries as a filter. What can't work goes to `refuse` with its path."""
    if not isinstance(entries, list):
        refuse(path, f"a filter is a list of entries, not {kind_of(entries)}")
        return Group(kind, ())
    built = (_entry(entry, paths.child(path, i), refuse) for i, entry in enumerate(entries))
    return Group(kind, tuple(entry for entry in built if entry is not None))


def _entry(entry: Json, path: str, refuse: Refuse) -> Filter | None:
    if not isinstance(entry, dict):
        refuse(path, f"an entry is an object, not {kind_of(entry)}")
        return None
    groups = [key for key in ("or", "and", "not") if key in entry]
    known: Sequence[str] = groups[:1] if groups else ("by", "condition")
    for key in entry:
        if key not in known and key in ("by", "condition", "or", "and", "not"):
            refuse(
                paths.child(path, key),
                f"stands beside {known[0]}; an entry has by and condition, or one of or, and, not",
            )
        elif key not in known:
            refuse(paths.child(path, key), f"unknown{did_you_mean(key, ('by', 'condition', 'or', 'and', 'not'))}")
    if groups:
        return compiled_filter(entry[groups[0]], paths.child(path, groups[0]), refuse, groups[0])
    return _test(entry, path, refuse)


def _test(entry: dict[str, Json], path: str, refuse: Refuse) -> Test | None:
    by = compiled_by(entry, path, refuse)
    conditions = entry.get("condition")
    if not isinstance(conditions, dict):
        refuse(
            paths.child(path, "condition"),
            'is missing; it is an object such as {"eq": 1}'
            if conditions is None
            else f'is an object such as {{"eq": 1}}, not {kind_of(conditions)}',
        )
        return None
    rows = [
        row for name, value in conditions.items() if (row := _row(name, value, paths.child(path, "condition"), refuse))
    ]
    return Test(by, tuple(rows), not any(isinstance(value, Node) for _, value in rows)) if by else None


def compiled_by(entry: Mapping[str, Json], path: str, refuse: Refuse) -> Reference | None:
    """The reference under `by`, of a filter's entry or a loop."""
    by = entry.get("by")
    if not isinstance(by, str):
        refuse(
            paths.child(path, "by"),
            "is missing; it is a reference such as $.data"
            if by is None
            else f"is a reference such as $.data, not {kind_of(by)}",
        )
        return None
    try:
        return parse(by)
    except BadReference as bad:
        refuse(paths.child(path, "by"), str(bad))
        return None


def _row(name: str, value: Json, path: str, refuse: Refuse) -> tuple[str, Json] | None:
    if name not in CONDITIONS:
        refuse(paths.child(path, name), f"unknown condition{did_you_mean(name, CONDITIONS)}")
        return None
    if value is None:
        return None
    expected = compiled(value, paths.child(path, name), refuse)
    if isinstance(expected, Node):
        return name, expected
    try:
        return name, CONDITIONS[name].prepare(expected)
    except StepError as error:
        refuse(paths.child(path, name), str(error))
        return None


def first_that_fails(group: Group, scene: Scene) -> tuple[int, str] | None:
    """The place of the first entry that does not hold, and what it says; None when all hold."""
    for place, entry in enumerate(group.entries):
        if not entry.holds(scene):
            return place, entry.described(scene)
    return None
