"""Reads periodic tasks from `dumpdata django_celery_beat`, and lists what can't be imported, with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from walkabout import json_text
from walkabout.periodic.drafts import Draft
from walkabout.periodic.importing.celery_task import (
    CelerySource,
    CeleryTask,
    read_crontab_fields,
    read_policies_of,
    read_task,
)
from walkabout.periodic.importing.entries import ImportEntry
from walkabout.periodic.periodic_task import FINISHED, WALKER
from walkabout.periodic.rules.clock import read_moment
from walkabout.periodic.rules.fields import field_specs, from_text
from walkabout.periodic.rules.kinds import KINDS
from walkabout.periodic.rules.kinds.kind import KindType
from walkabout.periodic.rules.wording import either, excerpt
from walkabout.periodic.rules.zones import read_zone
from walkabout.problems import Problem, gather, refuse

_APP = "django_celery_beat."
_TASK = "periodictask"
_RAN = "it ran before it was imported"
_PASSED = "its moment had passed when it was imported; it did not run"
_NO_ZONE = "the dump names no time zone for {what}: UTC is taken; --timezone says another"

Rows = Sequence[tuple[str, Any, Mapping[str, Any]]]
"""The rows of a dump: model, primary key (None where natural keys stand for it) and fields."""


def read_dump(text: str, source: CelerySource) -> list[ImportEntry]:
    """The entries of a dump, as JSON or JSON lines. Raises json_text.BadJson, also when it is another file."""
    dump = _read(text)
    rows = [
        (str(row["model"]).lower().removeprefix(_APP), row.get("pk"), row["fields"]) for row in dump if _is_row(row)
    ]
    if dump and not rows:
        raise json_text.BadJson('not a dump of Django: a list of {"model", "pk", "fields"} is expected')
    broken = [
        ImportEntry(f"row {number}", problems=(f'{excerpt(row)} is no row of a dump: {{"model", "pk", "fields"}}',))
        for number, row in enumerate(dump, 1)
        if not _is_row(row)
    ]
    tasks = [(pk, fields) for model, pk, fields in rows if model == _TASK]
    return [
        *(_entry(f"periodic task {pk or excerpt(fields.get('name'))}", fields, rows, source) for pk, fields in tasks),
        *broken,
    ]


def _read(text: str) -> list[Any]:
    lines = [line for line in text.splitlines() if line.strip()]
    if lines and all(line.lstrip().startswith("{") for line in lines):
        return [json_text.read(line) for line in lines]  # --format jsonl
    dump = json_text.read(text)
    if not isinstance(dump, list):
        raise json_text.BadJson('not a dump of Django: a list of {"model", "pk", "fields"} is expected')
    return dump


def _is_row(row: object) -> bool:
    return isinstance(row, Mapping) and isinstance(row.get("model"), str) and isinstance(row.get("fields"), Mapping)


@dataclass(frozen=True)
class _When:
    """When a task of the dump fires, and what is told of it."""

    schedule: dict[str, Any]
    timezone: str
    anchor: float | None = None
    over_since: str = ""  # why it is over
    remarks: tuple[str, ...] = ()


def _entry(where: str, fields: Mapping[str, Any], rows: Rows, source: CelerySource) -> ImportEntry:
    problems: list[Problem] = []
    task, when = CeleryTask(WALKER, {}), _When({}, "UTC")
    with gather(problems):
        args, kwargs = _json(fields, "args", []), _json(fields, "kwargs", {})
        task = read_task(fields.get("task"), args, kwargs, source)
    with gather(problems):
        when = _when(fields, rows, source)
    policies, remarks = read_policies_of(fields, "expire_seconds")
    is_enabled = fields.get("enabled") is not False
    draft = Draft(
        name=str(fields.get("name") or ""),
        task=task.kind,
        argument=task.argument,
        schedule=when.schedule,
        timezone=when.timezone,
        policies={"description": str(fields.get("description") or ""), **policies},
        asker=source.asker,
        path="kwargs",
        anchor=when.anchor,
        over=FINISHED if when.over_since else "",
        note=when.over_since,
    )
    return ImportEntry(
        where,
        draft,
        enabled=is_enabled,
        note="" if is_enabled else "disabled in the dump",
        problems=tuple(map(str, problems)),
        remarks=(*task.remarks, *when.remarks, *remarks),
    )


def _json(fields: Mapping[str, Any], name: str, empty: Any) -> Any:
    """A field that beat stores as text; an object is taken as it is."""
    given = fields.get(name)
    if given is None or given == "" or not isinstance(given, str):
        return given or empty
    try:
        return json_text.read(given)
    except json_text.BadJson as error:
        raise refuse(name, str(error)) from None


def _when(fields: Mapping[str, Any], rows: Rows, source: CelerySource) -> _When:
    kind, row = _schedule_of(fields, rows)
    usual, remarks = read_zone(source.timezone or "UTC"), list[str]()
    times = {name: fields[name] for name in ("start_time", "expires", "last_run_at") if fields.get(name) is not None}
    names = [field.name for field in field_specs(kind.conf_type)]
    conf = {name: row[name] for name in names if row.get(name) is not None}
    if kind.always_one_off:
        times |= conf
    moments = {name: _moment(name, text, usual, source, remarks) for name, text in times.items()}
    conf |= read_crontab_fields(conf) | {name: moments[name] for name in conf if name in moments}
    # Django writes decimals as text.
    conf |= from_text(kind.conf_type, {name: value for name, value in conf.items() if isinstance(value, str)})
    zone = row.get("timezone") or usual.key
    if kind.on_the_clock and not kind.always_one_off and not row.get("timezone") and source.timezone is None:
        remarks.append(_NO_ZONE.format(what=f"its {kind.name}"))
    schedule: dict[str, Any] = {"type": kind.name, "conf": conf}
    schedule |= {name: moments[name] for name in ("start_time", "expires") if name in moments}
    if fields.get("one_off") is True:
        schedule["one_off"] = True
    anchor = _keep_phase(kind, schedule, moments)
    return _When(schedule, str(zone), anchor, _why_over(fields, kind, conf, source), tuple(remarks))


def _schedule_of(fields: Mapping[str, Any], rows: Rows) -> tuple[KindType, Mapping[str, Any]]:
    # The kinds and their fields have the same names there.
    kind = next((kind for kind in KINDS.values() if fields.get(kind.name) is not None), None)
    if kind is None:
        raise refuse("schedule", f"it has none of {either(KINDS)}")
    key = fields[kind.name]
    for model, pk, row in rows:
        if model == f"{kind.name}schedule" and (_has_key(row, key) if isinstance(key, list) else pk == key):
            return kind, row
    raise refuse(kind.name, f"{excerpt(key)} is not in the dump; dump all of django_celery_beat")


def _has_key(row: Mapping[str, Any], key: Sequence[Any]) -> bool:
    """Whether a row is meant by a natural key: its values, in some order."""
    values = [str(value) for value in row.values()]
    return bool(key) and all(str(part) in values for part in key)


def _moment(name: str, text: object, zone: ZoneInfo, source: CelerySource, remarks: list[str]) -> str:
    """A moment with its offset: one that the dump writes without is on the clock of its settings, not of its row."""
    try:
        moment = read_moment(str(text).replace(" ", "T", 1), zone)
    except ValueError:
        raise refuse(name, f"{excerpt(text)} is not a moment") from None
    has_offset = str(text)[-1:] in "Zz" or "+" in str(text) or "-" in str(text)[10:]
    if not has_offset and source.timezone is None:
        remarks.append(_NO_ZONE.format(what=name))
    return str(text) if has_offset and "T" in str(text) else moment.isoformat()


def _keep_phase(kind: KindType, schedule: dict[str, Any], moments: Mapping[str, str]) -> float | None:
    """From where an interval is counted: in beat, from its last run, whatever its start_time (which is taken out)."""
    if "last_run_at" not in moments or not kind.counts_from_anchor:
        return None
    last = read_moment(moments["last_run_at"], ZoneInfo("UTC"))
    if "start_time" in moments and read_moment(moments["start_time"], ZoneInfo("UTC")) > last:
        return None  # it begins again there
    schedule.pop("start_time", None)
    return last.timestamp()


def _why_over(fields: Mapping[str, Any], kind: KindType, conf: Mapping[str, Any], source: CelerySource) -> str:
    """Why a task that fires once is over; empty when it is not. What has expired is found out by its schedule."""
    if fields.get("one_off") is not True and not kind.always_one_off:
        return ""
    # Beat disables a one-off task once it has run, and then sets its count back.
    if fields.get("total_run_count") or (fields.get("last_run_at") and fields.get("enabled") is False):
        return _RAN
    moments = [read_moment(str(moment), ZoneInfo("UTC")) for moment in conf.values()] if kind.always_one_off else []
    return _PASSED if any(moment.timestamp() <= source.now for moment in moments) else ""
