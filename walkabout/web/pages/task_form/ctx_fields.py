"""A walker's fields in a task's form. An empty one is left out, so that the walker's default applies to each run.

The inputs are those of the walker's own page (web.pages.form); only what emptiness means differs.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from walkabout import json_text
from walkabout.settings import JsonLimits
from walkabout.walking.fields import WalkerField, read_context
from walkabout.walking.values import plain
from walkabout.web.pages.walkers import walker_inputs
from walkabout.web.pages.walkers.walker_inputs import PREFIX, Input


def inputs(fields: Mapping[str, WalkerField], typed: Mapping[str, str], problems: Mapping[str, str]) -> list[Input]:
    """The inputs with what was typed, their defaults as placeholders. Files are left out: a schedule has none to send."""
    defaults = walker_inputs.inputs(fields, None, {})
    made = walker_inputs.inputs(fields, typed, problems)
    return [
        dataclasses.replace(
            one,
            id=f"ctx-{one.id}",
            choices=("", *(choice for choice in one.choices if choice)),
            placeholder=default.placeholder or default.value,
        )
        for one, default in zip(made, defaults, strict=True)
        if one.kind != "file"
    ]


def read(
    fields: Mapping[str, WalkerField], typed: Mapping[str, str], limits: JsonLimits
) -> tuple[dict[str, Any], dict[str, str]]:
    """The `ctx` that was typed, as JSON, and what is wrong with it, by input."""
    found = walker_inputs.read(fields, {name: text for name, text in typed.items() if text.strip()}, limits)
    if found.problems:
        return {}, found.problems
    return found.ctx | plain(read_context(fields, found.texts, texts=True, partial=True)), {}


def texts_of(fields: Mapping[str, WalkerField], ctx: Mapping[str, Any], limits: JsonLimits) -> dict[str, str] | None:
    """The texts of the inputs that stand for a `ctx`; None: inputs can't say it (an unknown field, a text of lines)."""
    texts = {PREFIX + name: _text(fields[name], value) for name, value in ctx.items() if name in fields}
    if any(_has_lines(fields[name], texts[PREFIX + name]) for name in ctx if name in fields):
        return None
    read_back, problems = read(fields, texts, limits)
    return texts if read_back == dict(ctx) and not problems else None


def _has_lines(field: WalkerField, text: str) -> bool:
    """Whether a text has more lines than the input of its field, which is one of JSON or has a single line."""
    return walker_inputs.kind_of(field.type)[0] != "json" and ("\n" in text or "\r" in text)


def _text(field: WalkerField, value: Any) -> str:
    is_text = isinstance(value, str) and walker_inputs.kind_of(field.type)[0] != "json"
    return str(value) if is_text else json_text.pretty(value)
