"""The page's words for moments, durations and states."""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from walkabout.jobs.states import FAILURE, MISSED, OPEN, PENDING, RETRY, REVOKED, SKIPPED, STARTED, SUCCESS
from walkabout.times import iso

DAY_S = 86_400.0
PAGE_ZONE: ContextVar[str] = ContextVar("page_zone", default="UTC")
"""The zone of the times on the page that is being made."""
ZONE_OF_TASKS: ContextVar[bool] = ContextVar("zone_of_tasks", default=False)
"""Whether what is about one task is told on the task's clock instead."""
NOTHING = "\u2013"  # a dash, where there is no value


@dataclass(frozen=True)
class Moment:
    """A time as the page shows it: `iso` for scripts, `ago` from now (a date, beyond a day), `at` on the page's clock."""

    iso: str
    ago: str
    at: str


@dataclass(frozen=True)
class State:
    """A state as colour (a class of the style sheet), shape and word."""

    css: str
    mark: str
    word: str


STATES = {
    PENDING: State("wait", "○", "waiting"),
    STARTED: State("run", "◐", "running"),
    RETRY: State("wait", "↻", "waiting to retry"),
    SUCCESS: State("ok", "✓", "ok"),
    FAILURE: State("bad", "✕", "failed"),
    REVOKED: State("off", "⊘", "cancelled"),
    SKIPPED: State("off", "↷", "skipped"),
    MISSED: State("warn", "∅", "missed"),
}

MOVING = OPEN  # a run in one of these will look otherwise soon


def moment(seconds: float | None, now: float) -> Moment | None:
    """A time (UTC seconds) as it is seen from now; None stays None."""
    if seconds is None:
        return None
    at = f"{datetime.fromtimestamp(seconds, _zone(PAGE_ZONE.get())):%-d %b %Y, %H:%M:%S %Z}"
    return Moment(iso(seconds), ago(seconds, now), at)


def ago(seconds: float, now: float) -> str:
    """`12 s ago`, `in 4 m 10 s`; a date, beyond a day."""
    apart = seconds - now
    if abs(apart) >= DAY_S:
        return f"{datetime.fromtimestamp(seconds, _zone(PAGE_ZONE.get())):%a %-d %b %H:%M}"
    if abs(apart) < 1:
        return "now"
    text = length(float(int(abs(apart))))
    return f"in {text}" if apart > 0 else f"{text} ago"


def hour(seconds: float) -> str:
    """The time of day on the page's clock: `08:00`."""
    return f"{datetime.fromtimestamp(seconds, _zone(PAGE_ZONE.get())):%H:%M}"


def local(seconds: float | None, zone: str) -> str:
    """A time on the clock of a zone, with the zone's own name for its offset: `Fri 15 Jan 2027, 08:00 CET`."""
    if seconds is None:
        return ""
    there = datetime.fromtimestamp(seconds, _zone(zone))
    return f"{there:%a %-d %b %Y}, {_clock(there)} {there:%Z}"


def on_the_clock(seconds: float | None, now: float, zone: str) -> str:
    """A time to come as short as it can be said, with its zone: `08:00 Shanghai`, beyond a day `Fri 15 Jan, 08:00 CET`.

    On the page's clock, or if it has been chosen so on that of a task (`zone`).
    """
    zone = clock_zone(zone)
    if seconds is None:
        return ""
    there, here = (datetime.fromtimestamp(each, _zone(zone)) for each in (seconds, now))
    if abs(seconds - now) < DAY_S:
        return f"{_clock(there)} {zone_word(zone)}"
    year = "" if there.year == here.year else f" {there.year}"
    return f"{there:%a %-d %b}{year}, {_clock(there)} {zone_word(zone)}"


def clock_zone(zone: str) -> str:
    """The zone in which the page tells what is about a task of a zone: the page's own, or that one if it was chosen so."""
    return zone if ZONE_OF_TASKS.get() else PAGE_ZONE.get()


def both_clocks(seconds: float, zone: str) -> tuple[str, str]:
    """A time on the page's clock, and in a zone (empty where the clocks there say the same)."""
    told, there = local(seconds, clock_zone(zone)), local(seconds, zone)
    return told, "" if told == there else there


def zone_word(zone: str) -> str:
    """A zone as short as people say it: `Shanghai`, `UTC`."""
    return zone.rpartition("/")[2].replace("_", " ")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _clock(there: datetime) -> str:
    return f"{there:%H:%M}" if there.second == 0 else f"{there:%H:%M:%S}"


def length(seconds: float | None) -> str:
    """`340 ms`, `2.1 s`, `4 m 12 s`, `3 h 5 m`, `2 d 4 h`; a dash for None."""
    if seconds is None:
        return NOTHING
    seconds = max(seconds, 0.0)
    if 0 < seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.0f} s" if float(seconds).is_integer() else f"{seconds:.1f} s"
    whole = round(seconds)
    for size, unit, smaller_size, smaller in ((86_400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller_size
            return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"


def size(number: int) -> str:
    """`812 B`, `1.2 KB`, `3.4 MB`: bytes, by thousands."""
    if number < 1000:
        return f"{number} B"
    return f"{number / 1000:.1f} KB" if number < 999_950 else f"{number / 1_000_000:,.1f} MB"


def cut(text: str, most: int) -> str:
    """The text, cut to `most` characters, with a sign that it was."""
    return text if len(text) <= most else text[: most - 1] + "…"


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 worker`, `2 workers`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
