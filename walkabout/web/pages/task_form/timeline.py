"""The next fires on a line: a mark for each, the zone's clock changes, and the days without a fire."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from walkabout.periodic.rules.clock import first_change, showing
from walkabout.periodic.rules.schedule import Schedule

LONG = timedelta(days=1100)  # beyond it changes of the clock are too many, and too near to each other, to be marked
FAR = 2  # so many times the distance of the fires from each other: then the way to the first one is not drawn whole
NEAR = 17.0  # per cent of the line: labels nearer to each other would run together
_FORMS = ((timedelta(minutes=5), "%H:%M:%S"), (timedelta(days=1), "%H:%M"), (timedelta(days=5), "%a %H:%M"),
          (timedelta(days=300), "%-d %b"), (timedelta.max, "%b %Y"))  # fmt: skip


@dataclass(frozen=True)
class TimelineMark:
    """A mark. `x`: per cent of the line; `label`: may be empty, where there is no room; `anchor`: how it stands there."""

    x: float
    label: str
    anchor: str
    title: str


@dataclass(frozen=True)
class Stretch:
    """A part of the line without a fire. `x` and `width`: per cent."""

    x: float
    width: float
    title: str


@dataclass(frozen=True)
class Timeline:
    """The line, from now to the last of the fires; from just before the first one, when `is_cut`: that is far off."""

    ticks: list[TimelineMark]
    changes: list[TimelineMark]
    pauses: list[Stretch]
    words: str
    is_cut: bool


def timeline(rule: Schedule, now: datetime, fires: Sequence[datetime]) -> Timeline | None:
    """The line of a rule's next fires (UTC); None when there are none."""
    if not fires:
        return None
    # A little more than up to the last one, so that its mark stands on the line.
    spread = fires[-1] - fires[0]
    is_cut = len(fires) > 1 and fires[0] - now > FAR * spread
    begin = fires[0] - spread / 4 if is_cut else now
    length = max((fires[-1] - begin) / timedelta(seconds=1), 1e-6) * 1.04

    def x(moment: datetime) -> float:
        return round(100 * max((moment - begin) / timedelta(seconds=1), 0.0) / length, 2)

    form = next(form for most, form in _FORMS if fires[-1] - begin <= most)
    ticks: list[TimelineMark] = []
    # From the end, since the last label says how far the line goes.
    free_to = 1000.0
    for fire in reversed(fires):
        local = showing(rule.zone, fire)
        fits = free_to - x(fire) >= NEAR and x(fire) >= NEAR / 2
        free_to = x(fire) if fits else free_to
        anchor = "end" if x(fire) > 90 else "middle"
        ticks.append(TimelineMark(x(fire), f"{local:{form}}" if fits else "", anchor, rule.local_text(fire)))
    changes = [
        TimelineMark(x(at), "", "middle", f"{forward} on {rule.local_text(at)}")
        for at, forward in _changes(rule.zone, begin, fires[-1])
    ]
    pauses = [
        Stretch(x(start), round(x(end) - x(start), 2), f"none from {rule.local_text(start)} to {rule.local_text(end)}")
        for start, end in rule.kind.pauses(now, fires)
        if end > begin
    ]
    return Timeline(ticks[::-1], changes, pauses, _words(rule, fires), is_cut)


def _changes(zone: ZoneInfo, start: datetime, end: datetime) -> list[tuple[datetime, str]]:
    found: list[tuple[datetime, str]] = []
    change = first_change(zone, start, end) if end - start <= LONG else None
    while change is not None:
        found.append((change.at, "The clock goes forward" if change.forward else "The clock goes back"))
        change = first_change(zone, change.at, end)
    return found


def _words(rule: Schedule, fires: Sequence[datetime]) -> str:
    return "On a line: " + ", ".join(rule.local_text(fire) for fire in fires)
