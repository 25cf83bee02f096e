"""The policies of a periodic task as parameters of APIs, from their declaration."""

from typing import Any

from walkabout.api.registry import Param, StoredParam
from walkabout.periodic.policies import POLICIES
from walkabout.periodic.rules.fields import FieldSpec

_TYPES: dict[str, type] = {"text": str, "choice": str, "integer": int, "number": float}
_DEFAULTS: dict[str, Any] = {policy.name: policy.default for policy in POLICIES}


def of_new_task() -> tuple[Param, ...]:
    """The parameters of an API that adds a task; one that is not given, or null, is its default."""
    return tuple(Param(policy.name, _type(policy), False, policy.default, _how(policy)) for policy in POLICIES)


def of_edit() -> tuple[Param, ...]:
    """The parameters of an API that edits a task; see `set_back` for null."""
    return tuple(Param(policy.name, _type(policy) | None, False, None, _how(policy)) for policy in POLICIES)


def set_back(edits: dict[str, Any]) -> dict[str, Any]:
    """The edits with a policy's default where null was given for it."""
    return {name: _DEFAULTS.get(name) if value is None else value for name, value in edits.items()}


def _how(policy: FieldSpec) -> StoredParam | None:
    return StoredParam() if policy.form == "text" and not policy.extra.get("list") else None


def _type(policy: FieldSpec) -> Any:
    """The type of a policy as JSON has it: its range and its choices are judged by the declaration."""
    if policy.extra.get("list"):
        return list[str] | str
    plain = _TYPES[policy.form]
    return plain | None if policy.nullable else plain
