"""Expressions within the language: `{{= ... }}` in templates, in place of a filter, and as `by`."""

from collections.abc import Iterator
from typing import Protocol

from sequence.errors import StepError
from sequence.expressions.ends import end_of_expression
from sequence.expressions.parsing import BadExpression
from sequence.expressions.program import Program, compile_expression
from sequence.json_values import MISSING, Json, kind_of
from sequence.language.references import BadReference, Reference, Roots, resolve

OPENING = "{{="
Operand = Reference | Program
"""What a value is found by."""


class Computing(Roots, Protocol):
    """Where operands find their values."""

    def compute(self, program: Program) -> Json:
        """The value of an expression, MISSING for nothing. Raises StepError."""


def value_at(operand: Operand, target: Computing) -> Json:
    """The value of an operand now; MISSING when there is none. Raises StepError for an expression that fails."""
    return target.compute(operand) if isinstance(operand, Program) else resolve(operand, target)


def list_at(operand: Operand, target: Computing, name: str) -> list[Json]:
    """The list that an operand finds: empty where there is nothing, and of one value that an expression gives.

    Raises StepError for anything else that is no list, telling the name of the key.
    """
    items = value_at(operand, target)
    if items is MISSING or items is None:
        return []
    if not isinstance(items, list):
        if isinstance(operand, Program):
            return [items]
        raise StepError(f"{name}: {operand.text} is {kind_of(items)}, not a list")
    return items


def reads_key(operand: Operand, key: str) -> bool:
    """Whether an operand reads this key of the persistence, by its name."""
    if isinstance(operand, Program):
        return key in operand.keys
    inner = [piece for part in operand.parts if not isinstance(part, str) for piece in part]
    if any(isinstance(piece, Reference) and reads_key(piece, key) for piece in inner):
        return True
    return operand.root == "#" and operand.parts[:1] == (key,)


def is_expression(value: Json) -> bool:
    """Whether a value is a text that is meant to be one whole expression."""
    return isinstance(value, str) and value.strip().startswith(OPENING)


def read_expression(text: str, at: int) -> tuple[Program, int]:
    """The expression whose braces begin at `at`, and where it ends. Raises BadReference, with line and column."""
    begin = at + len(OPENING)
    end = end_of_expression(text, begin)
    if end == -1:
        raise BadReference(
            f'"{text[at : at + 60]}": the closing }}}} is missing, or a text, regex, comment or bracket before it is not '
            "closed"
        )
    try:
        return compile_expression(text[begin:end]), end + 2
    except BadExpression as bad:
        raise BadReference(f"{_place(text, begin + bad.at)}: {bad.message}") from None


def whole_expression(value: str) -> Program:
    """The expression that a text is. Raises BadReference."""
    text = value.strip()
    program, end = read_expression(text, 0)
    if end != len(text):
        raise BadReference(f'"{text[:60]}": "{text[end : end + 60]}" is left over behind the expression')
    return program


def counts_as_true(value: Json) -> bool:
    """JSONata's $boolean of a result: nothing, null, "", 0, {} and lists of nothing else are false."""
    if isinstance(value, list):
        return any(map(counts_as_true, value))
    return value is not MISSING and bool(value)


def expression_length(value: Json) -> int:
    """Characters of all expressions in a value, each text counted once."""
    return sum(map(len, set(_texts(value))))


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        at = 0
        while (at := value.find(OPENING, at)) != -1:
            end = end_of_expression(value, at + len(OPENING))
            yield value[at:end] if end != -1 else value[at:]
            at = end if end != -1 else len(value)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(name)
            yield from _texts(item)


def _place(text: str, at: int) -> str:
    before = text[:at]
    return f"line {before.count(chr(10)) + 1}, column {at - (before.rfind(chr(10)) + 1) + 1}"
