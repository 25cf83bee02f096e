"""APIs of periodic tasks: create, change, preview, run and explain them."""

import re
from typing import Annotated, Any

from walkabout.actions import notices, task_runs, task_versions, tasks
from walkabout.api import policy_params
from walkabout.api.answers import Answer, Refusal
from walkabout.api.dispatch import Call
from walkabout.api.graphs import check_page
from walkabout.api.once import answer_once
from walkabout.api.registry import ADMIN, GENERAL, GivenParams, Param, Stored, api
from walkabout.api.schedule_views import list_item, run_view, task_view, version_view
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import SEQUENCE, WALKER, PeriodicTask, moment, task_kind
from walkabout.periodic.policies import tags_of
from walkabout.periodic.rules.preview import preview
from walkabout.periodic.rules.wording import excerpt
from walkabout.problems import Problem
from walkabout.sequences import relaxed_json

_WHEN = (
    Param("schedule", Any, required=False, default=None),
    Param("timezone", str | None, required=False, default=None),
)
NewPolicies = Annotated[dict[str, Any], GivenParams(policy_params.of_new_task())]
Edits = Annotated[dict[str, Any], GivenParams((*_WHEN, *policy_params.of_edit()))]


@api(GENERAL)
def add_scheduled_walker(
    call: Call,
    name: str,
    schedule: Any,
    body: Any,
    policies: NewPolicies,
    timezone: str = "UTC",
    notify: list[str] | str = "",
) -> dict[str, Any]:
    """Run a walker at the times of a schedule.

    `body` is the walker's argument: `name`, `ctx`, `nd`, `snt`, `mst` (absent: the caller). `grace`, `jitter`, `backoff`
    and `time_limit` are seconds. `notify`: addresses at which the caller is told of it, see notice_targets_set.
    """
    argument, schedule = _object(call, "body", body), _schedule(call, schedule)
    return _add(call, Draft(name, WALKER, argument, schedule, timezone, policies), "Walker", notify)


@api(ADMIN)
def add_scheduled_sequence(
    call: Call,
    name: str,
    schedule: Any,
    body: Any,
    policies: NewPolicies,
    timezone: str = "UTC",
    notify: list[str] | str = "",
) -> dict[str, Any]:
    """Run a sequence of requests at the times of a schedule. `body` is the sequence; `notify`: addresses at which the caller is
    told of it."""
    argument, schedule = _object(call, "body", body), _schedule(call, schedule)
    return _add(call, Draft(name, SEQUENCE, argument, schedule, timezone, policies), "Sequence", notify)


@api(GENERAL)
def get_scheduled_queues(
    call: Call, limit: int = 10, offset: int = 0, asc: bool = False, search: str = "", tags: list[str] | str = ""
) -> list[dict[str, Any]]:
    """The caller's scheduled tasks (an admin's: everybody's), by name: from Z to A, with `asc` from A to Z. `limit` 0 is all;
    `tags`: only those that have all of these."""
    check_page(limit, offset)
    found = tasks.by_name(call.service, call.master, search, limit, offset, ascending=asc, tags=tags_of(tags))
    return [list_item(task) for task in found]


@api(GENERAL)
def delete_scheduled_queue(call: Call, scheduled_queue_id: int | str) -> dict[str, Any]:
    """Delete a scheduled task. Runs it has already fired continue."""
    tasks.delete(call.service, call.master, _task(call, scheduled_queue_id, None, "scheduled_queue_id"))
    return {"success": True, "response": "Successfully deleted!"}


@api(GENERAL)
def tag_list(call: Call) -> list[dict[str, Any]]:
    """The tags of the caller's tasks (an admin's: everybody's), and how many tasks have each."""
    return [{"tag": tag, "tasks": number} for tag, number in tasks.tags(call.service, call.master)]


@api(GENERAL)
def schedule_preview(
    call: Call, schedule: Any, timezone: str = "UTC", after: str | None = None, count: int = 5
) -> dict[str, Any]:
    """What a schedule will do: in words, its next times after a moment (now), and what may surprise."""
    return dict(task_runs.preview(call.service, _schedule(call, schedule), timezone, after, count))


@api(GENERAL)
def schedule_get(call: Call, id: int | str | None = None, name: str | None = None) -> dict[str, Any]:
    """One scheduled task, by its id or its name."""
    return _view(call, _task(call, id, name))


