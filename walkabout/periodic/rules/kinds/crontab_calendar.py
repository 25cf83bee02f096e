"""The calendar of a crontab: which local times match its fields. Knows nothing of zones and clock changes."""

import calendar
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache

from walkabout.periodic.rules.clock import LAST_MOMENT
from walkabout.periodic.rules.kinds.crontab_fields import FIELDS, numbers
from walkabout.problems import Invalid, Problem, gather, refuse

# The longest way from one February 29 on a given weekday to the next leads over a century without a leap day.
LONGEST_PAUSE_YEARS = 40
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_LONGEST_MONTHS = {month: 29 if month == 2 else calendar.monthrange(2001, month)[1] for month in range(1, 13)}


@dataclass(frozen=True)
class Calendar:
    """Local times: minutes of the day, on days that match in month, day of month AND day of week (0 is Sunday)."""

    minutes: tuple[int, ...]
    weekdays: frozenset[int]
    days: tuple[int, ...]
    months: tuple[int, ...]

    def first_after(self, local: datetime) -> datetime | None:
        """The first matching time later than the local time, or None: none before the end of the calendar."""
        return self.first_from(local.replace(second=0, microsecond=0) + _MINUTE)

    def first_from(self, local: datetime) -> datetime | None:
        """The first matching time not earlier than the local time, or None: none before the end of the calendar."""
        today = local.date()
        at = bisect_left(self.minutes, _minute(local))
        if at < len(self.minutes) and self.has_day(today):
            return _local(today, self.minutes[at])
        day = self._first_day_from(today + timedelta(days=1))
        return _local(day, self.minutes[0]) if day else None

    def count(self, start: datetime, end: datetime) -> int:
        """How many matching times there are from `start`, itself included, to before `end`."""
        if start >= end:
            return 0
        first, last = start.date(), end.date()
        before = bisect_left(self.minutes, _minute(start)) * self.has_day(first)
        behind = bisect_left(self.minutes, _minute(end)) * self.has_day(last)
        return self._count_days(first, last) * len(self.minutes) + behind - before

    def from_which(self, end: datetime, number: int, start: datetime) -> datetime:
        """The matching time from which on there are so many before `end`; `start` if there are fewer after that."""
        day, of_day = end.date(), bisect_left(self.minutes, _minute(end))
        while True:
            if self.has_day(day):
                if of_day >= number:
                    return max(start, _local(day, self.minutes[of_day - number]))
                number -= of_day
            if day <= start.date():
                return start
            day, of_day = day - _DAY, len(self.minutes)

    def has_day(self, day: date) -> bool:
        """Whether month, day of the month and day of the week match."""
        return day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays

    def _count_days(self, start: date, end: date) -> int:
        """How many days match from `start`, itself included, to before `end`. Costs a look per month."""
        found = bisect_left(self._days_of(end.year, end.month), end.day)
        found -= bisect_left(self._days_of(start.year, start.month), start.day)
        months = range(start.year * 12 + start.month - 1, end.year * 12 + end.month - 1)
        return found + sum(len(self._days_of(month // 12, month % 12 + 1)) for month in months)

    def _days_of(self, year: int, month: int) -> Sequence[int]:
        if month not in self.months:
            return ()
        shape = calendar.monthrange(year, month)
        known = self._days_by_shape.get(shape)
        if known is None:
            weekday_before_first, length = shape  # Monday is 0 there, Sunday is 0 here
            known = self._days_by_shape[shape] = [
                day for day in self.days if day <= length and (weekday_before_first + day) % 7 in self.weekdays
            ]
        return known

    @cached_property
    def _days_by_shape(self) -> dict[tuple[int, int], list[int]]:
        # There are 28 shapes of a month: on which weekday it begins, and how long it is.
        return {}

    def _first_day_from(self, start: date) -> date | None:
        for year in range(start.year, min(start.year + LONGEST_PAUSE_YEARS + 1, LAST_MOMENT.year)):
            for month in self.months:
                if (year, month) >= (start.year, start.month):
                    least = start.day if (year, month) == (start.year, start.month) else 1
                    day = self._first_day_in(year, month, least)
                    if day:
                        return day
        return None

    def _first_day_in(self, year: int, month: int, least: int) -> date | None:
        days = self._days_of(year, month)
        at = bisect_left(days, least)
        return date(year, month, days[at]) if at < len(days) else None


@lru_cache(maxsize=256)
def read_calendar(minute: str, hour: str, day_of_week: str, day_of_month: str, month_of_year: str) -> Calendar:
    """The calendar of five texts. Raises Invalid with every field that is wrong."""
    found: list[list[int]] = []
    problems: list[Problem] = []
    for field, text in zip(FIELDS, (minute, hour, day_of_week, day_of_month, month_of_year), strict=True):
        with gather(problems):
            found.append(sorted(numbers(field, text)))
    if problems:
        raise Invalid(problems)
    minutes, hours, weekdays, days, months = found
    if days[0] > max(_LONGEST_MONTHS[month] for month in months):
        raise _no_such_day(day_of_month, month_of_year, months)
    times = tuple(hour * 60 + minute for hour in hours for minute in minutes)
    return Calendar(times, frozenset(weekdays), tuple(days), tuple(months))


def _no_such_day(day_of_month: str, month_of_year: str, months: list[int]) -> Invalid:
    longest = max(_LONGEST_MONTHS[month] for month in months)
    return refuse(
        "day_of_month",
        f'"{day_of_month}" is a day that no month of the schedule has (month_of_year is "{month_of_year}"); '
        f"use 1 to {longest}, or other months",
    )


def _minute(local: datetime) -> int:
    """The minute of the day that begins at a time, or the next one that does."""
    return local.hour * 60 + local.minute + (1 if local.second or local.microsecond else 0)


def _local(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60))
