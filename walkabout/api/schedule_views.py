"""How answers show periodic tasks and their runs. Times are ISO texts with the offset of the task's zone."""

from collections.abc import Callable
from typing import Any

from walkabout import json_text
from walkabout.jids import jid
from walkabout.jobs.queries import ListedJob
from walkabout.periodic.condition import condition_of
from walkabout.periodic.periodic_task import PeriodicTask, moment
from walkabout.periodic.versions import Version
from walkabout.times import iso


def list_item(task: PeriodicTask) -> dict[str, Any]:
    """A task as the list of tasks has it."""
    return {
        "id": task.id,
        "name": task.name,
        "schedule": json_text.load(task.schedule),
        "kwargs": task.argument_object(),
        "next_run_at": _iso(task, task.next_run_at),
        "state": task.state,
    }


def task_view(task: PeriodicTask, now: float) -> dict[str, Any]:
    """A task in full, as it is now (UTC seconds)."""
    return {
        "id": task.id,
        "name": task.name,
        "task": task.task,
        "schedule": json_text.load(task.schedule),
        "timezone": task.timezone,
        "kwargs": task.argument_object(),
        "owner": jid(task.owner),
        **task.policies.by_name(),
        "tags": task.policies.tags.split(),
        "state": task.state,
        "health": condition_of(task, now),
        "note": task.note,
        "text": task.words(),
        "next_run_at": _iso(task, task.next_run_at),
        "last_run_at": _iso(task, task.last_run_at),
        "total_run_count": task.total_run_count,
        "revision": task.revision,
    }


def run_view(task: PeriodicTask, row: ListedJob) -> dict[str, Any]:
    """One row of a task's history. `fires`: how many due times it stands for, the first of them `first`."""
    return _run(row, lambda seconds: _iso(task, seconds))


def _run(row: ListedJob, iso_of: Callable[[float | None], str | None]) -> dict[str, Any]:
    return {
        "id": row.uid,
        "scheduled_for": iso_of(row.scheduled_for),
        "first": iso_of(row.first_for if row.first_for is not None else row.scheduled_for),
        "last": iso_of(row.scheduled_for),
        "count": row.fires,
        "missed": row.missed,
        "state": row.state,
        "reason": row.reason,
        "queued": iso_of(row.queued_at) if row.ran else None,
        "started": iso_of(row.started_at),
        "ended": iso_of(row.ended_at) if row.ran else None,
        "late_s": round(row.late_s, 3),
        "attempts": row.attempt,
        "task_id": row.uid,
        "error": None if row.error is None else json_text.load(row.error),
    }


def job_view(row: ListedJob) -> dict[str, Any]:
    """A run in a list of runs of all kinds: its times in UTC, and whose run it is."""
    return _run(row, lambda seconds: None if seconds is None else iso(seconds)) | {
        "task": row.schedule,
        "task_name": row.task_name,
        "name": row.name,
        "owner": jid(row.owner),
    }


def version_view(task: PeriodicTask, version: Version) -> dict[str, Any]:
    """One change of a task, and the task as it was after it; `by` is null for the service itself and the command line."""
    content = version.plain()
    kwargs, owner = content.pop("argument"), content.pop("owner")
    return {
        "revision": version.revision,
        "at": _iso(task, version.at),
        "by": None if version.by is None else jid(version.by),
        "change": version.change,
        "note": version.note,
        "task": {**content, "kwargs": kwargs, "owner": jid(owner)},
    }


def _iso(task: PeriodicTask, seconds: float | None) -> str | None:
    return None if seconds is None else moment(seconds).astimezone(task.zone).isoformat()
