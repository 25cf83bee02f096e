"""The fields of a task's form, made from the declarations of schedule kinds and policies.

A field's name in the form is the path by which the service names it when it is wrong, so that errors find their place;
only the fields of a kind have the kind's name in it: `schedule.conf.KIND.FIELD`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from walkabout.periodic.policies import POLICIES, Policies, Sentence, sentence
from walkabout.periodic.rules.fields import FieldSpec, field_specs, from_text, number_text
from walkabout.periodic.rules.kinds import KINDS, in_order, usual_kind
from walkabout.periodic.rules.kinds.kind import KindType

CONF = "schedule.conf."
_FORMS = {"integer": "number", "number": "number"}
_NAMES = {"name", "timezone", "notify", "schedule.type", "schedule.start_time", "schedule.expires", "schedule.one_off"}


@dataclass(frozen=True)
class FormField:
    """One input. `form`: text, lines, choice, number or moment; `is_default`: nobody has said otherwise."""

    name: str
    id: str
    label: str
    form: str
    doc: str
    required: bool
    choices: tuple[str, ...]
    value: str
    error: str
    is_default: bool = True
    sentence: Sentence | None = None


@dataclass(frozen=True)
class KindFields:
    """A kind of schedule with its fields. `is_once`: it fires once by its nature."""

    name: str
    doc: str
    chosen: bool
    is_once: bool
    fields: list[FormField]


def kinds(typed: Mapping[str, str], problems: Mapping[str, str]) -> list[KindFields]:
    """Every kind of schedule, the chosen one marked."""
    chosen = typed.get("schedule.type", usual_kind().name)
    return [
        KindFields(
            name=kind.name,
            doc=kind.doc,
            chosen=kind.name == chosen,
            is_once=kind.always_one_off,
            fields=_conf_fields(kind, typed, problems if kind.name == chosen else {}),
        )
        for kind in in_order()
    ]


def meanings(typed: Mapping[str, str]) -> dict[str, str]:
    """What each text means by itself that is typed for a schedule, by the id of its input, where a kind says so."""
    return {
        _id(_prefix(kind.name) + name): text
        for kind in in_order()
        for name, text in kind.meanings(_conf_texts(kind, typed)).items()
    }


def policies(typed: Mapping[str, str], problems: Mapping[str, str]) -> list[FormField]:
    """The policies of a task, each with its sentence."""
    in_order = sorted(POLICIES, key=lambda policy: sentence(policy).place)
    return [replace(_field("", policy, typed, problems), sentence=sentence(policy)) for policy in in_order]


def schedule_texts(schedule: Mapping[str, Any], given: Policies) -> dict[str, str]:
    """A schedule (as JSON) and policies as the texts of the form."""
    # A row that is broken has not all of it; the form shows what there is.
    kind, conf = str(schedule.get("type", "")), schedule.get("conf")
    typed = {f"{CONF}{kind}.{name}": str(value) for name, value in conf.items()} if isinstance(conf, dict) else {}
    typed["schedule.type"] = kind
    typed["schedule.one_off"] = "yes" if schedule.get("one_off") else ""
    for name in ("start_time", "expires"):
        typed[f"schedule.{name}"] = str(schedule.get(name) or "")
    for field in field_specs(Policies):
        value = getattr(given, field.name)
        typed[field.name] = "" if value is None else _text(value)
    return typed


def schedule_of(typed: Mapping[str, str]) -> dict[str, Any]:
    """The schedule that was typed, as JSON for the service to judge."""
    kind = typed.get("schedule.type", "")
    conf: dict[str, Any] = {}
    if kind in KINDS:
        conf |= from_text(KINDS[kind].conf_type, _conf_texts(KINDS[kind], typed))
    schedule: dict[str, Any] = {"type": kind, "conf": conf}
    if kind in KINDS and not KINDS[kind].always_one_off:
        schedule["one_off"] = typed.get("schedule.one_off") == "yes"
    for name in ("start_time", "expires"):
        if typed.get(f"schedule.{name}", "").strip():
            schedule[name] = typed[f"schedule.{name}"].strip()
    return schedule


def policies_of(typed: Mapping[str, str]) -> dict[str, Any]:
    """The policies that were typed, as JSON for the service to judge; an empty field is its default."""
    values = dict(from_text(Policies, {f.name: typed.get(f.name, "").strip() for f in field_specs(Policies)}))
    defaults: dict[str, Any] = msgspec.structs.asdict(Policies())
    return {name: defaults[name] if value == "" else value for name, value in values.items()}


def place_of(path: str, kind: str) -> str:
    """The input at which a problem of this path stands, as the service names it; "" when the form has none."""
    if path.startswith(CONF):
        return f"{CONF}{kind}.{path.removeprefix(CONF)}"
    return path if path in _NAMES or path in {field.name for field in field_specs(Policies)} else ""


def _prefix(kind: str) -> str:
    return f"{CONF}{kind}."


def _conf_fields(kind: KindType, typed: Mapping[str, str], problems: Mapping[str, str]) -> list[FormField]:
    specs = sorted(field_specs(kind.conf_type), key=lambda spec: _place(kind.input_order, spec.name))
    return [_field(_prefix(kind.name), spec, typed, problems) for spec in specs]


def _conf_texts(kind: KindType, typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed for a kind, by its fields' names; without what is empty."""
    prefix = _prefix(kind.name)
    return {n.removeprefix(prefix): text.strip() for n, text in typed.items() if n.startswith(prefix) and text.strip()}


def _text(value: object) -> str:
    return number_text(value) if isinstance(value, float) else str(value)


def _id(name: str) -> str:
    return name.replace(".", "-")


def _place(order: tuple[str, ...], name: str) -> int:
    return order.index(name) if name in order else len(order)


def _field(prefix: str, field: FieldSpec, typed: Mapping[str, str], problems: Mapping[str, str]) -> FormField:
    name = prefix + field.name
    default = "" if field.default is None else _text(field.default)
    form = field.form if field.form in ("choice", "moment") else _FORMS.get(field.form, "text")
    if field.extra.get("lines"):
        form = "lines"
    return FormField(
        name=name,
        id=_id(name),
        label=field.label,
        form=form,
        doc=field.doc,
        required=field.required,
        choices=field.choices,
        value=typed.get(name, default),
        error=problems.get(name, ""),
        is_default=typed.get(name, default) == default,
    )
