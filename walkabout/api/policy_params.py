"""The policies of a periodic task as parameters of APIs, from their declaration."""

from typing import Any

from walkabout.api.registry import Param
from walkabout.periodic.policies import Policies
from walkabout.periodic.rules.fields import FieldSpec, declared

_TYPES: dict[str, type] = {"text": str, "choice": str, "integer": int, "number": float}
_DEFAULTS: dict[str, Any] = {field.name: field.default for field in declared(Policies)}


def of_new_task() -> tuple[Param, ...]:
    """The parameters of an API that adds a task; one that is not given, or null, is its default."""
    return tuple(Param(field.name, _type(field), required=False, default=field.default) for field in declared(Policies))


def of_edit() -> tuple[Param, ...]:
    """The parameters of an API that edits a task; see `set_back` for null."""
    return tuple(Param(field.name, _type(field) | None, required=False, default=None) for field in declared(Policies))


def set_back(edits: dict[str, Any]) -> dict[str, Any]:
    """The edits with a policy's default where null was given for it."""
    return {name: _DEFAULTS.get(name) if value is None else value for name, value in edits.items()}


def _type(field: FieldSpec) -> Any:
    """The type of a policy as JSON has it: its range and its choices are judged by the declaration."""
    plain = _TYPES[field.form]
    return plain | None if field.nullable else plain
