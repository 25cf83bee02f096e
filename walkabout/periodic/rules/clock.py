"""Local time in a zone: what it is at a moment, when it reaches a time, and when the clock changes.

Moments are aware datetimes in UTC. Local times are naive datetimes: what somebody reads off a clock in a zone.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
JUST_BEFORE = timedelta(microseconds=1)  # moments are whole microseconds

# A year's distance from what datetime can hold: no zone's offset leads over the edge.
FIRST_MOMENT = datetime(2, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(9998, 1, 1, tzinfo=UTC)

_WRITTEN = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.]\d{1,9})?)?(Z|[+-]\d\d(:?\d\d(:\d\d)?)?)?",
    re.ASCII,
)


class OffsetChange(NamedTuple):
    """A change of the clock: at that moment it stops showing `leaves` and goes on from `arrives` (local times)."""

    at: datetime
    leaves: datetime
    arrives: datetime

    @property
    def forward(self) -> bool:
        """True: the times between are left out. False: they come twice."""
        return self.arrives > self.leaves


def tick(moment: datetime) -> int:
    """The whole second (UTC, since 1970) at which a moment is dealt with: its own, or the next one."""
    return -((EPOCH - moment) // SECOND)


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC. Raises ValueError for a time without an offset, which is no moment."""
    if moment.utcoffset() is None:
        raise ValueError(f"{moment!r} has no offset from UTC")
    return moment.astimezone(UTC)


def showing(zone: ZoneInfo, moment: datetime) -> datetime:
    """The local time that a clock in the zone shows at the moment."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    """How far the zone's clock is ahead of UTC at the moment."""
    return showing(zone, moment) - moment.replace(tzinfo=None)


def first_change(zone: ZoneInfo, start: datetime, end: datetime) -> OffsetChange | None:
    """The first change after `start` and not after `end`, or None. Costs a look per day between the two."""
    before = offset(zone, start)
    low = start
    # Days, since no zone has ever changed its clock there and back within three.
    while low < end:
        high = min(low + DAY, end)
        if offset(zone, high) != before:
            return _between(zone, low, high, before)
        low = high
    return None


def changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[OffsetChange]:
    """The changes after `start` and not after `end`, in their order. Costs a look per day between the two."""
    change = first_change(zone, start, end)
    while change is not None:
        yield change
        change = first_change(zone, change.at, end)


def change_at(zone: ZoneInfo, moment: datetime) -> OffsetChange | None:
    """The change that happens exactly at the moment, or None."""
    return first_change(zone, moment - SECOND, moment) if moment.microsecond == 0 else None


def first_showing(zone: ZoneInfo, local: datetime) -> datetime:
    """The first moment at which the zone's clock shows the local time; for one that is left out, the gap's end."""
    moment = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    change = None if showing(zone, moment) == local else change_over(zone, local)
    return change.at if change else moment


def last_showing(zone: ZoneInfo, local: datetime) -> datetime | None:
    """The last moment at which the clock shows the local time, or None for one that is left out."""
    moment = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return moment if showing(zone, moment) == local else None


def change_over(zone: ZoneInfo, local: datetime) -> OffsetChange | None:
    """The change that leaves the local time out or brings it twice, or None: it comes once."""
    moments = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return first_change(zone, min(moments), max(moments))


def read_moment(text: str, zone: ZoneInfo) -> datetime:
    """The moment (UTC) of an ISO 8601 date with time; without an offset it is taken on the zone's clock.

    Raises ValueError for any other text, and for moments outside of the years 2 to 9997.
    """
    if not _WRITTEN.fullmatch(text.upper()):
        raise ValueError("not a date with a time in ISO 8601")
    read = datetime.fromisoformat(text.upper())
    if not FIRST_MOMENT.year <= read.year < LAST_MOMENT.year:
        raise ValueError("outside the years that are supported")
    return read.astimezone(UTC) if read.tzinfo else first_showing(zone, read)


def _between(zone: ZoneInfo, start: datetime, end: datetime, before: timedelta) -> OffsetChange:
    """The one change in a stretch that is known to have one. Changes fall on whole seconds."""
    low, high = (start - EPOCH) // SECOND, (end - EPOCH) // SECOND
    while high - low > 1:
        middle = (low + high) // 2
        if offset(zone, EPOCH + middle * SECOND) == before:
            low = middle
        else:
            high = middle
    at = EPOCH + high * SECOND
    return OffsetChange(at, at.replace(tzinfo=None) + before, showing(zone, at))
