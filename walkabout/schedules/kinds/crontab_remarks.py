"""What changes of the clock do to the fires of a crontab, in sentences."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from walkabout.schedules.clock import Change, change_at, change_over, first_showing, last_showing, showing
from walkabout.schedules.kinds.crontab_calendar import Calendar

NAMED = 3  # so many times are named before "and others"
LOOKED_AT = 1500  # left-out times between two fires: a day of minutes, and some


def fixed_remarks(calendar: Calendar, zone: ZoneInfo, after: datetime, fires: Sequence[datetime]) -> list[str]:  # noqa: ARG001
    """For fixed times: those that were moved to the end of a gap, and those that come twice and fire once."""
    said: dict[Change, str] = {}
    for fire in fires:
        local = showing(zone, fire)
        change = change_at(zone, fire)
        if change and change.forward:
            missing = _times_between(calendar, change.leaves, change.arrives)
            if missing:
                said[change] = (
                    f"{_what(change, zone)}: {_times(missing)} is left out and fires at {_time(change.arrives)}"
                )
        elif last_showing(zone, local) not in (fire, None):
            twice = change_over(zone, local)
            if twice:
                said.setdefault(
                    twice, f"{_what(twice, zone)}: {_time(local)} comes twice and fires once, the first time"
                )
    return list(said.values())


def following_remarks(calendar: Calendar, zone: ZoneInfo, after: datetime, fires: Sequence[datetime]) -> list[str]:
    """For times that follow real time: those that are left out, and those that come and fire twice."""
    said: dict[Change, str] = {}
    for before, fire in pairwise([after, *fires]):
        for change, missing in _left_out(calendar, zone, before, fire).items():
            said[change] = f"{_what(change, zone)}: {_times(missing)} is left out"
        local = showing(zone, fire)
        if first_showing(zone, local) != fire:
            change_back = change_over(zone, local)
            if change_back:
                said.setdefault(change_back, f"{_what(change_back, zone)}: {_time(local)} comes twice and fires twice")
    return list(said.values())


def _left_out(calendar: Calendar, zone: ZoneInfo, before: datetime, fire: datetime) -> dict[Change, list[datetime]]:
    found: dict[Change, list[datetime]] = {}
    end = showing(zone, fire)
    local = calendar.first_after(showing(zone, before))
    for _ in range(LOOKED_AT):
        if local is None or local >= end:
            break
        change = change_over(zone, local)
        if change and change.forward:
            found.setdefault(change, []).append(local)
        local = calendar.first_after(local)
    return found


def _times_between(calendar: Calendar, start: datetime, end: datetime) -> list[datetime]:
    times: list[datetime] = []
    local = calendar.first_from(start)
    while local is not None and local < end:
        times.append(local)
        local = calendar.first_after(local)
    return times


def _what(change: Change, zone: ZoneInfo) -> str:
    way = "forward" if change.forward else "back"
    leaves, arrives = _time(change.leaves), _time(change.arrives)
    return f"{change.leaves:%Y-%m-%d}: the clock in {zone.key} goes {way} from {leaves} to {arrives}"


def _times(locals_: list[datetime]) -> str:
    named = ", ".join(_time(local) for local in locals_[:NAMED])
    return named if len(locals_) <= NAMED else f"{named} and {len(locals_) - NAMED} more"


def _time(local: datetime) -> str:
    return f"{local:%H:%M}"
