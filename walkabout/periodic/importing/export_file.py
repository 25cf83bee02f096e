"""Exports all tasks as one JSON file that people can read and compare, and reads it back."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from walkabout import json_text
from walkabout.jids import jid
from walkabout.periodic.drafts import Draft
from walkabout.periodic.importing.entries import ImportEntry
from walkabout.periodic.periodic_task import (
    ACTIVE,
    DISABLED,
    FINISHED,
    OVER,
    SEQUENCE,
    WALKER,
    PeriodicTask,
    moment,
    task_kind,
)
from walkabout.periodic.policies import POLICY_NAMES
from walkabout.periodic.rules.clock import read_moment
from walkabout.periodic.rules.schedule import A_TIME, read_schedule
from walkabout.periodic.rules.wording import either, excerpt, unknown_keys
from walkabout.problems import Invalid, Problem, gather, refuse

FORMAT = "walkabout schedules"
VERSION = 1
_KEYS = ("name", "task", "schedule", "timezone", "kwargs", "owner", *POLICY_NAMES, "state", "note", "anchor", "share")
_PASSED = "its moment had passed when it was imported"


@dataclass(frozen=True)
class Installation:
    """What an installation knows that reads a file of another one.

    `owner_of`: the uid of the master whom a file calls so (an email), or None; `is_master`: whether a jid is somebody's
    here; `now`: UTC seconds.
    """

    owner_of: Callable[[object], str | None]
    is_master: Callable[[object], bool]
    now: float


def write_export(tasks: Iterable[PeriodicTask], email_of: Callable[[str], str]) -> str:
    """The file of these tasks, by name. `email_of`: of an owner's uid."""
    rows = [_row(task, email_of(task.owner)) for task in sorted(tasks, key=lambda task: task.name)]
    content = {"format": FORMAT, "version": VERSION, "schedules": rows}
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def read_export(text: str, here: Installation) -> list[ImportEntry]:
    """The entries of such a file. Raises json_text.BadJson, also when it is another file."""
    content = json_text.read(text)
    rows = content.get("schedules") if isinstance(content, dict) else None
    if not isinstance(rows, list) or content.get("format") != FORMAT:
        raise json_text.BadJson(f'not a file of schedules: {{"format": "{FORMAT}", "schedules": [...]}} is expected')
    if content.get("version") != VERSION:
        raise json_text.BadJson(f"version: {excerpt(content.get('version'))} can't be read; this is version {VERSION}")
    return [_entry(f"schedules[{number}]", row, here) for number, row in enumerate(rows)]


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
    } | _own_times(task)


def _plain(text: str) -> Any:
    """What a task has as JSON; of a broken row the text, which its import then refuses."""
    try:
        return json_text.load(text)
    except ValueError:
        return text


def _own_times(task: PeriodicTask) -> dict[str, Any]:
    """What its times come from beside its schedule: from where intervals are counted, and its own part of the jitter."""
    share = {"share": task.share} if task.policies.jitter else {}
    try:
        counts = task.rule().kind.counts_from_anchor and task.start_at is None
    except Exception:
        return share
    return share | ({"anchor": moment(task.anchor).isoformat()} if counts else {})


def _entry(where: str, row: object, here: Installation) -> ImportEntry:
    if not isinstance(row, Mapping):
        return ImportEntry(where, problems=(f"{excerpt(row)} is not an object",))
    problems = unknown_keys(row, _KEYS)
    state = row.get("state", ACTIVE)
    if state not in (ACTIVE, DISABLED, *OVER):
        problems.append(Problem("state", f"{excerpt(state)} is unknown; use {either((ACTIVE, DISABLED, *OVER))}"))
    anchor, share = None, None
    with gather(problems):
        anchor = _read_anchor(row.get("anchor"))
    with gather(problems):
        share = _read_share(row.get("share"))
    if not isinstance(row.get("name"), str):
        problems.append(Problem("name", f"{excerpt(row.get('name'))} is not a name; use a text"))
    kind, asker = WALKER, here.owner_of(row.get("owner"))
    with gather(problems):
        kind = task_kind(row.get("task"))
    kwargs = row.get("kwargs")
    argument = dict(kwargs) if isinstance(kwargs, Mapping) else {}
    mst = argument.get("mst")
    is_stranger = isinstance(mst, str) and not here.is_master(mst)
    if asker is None and (kind == SEQUENCE or (is_stranger and "owner" in row)):
        problems.append(
            Problem("owner", f"{excerpt(row.get('owner'))} is not a master here; use an email, or --owner EMAIL")
        )
    elif kind == WALKER and is_stranger and asker is not None:
        argument["mst"] = jid(asker)  # a jid of another installation; its email says who it is here
    note = str(row.get("note") or "")
    draft = replace(_draft(row, kind, asker, argument), anchor=anchor, share=share)
    if not problems and not draft.over and _has_passed(draft, here.now):
        draft = replace(draft, over=FINISHED, note=_PASSED)
    texts = tuple(map(str, problems))
    return ImportEntry(where, draft, enabled=state != DISABLED, note=note, problems=texts)


def _has_passed(draft: Draft, now: float) -> bool:
    """Whether its one moment has passed. What is wrong with it is found by who checks the draft."""
    try:
        schedule = read_schedule(draft.schedule, draft.timezone, anchor=moment(now))
    except Invalid:
        return False
    return schedule.kind.always_one_off and schedule.kind.next_after(moment(now)) is None


def _draft(row: Mapping[str, Any], kind: str, asker: str | None, argument: dict[str, Any]) -> Draft:
    return Draft(
        name=str(row.get("name", "")),
        task=kind,
        argument=argument,
        schedule=row.get("schedule"),
        timezone=row.get("timezone", "UTC"),
        policies={name: row[name] for name in POLICY_NAMES if name in row},
        asker=asker,
        path="kwargs",
        over=str(row["state"]) if row.get("state") in (DISABLED, *OVER) else "",
        note=str(row.get("note") or ""),
    )


def _read_share(given: object) -> float | None:
    if given is None:
        return None
    if not isinstance(given, int | float) or isinstance(given, bool) or not 0 <= given <= 1:
        raise refuse("share", f"{excerpt(given)} is not a part of the jitter; use 0 to 1")
    return float(given)


def _read_anchor(given: object) -> float | None:
    if given is None:
        return None
    try:
        return read_moment(str(given), ZoneInfo("UTC")).timestamp()
    except ValueError:
        raise refuse("anchor", f"{excerpt(given)} is not a moment; use {A_TIME}") from None
