"""What works and is hardly meant, or would be silently null: warnings with what to write. They never refuse anything."""

from collections.abc import Iterator
from typing import Any

from sequence.expressions.program import Program
from sequence.json_values import MISSING, Json
from sequence.language import keys, paths
from sequence.language.expressions import Operand
from sequence.language.foreign import in_text
from sequence.language.plain_values import WHOLE
from sequence.language.references import BadReference, Reference
from sequence.language.strays import of_step
from sequence.language.templates import parts_of
from sequence.problems import Problem
from sequence.settings import SequenceSettings
from sequence.suggestions import nearest

WARNINGS_MOST = 100
"""Warnings of an argument that are told."""
_KEPT = ("set", "body")
"""Keys of a step whose values are taken as they are: one item or a list of several makes a difference there."""
_DEEPEST = 100

_REFERENCES = ("by", "items")
"""Keys whose values are references without braces."""
_LAST = {
    "headers": "header",
    "code": "status",
    "status_code": "status",
    "statusCode": "status",
    "cookie": "cookies",
    "text": "body",
    "json": "body",
    "data": "body",
    "time": "ms",
    "elapsed": "ms",
}
_FIELDS = ("status", "header", "cookies", "url", "ms", "page", "body")

Found = Iterator[tuple[paths.Trail, str]]


def advice(argument: object, settings: SequenceSettings | None = None) -> list[Problem]:
    """The warnings of an argument, each with the path of its key; of many the first WARNINGS_MOST.

    `settings`: those of the runs, where they are known: then names of `secret` and `env` that have no value are told, too.
    """
    warnings = []
    for trail, message in _Advice(settings).in_value(argument, "", _DEEPEST, is_kept=False):
        warnings.append(Problem(paths.path_of(trail) or WHOLE, message))
        if len(warnings) >= WARNINGS_MOST:
            break
    return warnings


class _Advice:
    def __init__(self, settings: SequenceSettings | None) -> None:
        self._settings = settings

    def in_value(self, value: Any, trail: paths.Trail, levels: int, *, is_kept: bool) -> Found:
        if levels == 0:
            return
        if isinstance(value, str):
            if trail[1:] and trail[1] not in _REFERENCES:
                yield from self._in_text(value, trail, is_kept=is_kept)
        elif isinstance(value, list):
            for place, item in enumerate(value):
                yield from self.in_value(item, (trail, place), levels - 1, is_kept=is_kept)
        elif isinstance(value, dict):
            is_step = not is_kept and any(name in value for name in (*keys.SENDING, *keys.NOT_SENDING))
            if is_step:
                yield from (((trail, name), message) for name, message in of_step(value))
            for name, item in value.items():
                if trail == "" and name in ("persistence", "container"):
                    continue
                yield from self._in_text(name, (trail, name), is_kept=False)
                yield from self.in_value(
                    item, (trail, name), levels - 1, is_kept=is_kept or (is_step and name in _KEPT)
                )

    def _in_text(self, text: Json, trail: paths.Trail, *, is_kept: bool) -> Found:
        if not isinstance(text, str):
            return
        try:
            parts: list[str | Operand] = parts_of(text) if "{{" in text else [text]
        except BadReference:
            parts = [text]
        is_address = isinstance(trail, tuple) and trail[1] == "api"
        for part in parts:
            if isinstance(part, str):
                yield from ((trail, message) for message in in_text(part, is_address))
            elif isinstance(part, Reference):
                yield from ((trail, message) for message in (*_of_last(part), *self._of_names(part)))
            if isinstance(part, Program):
                yield from ((trail, message) for message in self._of_named(part))
                for hint in part.hints:
                    yield trail, hint
                if is_kept and part.is_bare and len(parts) == 1:
                    path = part.text.strip()
                    yield (
                        trail,
                        f"gives one value where one matches, and a list of several; write [{path}] where a list is meant",
                    )

    def _of_names(self, reference: Reference) -> Iterator[str]:
        if reference.root in ("secret", "env") and reference.default is MISSING:
            yield from self._unset(reference.root, reference.name)

    def _of_named(self, program: Program) -> Iterator[str]:
        for root, names in program.named.items():
            for name in sorted(names):
                yield from self._unset(root, name)

    def _unset(self, root: str, name: str) -> Iterator[str]:
        settings = self._settings
        if settings is None or name in (settings.secrets if root == "secret" else settings.environment):
            return
        if root == "secret":
            yield f"secret.{name} is null: there is no variable SECRET_{name}"
        else:
            yield f"env.{name} is null: there is no such variable, or it is not among those that may be read"


def _of_last(reference: Reference) -> Iterator[str]:
    """What is asked of the last response that it never has."""
    parts = [part for part in reference.parts if isinstance(part, str)]
    if reference.root != "%" or not parts or len(parts) < len(reference.parts):
        return
    field, *rest = parts
    if field not in _FIELDS:
        meant = _LAST.get(field) or nearest(field, _FIELDS) or "body"
        path = ".".join(("%", meant, *rest)) if meant != "body" or field in _LAST else f"%.body.{'.'.join(parts)}"
        yield f"{reference.text} is always missing; write {{{{{path}}}}}"
    elif field == "header" and rest and "_" in rest[0] and "-" not in rest[0]:
        yield f"{reference.text}: names of headers have hyphens; write {{{{%.header.{rest[0].replace('_', '-')}}}}}"
