"""Exports all tasks as one JSON file that people can read and compare, and reads it back."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from walkabout import json_text
from walkabout.periodic.drafts import Draft
from walkabout.periodic.importing.entries import ImportEntry
from walkabout.periodic.periodic_task import ACTIVE, DISABLED, OVER, SEQUENCE, WALKER, PeriodicTask, moment, task_kind
from walkabout.periodic.policies import POLICY_NAMES
from walkabout.periodic.rules.clock import read_moment
from walkabout.periodic.rules.problems import listed, shown, unknown_keys
from walkabout.periodic.rules.schedule import A_TIME
from walkabout.problems import Problem, gather, refuse

FORMAT = "walkabout schedules"
VERSION = 1
_KEYS = ("name", "task", "schedule", "timezone", "kwargs", "owner", *POLICY_NAMES, "state", "note", "anchor")

FindOwner = Callable[[object], str | None]
"""The uid of the master whom a file calls so (an email), or None."""


def write_export(tasks: Iterable[PeriodicTask], email_of: Callable[[str], str]) -> str:
    """The file of these tasks, by name. `email_of`: of an owner's uid."""
    rows = [_row(task, email_of(task.owner)) for task in sorted(tasks, key=lambda task: task.name)]
    content = {"format": FORMAT, "version": VERSION, "schedules": rows}
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def read_export(text: str, owner_of: FindOwner) -> list[ImportEntry]:
    """The entries of such a file. Raises json_text.BadJson, also when it is another file."""
    content = json_text.read(text)
    rows = content.get("schedules") if isinstance(content, dict) else None
    if not isinstance(rows, list) or content.get("format") != FORMAT:
        raise json_text.BadJson(f'not a file of schedules: {{"format": "{FORMAT}", "schedules": [...]}} is expected')
    if content.get("version") != VERSION:
        raise json_text.BadJson(f"version: {shown(content.get('version'))} can't be read; this is version {VERSION}")
    return [_entry(f"schedules[{number}]", row, owner_of) for number, row in enumerate(rows)]


def _row(task: PeriodicTask, email: str) -> dict[str, Any]:
    return {
        "name": task.name,
        "task": task.task,
        "schedule": _plain(task.schedule),
        "timezone": task.timezone,
        "kwargs": _plain(task.argument),
        "owner": email,
        **task.policies.by_name(),
        "state": task.state,
        "note": task.note,
    } | _anchor(task)


def _plain(text: str) -> Any:
    """What a task has as JSON; of a broken row the text, which its import then refuses."""
    try:
        return json_text.load(text)
    except ValueError:
        return text


def _anchor(task: PeriodicTask) -> dict[str, str]:
    """From where its intervals are counted, where the schedule itself does not say it."""
    try:
        counts = task.rule().kind.counts_from_anchor and task.start_at is None
    except Exception:
        return {}
    return {"anchor": moment(task.anchor).isoformat()} if counts else {}


def _entry(where: str, row: object, owner_of: FindOwner) -> ImportEntry:
    if not isinstance(row, Mapping):
        return ImportEntry(where, problems=(f"{shown(row)} is not an object",))
    problems = unknown_keys(row, _KEYS)
    state = row.get("state", ACTIVE)
    if state not in (ACTIVE, DISABLED, *OVER):
        problems.append(Problem("state", f"{shown(state)} is unknown; use {listed((ACTIVE, DISABLED, *OVER))}"))
    anchor = None
    with gather(problems):
        anchor = _read_anchor(row.get("anchor"))
    if not isinstance(row.get("name"), str):
        problems.append(Problem("name", f"{shown(row.get('name'))} is not a name; use a text"))
    kind, asker = WALKER, owner_of(row.get("owner"))
    with gather(problems):
        kind = task_kind(row.get("task"))
    if asker is None and kind == SEQUENCE:
        problems.append(
            Problem("owner", f"{shown(row.get('owner'))} is not a master here; use an email, or --owner EMAIL")
        )
    note = str(row.get("note") or "")
    texts = tuple(map(str, problems))
    return ImportEntry(where, _draft(row, kind, asker, anchor), enabled=state != DISABLED, note=note, problems=texts)


def _draft(row: Mapping[str, Any], kind: str, asker: str | None, anchor: float | None) -> Draft:
    kwargs = row.get("kwargs")
    return Draft(
        name=str(row.get("name", "")),
        task=kind,
        argument=kwargs if isinstance(kwargs, Mapping) else {},
        schedule=row.get("schedule"),
        timezone=row.get("timezone", "UTC"),
        policies={name: row[name] for name in POLICY_NAMES if name in row},
        asker=asker,
        path="kwargs",
        anchor=anchor,
        over=str(row["state"]) if row.get("state") in OVER else "",
        note=str(row.get("note") or ""),
    )


def _read_anchor(given: object) -> float | None:
    if given is None:
        return None
    try:
        return read_moment(str(given), ZoneInfo("UTC")).timestamp()
    except ValueError:
        raise refuse("anchor", f"{shown(given)} is not a moment; use {A_TIME}") from None
