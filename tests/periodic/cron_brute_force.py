"""The rules for crontabs and clock changes a second time, as a slow walk over every minute of real time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Times:
    """What five fields stand for, and whether they follow real time."""

    minutes: frozenset[int]
    hours: frozenset[int]
    weekdays: frozenset[int]  # Sunday is 0
    days: frozenset[int]
    months: frozenset[int]
    follows: bool

    def match(self, local: datetime) -> bool:
        return (
            local.minute in self.minutes
            and local.hour in self.hours
            and local.month in self.months
            and local.day in self.days
            and (local.weekday() + 1) % 7 in self.weekdays
        )


def fires(times: Times, zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[datetime]:
    """Every fire later than `after` and not later than `until`; clock changes have to fall on whole minutes."""
    moment = after.replace(second=0, microsecond=0) - timedelta(days=2)
    latest = _local(zone, moment)
    while moment <= until - MINUTE:
        moment += MINUTE
        local = _local(zone, moment)
        if times.follows:
            due = times.match(local)
        else:
            # All that the clock shows or passes over for the first time in this minute.
            passed = int((local - latest) / MINUTE)
            due = any(times.match(local - MINUTE * back) for back in range(passed))
        latest = max(latest, local)
        if due and moment > after:
            yield moment


def _local(zone: ZoneInfo, moment: datetime) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)
