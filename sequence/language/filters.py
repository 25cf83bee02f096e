"""Filters: `and`, `or`, `not` over conditions on references."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sequence.errors import StepError
from sequence.expressions.program import Program
from sequence.json_values import MISSING, Json, excerpt, kind_of
from sequence.language import paths
from sequence.language.conditions import CONDITIONS
from sequence.language.expressions import OPENING, Operand, counts_as_true, is_expression, value_at, whole_expression
from sequence.language.references import BadReference, parse
from sequence.language.templates import Refuse, Target, TemplateNode, compile_template, resolve_template
from sequence.masking.telling import is_telling
from sequence.masking.wording import MASK
from sequence.suggestions import suggest_or_list

_WORD = re.compile(r"\w+")


class Scene(Target, Protocol):
    """Where a filter is looked at: the roots, and the seconds that a regex may take."""

    @property
    def regex_s(self) -> float:
        """Seconds of one regex."""


class Filter(Protocol):
    """A compiled filter. `bind` resolves the templates among its expected values, `holds` looks at it."""

    def bind(self, scene: Scene) -> "Filter":
        """The filter with its expected values as they are now. Raises StepError."""

    def holds(self, scene: Scene) -> bool:
        """Whether it is true now. Raises StepError for a regex that takes too long."""

    def describe(self, scene: Scene) -> str:
        """Itself and the values that it sees, for the message of an `expect`."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`{"by": ref, "condition": {...}}`: all conditions must hold."""

    by: Operand
    conditions: tuple[tuple[str, Json], ...]
    ready: bool

    def bind(self, scene: Scene) -> "Comparison":
        """See Filter."""
        if self.ready:
            return self
        rows = tuple((name, self._prepare(name, value, scene)) for name, value in self.conditions)
        return Comparison(self.by, rows, True)

    @staticmethod
    def _prepare(name: str, value: Json, scene: Scene) -> Json:
        return CONDITIONS[name].prepare(resolve_template(value, scene)) if isinstance(value, TemplateNode) else value

    def holds(self, scene: Scene) -> bool:
        """See Filter."""
        actual = value_at(self.by, scene)
        return all(CONDITIONS[name].test(actual, expected, scene.regex_s) for name, expected in self.conditions)

    def describe(self, scene: Scene) -> str:
        """See Filter."""
        wanted = ", ".join(f"{name} {excerpt(getattr(value, 'pattern', value))}" for name, value in self.conditions)
        actual = value_at(self.by, scene)
        seen = "missing" if actual is MISSING else excerpt(actual)
        if _is_telling(self.by):
            wanted, seen = ", ".join(f"{name} {MASK}" for name, _ in self.conditions), MASK
        return f"{self.by.text}: {wanted} does not hold, it is {seen}"


def _is_telling(by: Operand) -> bool:
    if isinstance(by, Program):
        return "secret" in by.reads or any(is_telling(word) for word in _WORD.findall(by.text))
    return any(isinstance(part, str) and is_telling(part) for part in by.parts)


@dataclass(frozen=True, slots=True)
class Truth:
    """An expression in place of a filter: it has to count as true."""

    program: Program

    def bind(self, _: Scene) -> "Truth":
        """See Filter."""
        return self

    def holds(self, scene: Scene) -> bool:
        """See Filter."""
        return counts_as_true(scene.compute(self.program))

    def describe(self, scene: Scene) -> str:
        """See Filter."""
        value = scene.compute(self.program)
        return f"{OPENING} {self.program.shown} }}}} is {'nothing' if value is MISSING else excerpt(value)}"


@dataclass(frozen=True, slots=True)
class Group:
    """A list of filters: "and" (all, an empty one is true), "or" (any, an empty one is false), "not" (not all)."""

    kind: str
    entries: tuple[Filter, ...]

    def bind(self, scene: Scene) -> "Group":
        """See Filter."""
        return Group(self.kind, tuple(entry.bind(scene) for entry in self.entries))

    def holds(self, scene: Scene) -> bool:
        """See Filter."""
        if self.kind == "or":
            return any(entry.holds(scene) for entry in self.entries)
        return all(entry.holds(scene) for entry in self.entries) == (self.kind == "and")

    def describe(self, scene: Scene) -> str:
        """See Filter."""
        return f"{self.kind} ({'; '.join(entry.describe(scene) for entry in self.entries)})"


def compile_filter(entries: Json, path: str, refuse: Refuse, kind: str = "and") -> Group | Truth:
    """A list of entries, or an expression, as a filter. What can't work goes to `refuse` with its path."""
    if is_expression(entries):
        program = read_operand(entries, path, refuse)
        return Truth(program) if isinstance(program, Program) else Group(kind, ())
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
                f"can't be used with {known[0]}; an entry has by and condition, or one of or, and, not",
            )
        elif key not in known:
            refuse(paths.child(path, key), f"unknown{suggest_or_list(key, ('by', 'condition', 'or', 'and', 'not'))}")
    if groups:
        return compile_filter(entry[groups[0]], paths.child(path, groups[0]), refuse, groups[0])
    return _test(entry, path, refuse)


def _test(entry: dict[str, Json], path: str, refuse: Refuse) -> Comparison | None:
    by = compile_operand(entry, path, refuse)
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
    return Comparison(by, tuple(rows), not any(isinstance(value, TemplateNode) for _, value in rows)) if by else None


def compile_operand(entry: Mapping[str, Json], path: str, refuse: Refuse) -> Operand | None:
    """The reference or expression under `by`, of a filter's entry or a loop."""
    by = entry.get("by")
    if not isinstance(by, str):
        refuse(
            paths.child(path, "by"),
            "is missing; it is a reference such as $.data"
            if by is None
            else f"is a reference such as $.data, not {kind_of(by)}",
        )
        return None
    return read_operand(by, paths.child(path, "by"), refuse)


def read_operand(text: str, path: str, refuse: Refuse) -> Operand | None:
    """The reference or expression that stands at a path."""
    try:
        return whole_expression(text) if is_expression(text) else parse(text)
    except BadReference as bad:
        refuse(path, str(bad))
        return None


def _row(name: str, value: Json, path: str, refuse: Refuse) -> tuple[str, Json] | None:
    if name not in CONDITIONS:
        refuse(paths.child(path, name), f"unknown condition{suggest_or_list(name, CONDITIONS)}")
        return None
    if value is None:
        return None
    expected = compile_template(value, paths.child(path, name), refuse)
    if isinstance(expected, TemplateNode):
        return name, expected
    try:
        return name, CONDITIONS[name].prepare(expected)
    except StepError as error:
        refuse(paths.child(path, name), str(error))
        return None


def first_that_fails(wanted: Group | Truth, scene: Scene) -> tuple[str, str] | None:
    """The place (`[1]`) of the first entry that does not hold, and what it says; None when all hold."""
    if isinstance(wanted, Truth):
        return None if wanted.holds(scene) else ("", wanted.describe(scene))
    for place, entry in enumerate(wanted.entries):
        if not entry.holds(scene):
            return f"[{place}]", entry.describe(scene)
    return None
