"""Reads periodic tasks from `dumpdata django_celery_beat`, and lists what can't be imported, with the reason."""

from collections.abc import Mapping
from typing import Any

from walkabout import json_text
from walkabout.periodic.drafts import Draft
from walkabout.periodic.importing.entries import ImportEntry
from walkabout.periodic.periodic_task import FINISHED, task_kind
from walkabout.periodic.policies import LONGEST_S
from walkabout.periodic.rules.clock import read_moment
from walkabout.periodic.rules.fields import field_specs, from_text
from walkabout.periodic.rules.kinds import KINDS
from walkabout.periodic.rules.problems import listed, shown
from walkabout.periodic.rules.zones import read_zone
from walkabout.problems import Problem, gather, refuse

_APP = "django_celery_beat."
_TASK = "periodictask"
_FOR_THE_BROKER = ("queue", "exchange", "routing_key")
_BROKER_PRIORITIES = range(10)  # of RabbitMQ: 0 to 9, larger ones first

Rows = Mapping[tuple[str, Any], Mapping[str, Any]]


def read_dump(text: str, asker: str | None, timezone: str = "UTC") -> list[ImportEntry]:
    """The entries of a dump. `asker`: the uid of whom sequences will belong to, since a dump names nobody.

    `timezone`: of times and schedules for which the dump names none.

    Raises json_text.BadJson, also when it is another file.
    """
    dump = json_text.read(text)
    if not isinstance(dump, list) or not all(isinstance(row, Mapping) and "model" in row for row in dump):
        raise json_text.BadJson('not a dump of Django: a list of {"model", "pk", "fields"} is expected')
    rows: dict[tuple[str, Any], Mapping[str, Any]] = {
        (str(row["model"]).removeprefix(_APP), row.get("pk")): _fields(row) for row in dump
    }
    return [
        _entry(f"periodic task {pk}", fields, rows, asker, timezone)
        for (model, pk), fields in rows.items()
        if model == _TASK
    ]


def _fields(row: Mapping[str, Any]) -> Mapping[str, Any]:
    fields = row.get("fields")
    return fields if isinstance(fields, Mapping) else {}


def _entry(where: str, fields: Mapping[str, Any], rows: Rows, asker: str | None, timezone: str) -> ImportEntry:
    problems: list[Problem] = []
    kind, anchor = "", None
    argument: dict[str, Any] = {}
    schedule: dict[str, Any] = {}
    with gather(problems):
        kind = task_kind(fields.get("task"))
    with gather(problems):
        argument = _argument(fields)
    with gather(problems):
        schedule, timezone = _schedule(fields, rows, timezone)
        anchor = _keep_phase(fields, schedule, timezone)
    policies, remarks = _policies(fields)
    over = FINISHED if _has_had_its_run(fields) else ""
    draft = Draft(
        name=str(fields.get("name") or ""),
        task=kind,
        argument=argument,
        schedule=schedule,
        timezone=timezone,
        policies=policies,
        asker=asker,
        path="kwargs",
        anchor=anchor,
        over=over,
        note="it ran before it was imported" if over else "",
    )
    return ImportEntry(
        where,
        draft,
        enabled=fields.get("enabled") is not False,
        note="" if fields.get("enabled") is not False else "disabled in the dump",
        problems=tuple(map(str, problems)),
        remarks=tuple(remarks),
    )


def _argument(fields: Mapping[str, Any]) -> dict[str, Any]:
    for name, empty in (("args", []), ("kwargs", {})):
        try:
            value = json_text.read(str(fields.get(name) or json_text.write(empty)))
        except json_text.BadJson as error:
            raise refuse(name, str(error)) from None
        if name == "args" and value:
            raise refuse(name, f"{shown(value)}: a task here takes its argument by name, in kwargs")
    if not isinstance(value, dict):
        raise refuse("kwargs", f"{shown(value)} is not an object")
    return value


def _schedule(fields: Mapping[str, Any], rows: Rows, timezone: str) -> tuple[dict[str, Any], str]:
    # The kinds and their fields have the same names there.
    kind = next((kind for kind in KINDS.values() if fields.get(kind.name) is not None), None)
    if kind is None:
        raise refuse("schedule", f"it has none of {listed(KINDS)}")
    row = rows.get((f"{kind.name}schedule", fields[kind.name]))
    if row is None:
        given = shown(fields[kind.name])
        raise refuse(kind.name, f"{given} is not in the dump; dump all of django_celery_beat")
    conf = {field.name: row.get(field.name) for field in field_specs(kind.conf_type)}
    # Django writes decimals as text.
    conf |= from_text(kind.conf_type, {name: value for name, value in conf.items() if isinstance(value, str)})
    schedule: dict[str, Any] = {"type": kind.name, "conf": conf}
    schedule |= {name: fields[name] for name in ("start_time", "expires") if fields.get(name) is not None}
    if fields.get("one_off") is True:
        schedule["one_off"] = True
    return schedule, str(row.get("timezone") or timezone)


def _has_had_its_run(fields: Mapping[str, Any]) -> bool:
    # Beat disables a one-off task once it has run, and then sets its count back.
    once = fields.get("one_off") is True or fields.get("clocked") is not None
    return once and bool(
        fields.get("total_run_count") or (fields.get("last_run_at") and fields.get("enabled") is False)
    )


def _keep_phase(fields: Mapping[str, Any], schedule: dict[str, Any], timezone: str) -> float | None:
    """From where an interval is counted: in beat, from its last run, whatever its start_time (which is taken out)."""
    if fields.get("last_run_at") is None or not KINDS[schedule["type"]].counts_from_anchor:
        return None
    try:
        last = read_moment(str(fields["last_run_at"]), read_zone(timezone))
    except ValueError:
        raise refuse("last_run_at", f"{shown(fields['last_run_at'])} is not a moment") from None
    schedule.pop("start_time", None)
    return last.timestamp()


def _policies(fields: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    policies: dict[str, Any] = {"description": str(fields.get("description") or "")}
    remarks = [
        f"{name}: {shown(fields[name])} is for a broker and is ignored" for name in _FOR_THE_BROKER if fields.get(name)
    ]
    if fields.get("headers") not in (None, "", "{}"):
        remarks.append(f"headers: {shown(fields['headers'])} are for a broker and are ignored")
    seconds = fields.get("expire_seconds")
    if isinstance(seconds, int) and 1 <= seconds <= LONGEST_S:
        policies["grace"] = seconds
        remarks.append(f"expire_seconds: becomes a grace of {seconds} s, beyond which a fire is missed")
    priority = fields.get("priority")
    if priority in _BROKER_PRIORITIES:
        policies["priority"] = priority
    elif priority is not None:
        remarks.append(f"priority: {shown(priority)} has no equivalent here (-9 to 9) and is ignored")
    return policies, remarks
