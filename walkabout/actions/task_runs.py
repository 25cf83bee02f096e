"""The runs of a periodic task: run it now, its history, why it ran or did not, and when it will run."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from walkabout.actions.tasks import check_allowed, check_owner, with_master
from walkabout.jobs import queries
from walkabout.jobs.queries import ListedJob
from walkabout.jobs.states import STATES
from walkabout.people.masters import Master
from walkabout.periodic import why as reasons
from walkabout.periodic.drafts import NAME_MOST
from walkabout.periodic.periodic_task import WALKER, PeriodicTask, moment
from walkabout.periodic.rules.clock import read_moment
from walkabout.periodic.rules.preview import Preview
from walkabout.periodic.rules.preview import preview as preview_of
from walkabout.periodic.rules.schedule import A_TIME, read_schedule
from walkabout.periodic.rules.wording import excerpt
from walkabout.periodic.rules.zones import read_zone
from walkabout.periodic.why import WhyQuestion
from walkabout.problems import refuse
from walkabout.service import Service

PREVIEW_MOST = 1000
DAY_S = 86_400


class Explanation(NamedTuple):
    """What happened to a task at a moment, or will happen, in words; and the rows of its history there."""

    text: str
    rows: list[ListedJob]


def run_now(service: Service, by: Master, task: PeriodicTask, uid: str = "") -> str:
    """Run a task once more, now, whatever its state; the run's uid (`uid`, unless that is empty).

    Raises NotAllowed, CannotRun, Broken, NoSuchTask, QueueFull.
    """
    check_owner(by, task)
    check_allowed(service, by, task.task)
    return service.periodic_tasks.run_now(task.id, by=by.uid, uid=uid)


def try_once(service: Service, by: Master, kind: str, name: str, argument: Mapping[str, Any]) -> str:
    """Run once, now, what a task of a kind (WALKER or SEQUENCE) would run; no task is saved. The run's uid.

    Raises NotAllowed, Invalid, CannotRun, QueueFull.
    """
    check_allowed(service, by, kind)
    template = service.periodic_tasks.job_templates[kind]
    given = template.normal(with_master(service, by, argument, by.uid, "body") if kind == WALKER else argument)
    return service.ledger.enqueue(template.spec(template.owner(given, by.uid) or by.uid, name[:NAME_MOST], given))


def history(
    service: Service, by: Master, task: PeriodicTask, state: str | None, limit: int, offset: int
) -> tuple[int, list[ListedJob]]:
    """How many rows a task's history has (of a state, or of all), and a page of them, newest first; `limit` 0 is all.

    Raises Invalid for a state that is none.
    """
    check_owner(by, task)
    if state is not None and state not in STATES:
        raise refuse("state", f"{excerpt(state)} is unknown; use {', '.join(STATES)}")
    return queries.history(service.db, task.id, state, limit or 2**62, offset)


def why(
    service: Service, by: Master, task: PeriodicTask, at: str, tell: Callable[[datetime], str] | None = None
) -> Explanation:
    """What happened to a task at a moment, or will happen then. A whole minute means all of that minute.

    `tell`: how the text writes a moment (UTC); None: in the task's zone. Raises Invalid when `at` is no moment.
    """
    check_owner(by, task)
    asked = WhyQuestion.about(_moment("at", at, read_zone(task.timezone)))
    rows = queries.due_between(service.db, task.id, asked.start.timestamp(), asked.end.timestamp())
    text = reasons.why(task, asked, rows, service.clock(), service.settings.result_days * DAY_S, tell)
    return Explanation(text, rows)


def preview(service: Service, schedule: object, timezone: str, after: str | None, count: int) -> Preview:
    """What a schedule will do: in words, its next times after a moment (now), and what may surprise. Raises Invalid."""
    if not 1 <= count <= PREVIEW_MOST:
        raise refuse("count", f"{count} is out of range; use 1 to {PREVIEW_MOST}")
    now = moment(service.clock())
    start = now if after is None else _moment("after", after, read_zone(timezone))
    return preview_of(read_schedule(schedule, timezone, anchor=start, now=now if after is None else None), start, count)


def _moment(field: str, text: str, zone: ZoneInfo) -> datetime:
    try:
        return read_moment(text, zone)
    except ValueError:
        raise refuse(field, f"{excerpt(text)} is not a moment; use {A_TIME}") from None
