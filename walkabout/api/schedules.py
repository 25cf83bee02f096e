"""APIs of periodic tasks: create, change, preview, run and explain them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from walkabout.actions import tasks
from walkabout.api.answers import Refusal
from walkabout.api.dispatch import Call
from walkabout.api.graphs import check_page
from walkabout.api.registry import ADMIN, GENERAL, api
from walkabout.api.relaxed_json import Unreadable, as_pasted
from walkabout.api.schedule_views import listed, run_shown, task_shown, version_shown
from walkabout.jids import BadJid, jid
from walkabout.jobs import fires
from walkabout.jobs.states import STATES
from walkabout.periodic import table, versions
from walkabout.periodic.periodic_task import SEQUENCE, WALKER, PeriodicTask, moment, task_kind
from walkabout.periodic.rules.clock import read_moment
from walkabout.periodic.rules.preview import preview
from walkabout.periodic.rules.problems import shown
from walkabout.periodic.rules.schedule import A_TIME, read_schedule
from walkabout.periodic.rules.zones import read_zone
from walkabout.periodic.tasks import Draft
from walkabout.periodic.why import WhyQuestion, why
from walkabout.problems import Problem
from walkabout.walking.names import NotNamed

PREVIEW_MOST = 1000


@dataclass(frozen=True)
class NewPolicies:
    """Under which terms a new task runs (see schedules.terms, which judges them). Durations are seconds."""

    description: str = ""
    priority: int = 0
    overlap: str = "skip"
    catch_up: str = "once"
    grace: float | None = None
    jitter: float = 0.0
    max_attempts: int = 1
    backoff: float = 0.0
    time_limit: float | None = None


_DEFAULTS = NewPolicies()


@dataclass(frozen=True)
class Edits:
    """What an edit may change beside the name and the argument; None: not given, or set back."""

    schedule: Any = None
    timezone: str | None = None
    description: str | None = None
    priority: int | None = None
    overlap: str | None = None
    catch_up: str | None = None
    grace: float | None = None
    jitter: float | None = None
    max_attempts: int | None = None
    backoff: float | None = None
    time_limit: float | None = None


@api(GENERAL)
def add_scheduled_walker(
    call: Call, name: str, schedule: Any, body: Any, terms: NewPolicies, timezone: str = "UTC"
) -> dict[str, Any]:
    """Run a walker at the times of a schedule.

    `body` is the walker's argument: `name`, `ctx`, `nd`, `snt`, `mst` (absent: the caller). `grace`, `jitter`, `backoff`
    and `time_limit` are seconds.
    """
    argument = _with_master(call, _object(call, "body", body))
    schedule = _schedule(call, schedule)
    return _add(call, Draft(name, WALKER, argument, schedule, timezone, _given(call, terms), call.master.uid), "Walker")


@api(ADMIN)
def add_scheduled_sequence(
    call: Call, name: str, schedule: Any, body: Any, terms: NewPolicies, timezone: str = "UTC"
) -> dict[str, Any]:
    """Run a sequence of requests at the times of a schedule. `body` is the sequence."""
    schedule, argument = _schedule(call, schedule), _object(call, "body", body)
    draft = Draft(name, SEQUENCE, argument, schedule, timezone, _given(call, terms), call.master.uid)
    return _add(call, draft, "Sequence")


@api(GENERAL)
def get_scheduled_queues(
    call: Call, limit: int = 10, offset: int = 0, asc: bool = False, search: str = ""
) -> list[dict[str, Any]]:
    """The caller's scheduled tasks (an admin's: everybody's), newest first. `limit` 0 is all."""
    check_page(limit, offset)
    owner = None if call.master.is_superuser else call.master.uid
    return [listed(task) for task in table.page(call.service.db, owner, search, limit, offset, ascending=asc)]


@api(GENERAL)
def delete_scheduled_queue(call: Call, scheduled_queue_id: int | str) -> dict[str, Any]:
    """Delete a scheduled task. What it has fired already goes on."""
    tasks.delete(call.service, call.master, _task(call, scheduled_queue_id, None, "scheduled_queue_id"))
    return {"success": True, "response": "Successfully deleted!"}


