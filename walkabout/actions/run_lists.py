"""Lists of runs: what a filter that somebody typed means, and pages of what fits it."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from walkabout.actions import tasks
from walkabout.actions.rights import is_admin, only_of
from walkabout.jobs import queries
from walkabout.jobs.queries import JobFilter, ListedJob
from walkabout.jobs.states import FAILURE, MISSED, REVOKED, SKIPPED, STARTED, SUCCESS, WAITING
from walkabout.people.masters import Master
from walkabout.periodic.errors import ManyOfName, NoSuchTask
from walkabout.problems import Invalid, Problem, gather, refuse
from walkabout.service import Service
from walkabout.times import seconds_of

STATES = {
    "waiting": WAITING,
    "running": (STARTED,),
    "ok": (SUCCESS,),
    "failed": (FAILURE,),
    "cancelled": (REVOKED,),
    "skipped": (SKIPPED,),
    "missed": (MISSED,),
}
QUEUED, LENGTH = "-queued", "-length"
PAGE_MOST = 1000
_CAPITALS = {state: (state,) for states in STATES.values() for state in states}


@dataclass(frozen=True)
class RunQuestion:
    """A filter of runs as it was typed; what is empty filters nothing."""

    task: str = ""
    walker: str = ""
    tag: str = ""
    state: str = ""
    since: str = ""
    until: str = ""
    min_s: float = 0.0
    owner: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it filters nothing."""
        return self == RunQuestion()

    def typed(self) -> dict[str, str]:
        """What was typed, by name."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: f"{value:g}" if isinstance(value, float) else value for name, value in given.items() if value}


def read_filter(
    service: Service, by: Master, asked: RunQuestion, moment: Callable[[str], float] = seconds_of
) -> JobFilter:
    """What a question means, for who asks: their own runs, or for an admin everybody's. `moment` reads its times.

    Raises Invalid with all that is wrong: what is unknown is never taken as no filter.
    """
    problems: list[Problem] = []
    values: dict[str, Any] = {"owner": only_of(by), "longer_s": asked.min_s or None, "tag": asked.tag.lower()}
    for name, read in (("since", moment), ("until", moment)):
        if text := getattr(asked, name):
            try:
                values[name] = read(text)
            except (ValueError, OverflowError):
                problems.append(Problem(name, "not a time; use 2026-01-31T09:00"))
    if asked.state:
        states = STATES.get(asked.state) or _CAPITALS.get(asked.state)
        values["states"] = states or ()
        if not states:
            problems.append(Problem("state", f"unknown state; use one of {', '.join(STATES)}"))
    if asked.owner and is_admin(by):
        master = service.masters.by_email(asked.owner)
        values["owner"] = master.uid if master else None
        if master is None:
            problems.append(Problem("owner", "nobody has this email"))
    with gather(problems):
        values |= _read_name(service, by, asked)
    if problems:
        raise Invalid(problems)
    return JobFilter(**values)


def page(
    service: Service, by: Master, asked: RunQuestion, order: str, limit: int, after: str
) -> tuple[list[ListedJob], str | None]:
    """A page of the runs that fit, and the key of the next one; None: there is none. Raises Invalid."""
    if order not in (QUEUED, LENGTH):
        raise refuse("order", f"“{order[:40]}” is unknown; use {QUEUED} or {LENGTH}")
    if not 1 <= limit <= PAGE_MOST:
        raise refuse("limit", f"{limit} is out of range; use 1 to {PAGE_MOST}")
    if after and not (after.isascii() and after.isdecimal() and len(after) < 19):
        raise refuse("after", "not a key; use the `next` of the page before")
    which, key = read_filter(service, by, asked), int(after) if after else None
    if order == LENGTH:
        found = queries.longest(service.db, which, limit + 1, key or 0)
        return found[:limit], str((key or 0) + limit) if len(found) > limit else None
    found = queries.jobs(service.db, which, limit + 1, before=key)
    return found[:limit], str(found[limit - 1].id) if len(found) > limit else None


def _read_name(service: Service, by: Master, asked: RunQuestion) -> dict[str, Any]:
    """Which task, and which walker; what is called a walker in older addresses may be a task."""
    task, walker = asked.task, asked.walker
    if walker and not _is_walker(service, walker):
        if task:
            raise refuse("walker", f"no walker here is called {walker[:80]}")
        task, walker = walker, ""
    if not task:
        return {"name": walker}
    schedule = _task_of(service, by, task)
    if schedule is None:
        raise refuse("task", f"no task or walker of yours is called {task[:80]}")
    return {"name": walker, "schedule": schedule}


def _is_walker(service: Service, name: str) -> bool:
    # One whose file is gone may still have runs.
    return name in service.sentinel.walkers() or bool(queries.jobs(service.db, JobFilter(name=name), 1))


def _task_of(service: Service, by: Master, text: str) -> int | None:
    """The id of the task that a text names, by its name or its id; also of one that is gone."""
    try:
        return tasks.find(service, by, id=text).id
    except ManyOfName as many:
        raise refuse("task", str(many.problem.message)) from None
    except NoSuchTask:
        if not (text.isascii() and text.isdecimal() and len(text) < 19):
            return None
        found = queries.jobs(service.db, JobFilter(owner=only_of(by), schedule=int(text)), 1)
        return found[0].schedule if found else None
