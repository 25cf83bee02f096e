"""Explains in words what happened, or will happen, to a task at a moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from walkabout import json_text
from walkabout.jobs.queries import ListedJob
from walkabout.jobs.states import FAILURE, PENDING, RETRY, REVOKED, STARTED, SUCCESS
from walkabout.periodic.periodic_task import ACTIVE, DISABLED, PeriodicTask, moment
from walkabout.periodic.rules.clock import JUST_BEFORE
from walkabout.periodic.rules.fields import number_text
from walkabout.periodic.rules.schedule import Schedule

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)

_RUNS = {
    PENDING: "waits for a free worker",
    STARTED: "runs now",
    RETRY: "raised, and waits for another attempt",
    SUCCESS: "succeeded",
    FAILURE: "failed",
    REVOKED: "was cancelled",
}


@dataclass(frozen=True)
class WhyQuestion:
    """A moment somebody asks about, as a stretch: a whole minute asked for is that minute, else it is its second."""

    start: datetime
    end: datetime

    @classmethod
    def about(cls, at: datetime) -> "WhyQuestion":
        """The stretch of a moment (UTC)."""
        return cls(at, at + (SECOND if at.second or at.microsecond else MINUTE))


def why(
    task: PeriodicTask,
    asked: WhyQuestion,
    rows: Sequence[ListedJob],
    now: float,
    kept_s: float,
    tell: Callable[[datetime], str] | None = None,
) -> str:
    """What happened to the task then, or will happen. `rows`: its history there; `kept_s`: how long history is kept.

    `tell`: how a moment (UTC) is written; None: as people in the task's zone write it.
    """
    rule = task.rule()
    tell = tell or rule.local_text
    if rows:
        text = " ".join(_row(tell, row) for row in rows)
    elif asked.end > moment(now) and not _was_due(rule, asked, moment(now)):
        text = _to_come(task, rule, asked, tell)
    else:
        text = _without_trace(task, rule, asked, now, kept_s, tell)
    return text + _clock_note(task, asked, tell)


def _was_due(rule: Schedule, asked: WhyQuestion, now: datetime) -> bool:
    """Whether the moment that is asked for, which may not be over yet, has a due time that is."""
    due = rule.next_after(asked.start - JUST_BEFORE)
    return due is not None and due < min(asked.end, now)


def _clock_note(task: PeriodicTask, asked: WhyQuestion, tell: Callable[[datetime], str]) -> str:
    """That the clock was wrong then, for the stretch in which the task would have been silent for it."""
    if task.repaired_at is None or task.repaired_from is None:
        return ""
    # What was computed while the clock was wrong is older than when it was noticed, by the clock that was right.
    start, end = moment(task.repaired_at) - MINUTE, moment(max(task.repaired_until or 0.0, task.repaired_from))
    if asked.end <= start or asked.start > end:
        return ""
    ahead = timedelta(seconds=round(task.repaired_from - task.repaired_at))
    return (
        f" The clock was wrong and was corrected: due times from a clock {ahead} ahead were computed again at "
        f"{tell(moment(task.repaired_at))}."
    )


def _row(tell: Callable[[datetime], str], row: ListedJob) -> str:
    when = "By hand" if row.scheduled_for is None else f"Due {tell(moment(row.scheduled_for))}"
    if not row.ran:
        times = f" ({row.fires} times since {tell(moment(row.first_for or 0))})" if row.fires > 1 else ""
        return f"{when}{times}: {row.state}, {row.reason}."
    stands = f", for {row.missed} missed runs" if row.missed else ""
    late = f" {row.late_s:.1f} s late" if row.late_s >= 1 else ""
    started = f"started {tell(moment(row.started_at))}{late}, " if row.started_at else ""
    return f"{when}{stands}: {started}{row.state}, it {_RUNS[row.state]}{_because(row)}."


def _because(row: ListedJob) -> str:
    if row.state in (FAILURE, RETRY) and row.error is not None:
        error = json_text.load(row.error)
        return f": {error['type']}: {error['message']}"
    return f": {row.reason}" if row.reason else ""


def _to_come(task: PeriodicTask, rule: Schedule, asked: WhyQuestion, tell: Callable[[datetime], str]) -> str:
    if task.state != ACTIVE:
        return f"It will not run then: it is {task.state}{_with_note(task)}."
    due = rule.next_after(asked.start - JUST_BEFORE)
    first = moment(task.next_run_at or 0)
    if due is not None and due < asked.end and due >= first and (not rule.one_off or due == first):
        later = f", {number_text(task.offset_s)} s later by its jitter" if task.offset_s else ""
        return f"It will run then: due {tell(due)}{later}."
    return f"It will not run then: {_other_time(rule, asked, tell)}."


def _without_trace(
    task: PeriodicTask, rule: Schedule, asked: WhyQuestion, now: float, kept_s: float, tell: Callable[[datetime], str]
) -> str:
    if asked.end <= moment(task.created_at):
        return f"It did not run then: it was created at {tell(moment(task.created_at))}."
    due = rule.next_after(asked.start - JUST_BEFORE)
    if due is None or due >= asked.end:
        return f"It did not run then: {_other_time(rule, asked, tell)}."
    if asked.end <= moment(now - kept_s):
        return f"Due {tell(due)}, but nothing is known: history is kept for {kept_s / 86400:g} days."
    if task.state == DISABLED:
        return f"Due {tell(due)}, but it did not run: it is disabled{_with_note(task)}."
    if task.next_run_at is not None and moment(task.next_run_at) <= due:
        return f"Due {tell(due)}, but not handled yet: no worker has been running since{_with_note(task)}."
    return (
        f"By its current schedule it would have been due {tell(due)}, but it was disabled, finished or had "
        f"another schedule then; it was edited last at {tell(moment(task.updated_at))}."
    )


def _other_time(rule: Schedule, asked: WhyQuestion, tell: Callable[[datetime], str]) -> str:
    following = rule.next_after(asked.start)
    if following is None:
        return "that is not one of its times, and there is none after it"
    return f"that is not one of its times; the next one is {tell(following)}"


def _with_note(task: PeriodicTask) -> str:
    return f" ({task.note})" if task.note else ""
