"""One run as a row of a list, in the page's words."""

from dataclasses import dataclass
from typing import Any

from walkabout import json_text
from walkabout.actions.rights import sees_machine
from walkabout.jids import jid
from walkabout.jobs.queries import ListedJob, WholeJob
from walkabout.jobs.states import FAILURE, RETRY, STARTED, WAITING
from walkabout.sequences.runs import KIND as SEQUENCE
from walkabout.walking.call import KIND as WALKER
from walkabout.web.pages.run.step_numbers import step_number
from walkabout.web.pages.words import NOTHING, STATES, Moment, State, count, cut, length, moment
from walkabout.web.session import me

LATE_FROM_S = 2.0  # less is not called late
NOTE_MOST = 140  # characters of an error or a reason in a row


@dataclass(frozen=True)
class Progress:
    """How far a run is: per cent (None: nobody knows of how much), and in words."""

    percent: int | None
    text: str


@dataclass(frozen=True)
class RunRow:
    """What a list shows of a run. `name`: its task's, or the walker's; `walker`: what the task runs, if it is called
    otherwise; `since`: when it started, while it runs, as ISO; `stands`: for how many due times, from `first` to `last`;
    `scheduled`: the due time of a task's run, None for one by hand; `instead`: of one that did not run, the task that can
    be run now instead; `waits`: why it does not run yet, in a list of what waits."""

    uid: str
    name: str
    walker: str
    owner: str
    state: State
    asked: Moment | None
    due: Moment | None
    waits_until: Moment | None
    waited: str
    length: str
    since: str
    attempt: str
    worker: str
    note: str
    progress: Progress | None
    late: str
    stands: str
    first: Moment | None
    last: Moment | None
    scheduled: Moment | None
    instead: int | None
    waits: str


def row(run: ListedJob, now: float, waits: str = "") -> RunRow:
    """The row of a run. `waits`: why it does not run yet."""
    started = moment(run.started_at, now) if run.state == STARTED else None
    return RunRow(
        uid=run.uid,
        name=cut(run.title, 80),
        walker=cut(run.name, 80) if run.kind == WALKER and run.ran and run.name != run.title else "",
        owner=run.email or NOTHING,
        state=STATES[run.state],
        asked=moment(run.queued_at, now),
        due=moment(run.wait_until or run.eta or run.scheduled_for, now),
        waits_until=moment(run.wait_until, now),
        waited=length(waited_s(run)),
        length=length(ran_s(run, now)),
        since=started.iso if started else "",
        attempt=attempt(run),
        worker=(run.worker or NOTHING) if sees_machine(me()) else NOTHING,
        note=note(run),
        progress=progress(run),
        late=length(run.late_s) if run.ran and run.schedule and run.attempt <= 1 and run.late_s > LATE_FROM_S else "",
        stands=stands_for(run),
        first=moment(run.first_for, now) if run.fires > 1 else None,
        last=moment(run.scheduled_for, now) if run.fires > 1 else None,
        scheduled=moment(run.scheduled_for, now),
        instead=None if run.ran else run.task_id,
        waits=waits,
    )


def stands_for(run: ListedJob) -> str:
    """For how many due times a row stands, when it is not one."""
    if not run.ran:
        return count(run.fires, "fire") if run.fires > 1 else ""
    return f"caught up {count(run.missed, 'missed fire')}" if run.missed else ""


def waited_s(run: ListedJob) -> float | None:
    """Seconds from when it could have run to when it did; None: it has not, or only the last attempt's start is known."""
    if run.started_at is None or run.attempt > 1:
        return None
    return max(run.started_at - max(run.queued_at, run.eta or 0.0), 0.0)


def ran_s(run: ListedJob, now: float) -> float | None:
    """Seconds that the last attempt has run, or took."""
    if run.started_at is None or run.state in WAITING:
        return None
    return (run.ended_at or now) - run.started_at


def attempt(run: ListedJob) -> str:
    """`1`, or `2 of 3` when it may have several."""
    return f"{run.attempt} of {run.max_attempts}" if run.max_attempts > 1 else str(run.attempt)


def note(run: ListedJob) -> str:
    """Why it ended as it did, in a line."""
    if run.error and run.state in (FAILURE, RETRY):
        kind, message = error(run)
        path = failed_path(run)
        return cut(f"{kind}{f' at step {step_number(path)}' if path else ''}: {message}", NOTE_MOST)
    return cut(run.reason or "", NOTE_MOST)


def error(run: ListedJob) -> tuple[str, str]:
    """The type and the message of a run's error."""
    found = json_text.load(run.error) if run.error else {}
    return str(found.get("type", "")), str(found.get("message", ""))


def failed_path(run: ListedJob) -> str:
    """The path of the step at which a sequence's run failed; empty when it is not about a step."""
    found = json_text.load(run.error) if run.error else {}
    return str(found.get("path") or "")


def worker(run: WholeJob) -> str:
    """Who runs it, or ran it last; for admins."""
    return f"{run.worker}, process {run.worker_pid}" if run.worker and sees_machine(me()) else NOTHING


def node(argument: dict[str, Any]) -> str:
    """The jid of the node where a walker began; empty for what is no walker."""
    return jid(argument["nd"]) if isinstance(argument.get("nd"), str) else ""


def progress(run: ListedJob) -> Progress | None:
    """How far a run is that tells it."""
    if run.progress is None or run.state != STARTED:
        return None
    told = json_text.load(run.progress)
    done, total, text = told.get("done") or 0, told.get("total"), str(told.get("text") or "")
    if run.kind == SEQUENCE:
        path, _, method = text.partition(" ")
        text = f"step {step_number(path)} {method}" if method else text
    if not total:
        return Progress(None, cut(text or f"{done:g}", NOTE_MOST))
    percent = max(0, min(100, int(100 * done / total)))
    return Progress(percent, cut(text or f"{done:g} of {total:g}", NOTE_MOST))
