"""Computes due times again that were computed while the clock was ahead."""

from collections.abc import Callable
from dataclasses import replace

from walkabout.database.connections import Database
from walkabout.events import Events
from walkabout.periodic import due_tasks
from walkabout.periodic.periodic_task import PeriodicTask, first_due, moment

AHEAD_S = 60.0  # a clock that was further ahead when a due time was computed was wrong

PutOff = Callable[[PeriodicTask, int, Exception], None]
"""What is done with a task that raises at a second (UTC)."""


def tasks_ahead(db: Database, second: int, limit: int) -> list[PeriodicTask]:
    """Tasks whose due time, or whose end, comes from a clock that was ahead of a second (UTC).

    A machine that slept is no such case: its clock goes on from then, and never back.
    """
    return due_tasks.computed_ahead(db, second + AHEAD_S, limit)


def repair(db: Database, events: Events, task: PeriodicTask, second: int, put_off: PutOff) -> None:
    """Let a task go on from a second (UTC) by the clock as it is now; nothing when somebody else was first."""
    try:
        repaired = recompute(task, second)
    except Exception as error:
        due_tasks.save_repaired(db, task, replace(task, computed_at=float(second)))
        put_off(task, second, error)
        return
    if due_tasks.save_repaired(db, task, repaired):
        ahead_s = round((task.computed_at or second) - second)
        db.after_commit(lambda: events.warn("periodic.recomputed", task=task.name, clock_was_ahead_s=ahead_s))


def recompute(task: PeriodicTask, now: float) -> PeriodicTask:
    """A task whose due time comes from a clock that was ahead of now, with its due time from now on."""
    anchor = task.anchor
    if task.start_at is None and anchor > now:
        # It would begin to count only when the clock gets there again.
        anchor = task.rule().kind.anchor_by(moment(now)).timestamp() if task.total_run_count else now
    task_now = replace(task, anchor=anchor, computed_at=now)
    state, due_at = first_due(task_now.rule(), now)
    fire_at = None if due_at is None else due_at + task.offset_s
    if (state, due_at, fire_at) == (task.state, task.next_run_at, task.fire_at):
        return task_now
    silent_until = max(task.fire_at or 0.0, task.computed_at or 0.0)
    return replace(
        task_now, state=state, next_run_at=due_at, fire_at=fire_at, repaired_at=now, repaired_from=task.computed_at,
        repaired_until=silent_until,
    )  # fmt: skip
