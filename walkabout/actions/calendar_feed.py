"""A calendar of the fires to come, at an address that is a secret: what its owner sees of the tasks, in other programs."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from walkabout.actions.rights import only_of
from walkabout.actions.walkers import WrongKey
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.coming import fires_between
from walkabout.periodic.ical import CalendarEvent, write_calendar
from walkabout.periodic.periodic_task import PeriodicTask, moment
from walkabout.service import Service

PATH = "/calendar.ics"
_KEY = "calendar.ics"  # what the key is for; no walker is named so
OFTEN = 4  # fires of a task on one day that have an entry each; of more the day has one
TASKS_MOST = 500
EVENTS_MOST = 5000


def key_of(service: Service, by: Master, *, new: bool = False) -> str:
    """One's own key of the calendar, made on first asking; `new`: another one, and the one before ends."""
    return service.keys.new_key(by.uid, _KEY) if new else service.keys.key(by.uid, _KEY)


def feed(service: Service, key: str) -> str:
    """The calendar of whose key it is: of the tasks that they see. Raises WrongKey."""
    uid = service.keys.owner(key, _KEY) if key else None
    owner = service.masters.by_uid(uid) if uid else None
    if owner is None:
        raise WrongKey("is missing" if not key else "is unknown or has ended; calendar_key tells one's own")
    now = service.clock()
    until = now + service.settings.calendar_days * 86_400
    tasks = task_queries.coming(service.db, only_of(owner), until, TASKS_MOST)
    base = service.settings.public_url.rstrip("/")
    events = (event for task in tasks for event in _events(task, now, until, base))
    return write_calendar(islice(events, EVENTS_MOST), now)


def _events(task: PeriodicTask, now: float, until: float, base: str) -> Iterator[CalendarEvent]:
    """The entries of a task, day by day of its zone: so one that fires each second costs no more than others."""
    url = f"{base}/admin/tasks/{task.id}" if base else ""
    text = f"{task.words()}\n{task.policies.description}".strip()
    start = now
    while start < until:
        day, end = _day(task, start)
        fires = list(islice(fires_between(task, start, min(end, until)), OFTEN + 1))
        if len(fires) > OFTEN:
            yield CalendarEvent(f"task-{task.id}-{day:%Y%m%d}@walkabout", day.date(), f"{task.name} (often)", text, url)
        for at in fires if len(fires) <= OFTEN else ():
            yield CalendarEvent(f"task-{task.id}-{at:.0f}@walkabout", at, task.name, text, url)
        if task.one_off and fires:
            return
        start = end


def _day(task: PeriodicTask, at: float) -> tuple[datetime, float]:
    """The day of a moment on the clock of a task, and when it ends (UTC seconds)."""
    local = moment(at).astimezone(task.zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    end = (midnight + timedelta(days=1)).timestamp()
    return midnight, end if end > at else at + 86_400