@api(GENERAL)
def schedule_preview(
    call: Call, schedule: Any, timezone: str = "UTC", after: str | None = None, count: int = 5
) -> dict[str, Any]:
    """What a schedule will do: in words, its next times after a moment (now), and what may surprise."""
    if not 1 <= count <= PREVIEW_MOST:
        raise Refusal(400, Problem("count", f"{count} is out of range; use 1 to {PREVIEW_MOST}"))
    now = moment(call.service.clock())
    start = now if after is None else _moment("after", after, read_zone(timezone))
    schedule = _schedule(call, schedule)
    rule = read_schedule(schedule, timezone, anchor=start, now=now if after is None else None)
    return dict(preview(rule, start, count))


@api(GENERAL)
def schedule_get(call: Call, id: int | str | None = None, name: str | None = None) -> dict[str, Any]:
    """One scheduled task, by its id or its name."""
    return task_shown(_task(call, id, name))


@api(GENERAL)
def schedule_update(
    call: Call,
    fields: Edits,
    id: int | str | None = None,
    name: str | None = None,
    task: str | None = None,
    body: Any = None,
    kwargs: Any = None,
    revision: int | None = None,
) -> dict[str, Any]:
    """Change a scheduled task: the fields that are given; null sets a field back.

    By its id, then `name` is a new name; or by its name. `body` (or `kwargs`) is the argument. With `revision`, only if
    nobody has edited the task since.
    """
    edits = _given(call, fields)
    if "schedule" in edits:
        edits["schedule"] = _schedule(call, edits["schedule"])
    before = _task(call, id, name)
    if task is not None and task_kind(task) != before.task:
        raise Refusal(400, Problem("task", f"{before.name} is a {before.task} and stays one; make a new task instead"))
    if id is not None and name is not None:
        edits["name"] = name
    path, argument = ("kwargs", kwargs) if body is None else ("body", body)
    if argument is not None:
        edits["argument"] = _object(call, path, argument)
        if before.task == WALKER:
            edits["argument"] = _with_master(call, edits["argument"], before.owner, path)
    changed = call.service.periodic_tasks.change(before.id, edits, revision=revision, path=path, by=call.master.uid)
    return task_shown(changed)


@api(GENERAL)
def schedule_enable(call: Call, id: int | str | None = None, name: str | None = None, note: str = "") -> dict[str, Any]:
    """Let a task fire again, from now on."""
    return task_shown(tasks.enable(call.service, call.master, _task(call, id, name), note))


@api(GENERAL)
def schedule_disable(
    call: Call, id: int | str | None = None, name: str | None = None, note: str = ""
) -> dict[str, Any]:
    """Let a task fire no more until it is enabled; the note says why."""
    return task_shown(tasks.disable(call.service, call.master, _task(call, id, name), note))


@api(GENERAL)
def schedule_run_now(call: Call, id: int | str | None = None, name: str | None = None) -> dict[str, Any]:
    """Run a task once more, now, whatever its state."""
    uid = call.service.periodic_tasks.run_now(_task(call, id, name).id, by=call.master.uid)
    return {"success": True, "run": uid, "task_id": uid}


@api(GENERAL)
def schedule_runs(
    call: Call,
    id: int | str | None = None,
    name: str | None = None,
    limit: int = 20,
    offset: int = 0,
    state: str | None = None,
) -> dict[str, Any]:
    """A task's history, newest first: its runs, and the times that got none (SKIPPED, MISSED). `limit` 0 is all."""
    check_page(limit, offset)
    if state is not None and state not in STATES:
        raise Refusal(400, Problem("state", f"{shown(state)} is unknown; use {', '.join(STATES)}"))
    task = _task(call, id, name)
    total, rows = fires.history(call.service.db, task.id, state, limit or 2**62, offset)
    return {"total": total, "data": [run_shown(task, row) for row in rows]}