@api(GENERAL)
def schedule_update(
    call: Call,
    edits: Edits,
    id: int | str | None = None,
    name: str | None = None,
    task: str | None = None,
    body: Any = None,
    kwargs: Any = None,
    revision: int | None = None,
    notify: list[str] | str | None = None,
) -> dict[str, Any]:
    """Change a scheduled task: the fields that are given; null sets a field back.

    By its id, then `name` is a new name; or by its name. `body` (or `kwargs`) is the argument. With `revision`, only if
    nobody has edited the task since. `notify`: the addresses at which the caller is told of it, all of them; what
    schedule_get shows of one stands for it, and an empty list is none.
    """
    edits = policy_params.set_back(edits)
    if "schedule" in edits:
        edits["schedule"] = _schedule(call, edits["schedule"])
    before = _task(call, id, name)
    if task is not None and task_kind(task) != before.task:
        raise Refusal(
            400, Problem("task", f"{before.name} is a {before.task}, which can't change; create a new task instead")
        )
    if id is not None and name is not None:
        edits["name"] = name
    path, argument = ("kwargs", kwargs) if body is None else ("body", body)
    if argument is not None:
        edits["argument"] = _object(call, path, argument)
    addresses = None if notify is None else _addresses(notify)
    return _view(
        call, notices.edit_task(call.service, call.master, before, edits, addresses, revision=revision, path=path)
    )


@api(GENERAL)
def schedule_enable(
    call: Call, id: int | str | None = None, name: str | None = None, note: Stored = ""
) -> dict[str, Any]:
    """Enable a task: it fires again, from now on."""
    return _view(call, tasks.enable(call.service, call.master, _task(call, id, name), note))


@api(GENERAL)
def schedule_disable(
    call: Call, id: int | str | None = None, name: str | None = None, note: Stored = ""
) -> dict[str, Any]:
    """Disable a task: it does not fire until it is enabled. The note says why."""
    return _view(call, tasks.disable(call.service, call.master, _task(call, id, name), note))


@api(GENERAL)
def schedule_run_now(
    call: Call, id: int | str | None = None, name: str | None = None, idempotency_key: str | None = None
) -> Answer:
    """Run a task now, whatever its state."""

    def work(uid: str) -> Answer:
        return told(task_runs.run_now(call.service, call.master, _task(call, id, name), uid))

    def told(uid: str) -> Answer:
        return Answer(200, {"success": True, "run": uid, "task_id": uid})

    return answer_once(call, call.master, idempotency_key, work, lambda job: told(job.uid))


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
    task = _task(call, id, name)
    total, rows = task_runs.history(call.service, call.master, task, state, limit, offset)
    return {"total": total, "data": [run_view(task, row) for row in rows]}


@api(GENERAL)
def schedule_changes(
    call: Call, id: int | str | None = None, name: str | None = None, limit: int = 20, offset: int = 0
) -> dict[str, Any]:
    """The changes of a task, newest first, each with who made it and the task as it was then. `limit` 0 is all."""
    check_page(limit, offset)
    task = _task(call, id, name)
    total, found = task_versions.changes(call.service, call.master, task, limit, offset)
    return {"total": total, "data": [version_view(task, version) for version in found]}


@api(GENERAL)
def schedule_why(call: Call, at: str, id: int | str | None = None, name: str | None = None) -> dict[str, Any]:
    """What happened to a task at a moment, or will happen then, in words. A moment without seconds means the whole minute."""
    task = _task(call, id, name)
    found = task_runs.why(call.service, call.master, task, at)
    return {"text": found.text, "runs": [run_view(task, row) for row in found.rows]}


def _view(call: Call, task: PeriodicTask) -> dict[str, Any]:
    told = [target.label for target in notices.targets(call.service, call.master, task)]
    return task_view(task, call.service.clock()) | {"notify": told}


def _addresses(given: list[str] | str) -> list[str]:
    """Addresses as a list, or as a text with one a line, or with commas or blanks between addresses."""
    if isinstance(given, list):
        return given
    # What is shown of an address has a blank in it: (1a2b) belongs to what stands before.
    return re.split(r"[\s,]+(?!\()", given.strip()) if given.strip() else []


def _add(call: Call, draft: Draft, what: str, notify: list[str] | str) -> dict[str, Any]:
    task = notices.add_task(call.service, call.master, draft, _addresses(notify))
    answer = {"success": True, "id": task.id, "response": f"Scheduled {what} created successfully!"}
    warnings = preview(task.rule(), moment(task.created_at), 1)["warnings"]
    return answer | ({"warnings": warnings} if warnings else {})


def _task(call: Call, id: int | str | None, name: str | None, field: str = "id") -> PeriodicTask:
    if id is None and name is None:
        raise Refusal(
            400, Problem(field, "is required: the number of a scheduled task, or its name as name", is_missing=True)
        )
    return tasks.find(call.service, call.master, id=id, name=name, field=field)


def _object(call: Call, path: str, value: Any) -> dict[str, Any]:
    value = _read_json(call, path, value)
    if not isinstance(value, dict):
        raise Refusal(400, Problem(path, f"{excerpt(value)} is not an object; use the argument of what the task runs"))
    return value


def _schedule(call: Call, given: Any) -> Any:
    """A schedule as an object, which it may also be as text."""
    is_object = isinstance(given, str) and given.lstrip().startswith("{")
    return _read_json(call, "schedule", given) if is_object else given


def _read_json(call: Call, path: str, value: Any) -> Any:
    return relaxed_json.value_of(value, call.service.settings.json_limits, path)
