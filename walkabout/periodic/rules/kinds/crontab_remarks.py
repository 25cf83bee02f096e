"""Describes what clock changes do to the fires of a crontab: a sentence for each change and effect."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

from walkabout.periodic.rules.clock import OffsetChange, change_at, change_over, first_showing, last_showing, showing
from walkabout.periodic.rules.kinds.crontab_calendar import Calendar

NAMED = 3  # so many times are named before "and n more"
MOST_LOOKED_AT = 1500  # left-out times between two fires: a day of minutes, and some

# What happens to times at a change, with places for singular and plural.
Effect = tuple[OffsetChange, str]


def fixed_remarks(calendar: Calendar, zone: ZoneInfo, after: datetime, fires: Sequence[datetime]) -> list[str]:  # noqa: ARG001
    """For fixed times: those that were moved to the end of a gap, and those that come twice and fire once."""
    found: dict[Effect, list[datetime]] = {}
    for fire in fires:
        local, gap = showing(zone, fire), change_at(zone, fire)
        if gap and gap.forward:
            effect = f"{{is_}} skipped and fire{{s}} at {gap.arrives:%H:%M} instead"
            found[gap, effect] = list(_times_between(calendar, gap.leaves, gap.arrives))
        twice = change_over(zone, local) if last_showing(zone, local) != fire else None
        if twice:
            found.setdefault((twice, "occur{s} twice and fire{s} once, the first time"), []).append(local)
    return _sentences(zone, found)


def following_remarks(calendar: Calendar, zone: ZoneInfo, after: datetime, fires: Sequence[datetime]) -> list[str]:
    """For times that follow real time: those that are left out, and those that come and fire twice."""
    found: dict[Effect, list[datetime]] = {}
    for before, fire in pairwise([after, *fires]):
        _add_left_out(zone, found, _times_between(calendar, showing(zone, before), showing(zone, fire)))
        local = showing(zone, fire)
        twice = change_over(zone, local) if first_showing(zone, local) != fire else None
        if twice:
            found.setdefault((twice, "occur{s} twice and fire{s} twice"), []).append(local)
    if not fires:
        _add_left_out(zone, found, islice(_times_from(calendar, showing(zone, after)), NAMED))
    return _sentences(zone, found)


def _add_left_out(zone: ZoneInfo, found: dict[Effect, list[datetime]], times: Iterable[datetime]) -> None:
    for local in times:
        gap = change_over(zone, local)
        if gap and gap.forward:
            found.setdefault((gap, "{is_} skipped"), []).append(local)


def _times_from(calendar: Calendar, start: datetime) -> Iterator[datetime]:
    local = calendar.first_from(start)
    for _ in range(MOST_LOOKED_AT):
        if local is None:
            return
        yield local
        local = calendar.first_after(local)


def _times_between(calendar: Calendar, start: datetime, end: datetime) -> Iterator[datetime]:
    """The matching times from the start, itself included, to before the end."""
    return takewhile(lambda local: local < end, _times_from(calendar, start))


def _sentences(zone: ZoneInfo, found: dict[Effect, list[datetime]]) -> list[str]:
    return [
        f"On {change.leaves:%Y-%m-%d} the clock in {zone.key} goes {'forward' if change.forward else 'back'} "
        f"from {change.leaves:%H:%M} to {change.arrives:%H:%M}: {_times_text(times)} {_for(len(times), effect)}"
        for (change, effect), times in found.items()
        if times
    ]


def _for(count: int, effect: str) -> str:
    return effect.format(is_="is" if count == 1 else "are", s="s" if count == 1 else "")


def _times_text(times: Sequence[datetime]) -> str:
    words = ", ".join(f"{local:%H:%M}" for local in times[:NAMED])
    return words if len(times) <= NAMED else f"{words} and {len(times) - NAMED} more"
