"""What works and is hardly meant, or would be silently null: warnings with what to write. They never refuse anything."""

from collections.abc import Iterator
from typing import Any

from sequence.expressions.program import Program
from sequence.json_values import Json
from sequence.language import keys, paths
from sequence.language.expressions import Operand
from sequence.language.plain_values import WHOLE
from sequence.language.references import BadReference
from sequence.language.templates import parts_of
from sequence.problems import Problem

WARNINGS_MOST = 100
"""Warnings of an argument that are told."""
_KEPT = ("set", "body")
"""Keys of a step whose values are taken as they are: one item or a list of several makes a difference there."""
_DEEPEST = 100

Found = Iterator[tuple[paths.Trail, str]]


def advice(argument: object) -> list[Problem]:
    """The warnings of an argument, each with the path of its key; of many the first WARNINGS_MOST."""
    warnings = []
    for trail, message in _in_value(argument, "", _DEEPEST, is_kept=False):
        warnings.append(Problem(paths.path_of(trail) or WHOLE, message))
        if len(warnings) >= WARNINGS_MOST:
            break
    return warnings


def _in_value(value: Any, trail: paths.Trail, levels: int, *, is_kept: bool) -> Found:
    if levels == 0:
        return
    if isinstance(value, str):
        yield from _in_text(value, trail, is_kept=is_kept)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _in_value(item, (trail, place), levels - 1, is_kept=is_kept)
    elif isinstance(value, dict):
        is_step = not is_kept and any(name in value for name in (*keys.SENDING, *keys.NOT_SENDING))
        for name, item in value.items():
            if trail == "" and name in ("persistence", "container"):
                continue
            yield from _in_text(name, (trail, name), is_kept=False)
            yield from _in_value(item, (trail, name), levels - 1, is_kept=is_kept or (is_step and name in _KEPT))


def _in_text(text: Json, trail: paths.Trail, *, is_kept: bool) -> Found:
    if not isinstance(text, str) or "{{" not in text:
        return
    try:
        parts: list[str | Operand] = parts_of(text)
    except BadReference:
        return
    for part in parts:
        if isinstance(part, Program):
            for hint in part.hints:
                yield trail, hint
            if is_kept and part.is_bare and len(parts) == 1:
                path = part.text.strip()
                yield (
                    trail,
                    f"gives one value where one matches, and a list of several; write [{path}] where a list is meant",
                )