@api(GENERAL)
def schedule_changes(
    call: Call, id: int | str | None = None, name: str | None = None, limit: int = 20, offset: int = 0
) -> dict[str, Any]:
    """What a task was before: each change, newest first, with who made it and the task as it then was. `limit` 0 is all."""
    check_page(limit, offset)
    task = _task(call, id, name)
    # What it was in the hands of another owner is not the present one's to see.
    owner = None if call.master.is_superuser else call.master.uid
    total, found = versions.of_task(call.service.db, task.id, limit or 2**62, offset, owner)
    return {"total": total, "data": [version_shown(task, version) for version in found]}


@api(GENERAL)
def schedule_why(call: Call, at: str, id: int | str | None = None, name: str | None = None) -> dict[str, Any]:
    """What happened to a task at a moment, or will happen then, in words. A whole minute means all of that minute."""
    service = call.service
    task = _task(call, id, name)
    asked = WhyQuestion.about(_moment("at", at, read_zone(task.timezone)))
    rows = fires.between(service.db, task.id, asked.start.timestamp(), asked.end.timestamp())
    text = why(task, asked, rows, service.clock(), service.settings.result_days * 86400)
    return {"text": text, "runs": [run_shown(task, row) for row in rows]}


def _add(call: Call, draft: Draft, what: str) -> dict[str, Any]:
    task = call.service.periodic_tasks.create(draft, by=call.master.uid)
    answer = {"success": True, "id": task.id, "response": f"Scheduled {what} created successfully!"}
    warnings = preview(task.rule(), moment(task.created_at), 1)["warnings"]
    return answer | ({"warnings": warnings} if warnings else {})


def _task(call: Call, id: int | str | None, name: str | None, field: str = "id") -> PeriodicTask:
    if id is None and name is None:
        raise Refusal(
            400, Problem(field, "is required: the number of a scheduled task, or its name as name", is_missing=True)
        )
    return tasks.find(call.service, call.master, id=id, name=name, field=field)


def _given(call: Call, params: NewPolicies | Edits) -> dict[str, Any]:
    """Of these parameters those that the caller gave; null means the default."""
    asked = call.asked.values.keys() | call.asked.texts.keys()
    given = {name: value for name, value in vars(params).items() if name in asked}
    return {name: getattr(_DEFAULTS, name, value) if value is None else value for name, value in given.items()}


def _object(call: Call, path: str, value: Any) -> dict[str, Any]:
    value = _pasted(call, path, value)
    if not isinstance(value, dict):
        raise Refusal(400, Problem(path, f"{shown(value)} is not an object; use the argument of what is to run"))
    return value


def _schedule(call: Call, given: Any) -> Any:
    """A schedule as an object, which it may also be as text."""
    is_object = isinstance(given, str) and given.lstrip().startswith("{")
    return _pasted(call, "schedule", given) if is_object else given


def _pasted(call: Call, path: str, value: Any) -> Any:
    try:
        return as_pasted(value, call.service.settings.json_limits)
    except Unreadable as error:
        raise Refusal(400, Problem(path, str(error))) from None


def _with_master(
    call: Call, argument: dict[str, Any], otherwise: str | None = None, path: str = "body"
) -> dict[str, Any]:
    """The argument with the jid of its master: the caller, or for an admin whom it names."""
    mst = argument.get("mst")
    if mst is None or mst == "":
        return {**argument, "mst": jid(otherwise or call.master.uid)}
    if not isinstance(mst, str):
        return argument
    try:
        uid = call.service.names.uid(call.master, mst)
    except (BadJid, NotNamed) as error:
        raise Refusal(400, Problem(f"{path}.mst", str(error))) from None
    if uid != call.master.uid and not call.master.is_superuser:
        raise Refusal(
            403, Problem(f"{path}.mst", f"{shown(mst)} is not you; only an admin schedules in another's name")
        )
    return {**argument, "mst": jid(uid)}


def _moment(field: str, text: str, zone: ZoneInfo) -> datetime:
    try:
        return read_moment(text, zone)
    except ValueError:
        raise Refusal(400, Problem(field, f"{shown(text)} is not a moment; use {A_TIME}")) from None
