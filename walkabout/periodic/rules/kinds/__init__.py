"""The kinds of schedule. A new kind is a new module here, nothing else."""

import importlib
import pkgutil
from typing import Any

import msgspec

from walkabout.nearest import suggest
from walkabout.periodic.rules.kinds.kind import KindType, ScheduleKind
from walkabout.periodic.rules.wording import either, excerpt, wrong
from walkabout.problems import refuse


def find_kinds() -> dict[str, KindType]:
    """Every kind that a module of this package declares, by its name."""
    modules = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    declared = [thing for module in modules for thing in vars(module).values() if isinstance(thing, type)]
    return {kind.name: kind for kind in declared if issubclass(kind, ScheduleKind) and hasattr(kind, "name")}


KINDS: dict[str, KindType] = find_kinds()
_BY_WORD = KINDS | {alias: kind for kind in KINDS.values() for alias in kind.aliases}


def kind_of(word: object) -> KindType:
    """The kind that is called so, by its name or an alias. Raises Invalid, field `type`."""
    if isinstance(word, str) and word in _BY_WORD:
        return _BY_WORD[word]
    near = suggest(word, _BY_WORD) if isinstance(word, str) else ""
    raise refuse("type", wrong(excerpt(word), "a kind of schedule", either(KINDS), near))


def in_order() -> list[KindType]:
    """The kinds as people see them."""
    return sorted(KINDS.values(), key=lambda kind: (kind.place, kind.name))


def usual_kind() -> KindType:
    """The kind that the form begins with."""
    return next(kind for kind in in_order() if kind.is_usual)


def conf_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of each kind's conf, by the kind's name."""
    return {name: _schema(kind.conf_type) for name, kind in KINDS.items()}


def _schema(conf_type: type[msgspec.Struct]) -> dict[str, Any]:
    # Without "$defs" around it, so that it can stand inside of a larger schema.
    _, components = msgspec.json.schema_components([conf_type])
    schema: dict[str, Any] = components[conf_type.__name__]
    return schema
