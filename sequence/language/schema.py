"""The JSON Schema of sequences for editors, made from the tables that the checker reads."""

from collections.abc import Mapping

from sequence.json_values import Json, JsonValue
from sequence.language import keys
from sequence.language.conditions import CONDITIONS
from sequence.language.keys import Key, ValueKind

_TEMPLATE = {"type": "string", "pattern": r"\{\{"}


def schema() -> dict[str, JsonValue]:
    """The schema of an argument (JSON Schema 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A sequence of requests",
        **_object(keys.ARGUMENT, "argument", templates=False),
        "$defs": {
            "step": _object(keys.STEP, "step"),
            "defaults": _object({name: key for name, key in keys.STEP.items() if name not in keys.NOT_IN_DEFAULTS}, ""),
            "block": {"anyOf": [dict(keys.STEPS.schema), _object(keys.BLOCK, "block", templates=False)]},
            "container": _object(keys.CONTAINER, "container"),
            "retry": _object(keys.RETRY_KEYS, "retry"),
            "auth": _object(keys.AUTH_KEYS, "auth"),
            "oauth2": _object(keys.OAUTH2_KEYS, "oauth2"),
            "loop": _object(keys.LOOP_KEYS, "loop"),
            "pages": _object(keys.PAGES_KEYS, "pages"),
            "filter": {
                "anyOf": [
                    {"type": "array", "items": {"$ref": "#/$defs/entry"}},
                    {"type": "string", "pattern": r"^\s*\{\{="},
                ]
            },
            "entry": {"anyOf": [_test(), *(_group(kind) for kind in ("or", "and", "not"))]},
        },
    }


def _object(table: Mapping[str, Key], owner: str, templates: bool = True) -> dict[str, Json]:
    properties = {name: {**_value(key.kind, templates), "description": key.doc} for name, key in table.items()}
    required = list(keys.REQUIRED.get(owner, ()))
    made: dict[str, Json] = {"type": "object", "properties": properties, "additionalProperties": False}
    return made | {"required": required} if required else made


def _value(kind: ValueKind, templates: bool) -> dict[str, Json]:
    """A value of this kind; null is the same as leaving the key out, and a template may stand for plain ones."""
    if not kind.schema:
        return {}
    choices: list[Json] = [dict(kind.schema), {"type": "null"}]
    if templates and not kind.part:
        choices.insert(1, _TEMPLATE)
    return {"anyOf": choices}


def _test() -> dict[str, Json]:
    conditions = {name: {**row.schema, "description": row.doc} for name, row in CONDITIONS.items()}
    return {
        "type": "object",
        "properties": {
            "by": {"type": "string", "description": "a reference such as $.data, or an expression"},
            "condition": {"type": "object", "properties": conditions, "additionalProperties": False},
        },
        "required": ["by", "condition"],
        "additionalProperties": False,
    }


def _group(kind: str) -> dict[str, Json]:
    return {
        "type": "object",
        "properties": {kind: {"$ref": "#/$defs/filter"}},
        "required": [kind],
        "additionalProperties": False,
    }
