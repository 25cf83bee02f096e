"""The clock of the page: one zone for all times of all pages, chosen in the head.

`mine` is the browser's zone, which its script tells in a cookie; until it has done so, it is UTC. `task` shows what is
about one task in that task's zone, and all else as `mine` does.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Response, request, session

from walkabout.periodic.rules.zones import read_zone
from walkabout.problems import Invalid
from walkabout.web.pages.frame import see_back
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import PAGE_ZONE, ZONE_OF_TASKS

COOKIE = "zone"
MINE, UTC, TASK = "mine", "utc", "task"
CLOCKS = {MINE: "my zone", UTC: "UTC", TASK: "each task's zone"}


@dataclass(frozen=True)
class PageClock:
    """The clock of a page: which of CLOCKS, its zone, and whether the browser has told its own."""

    name: str
    zone: str
    is_told: bool


def page_clock() -> PageClock:
    """The clock that the visitor has chosen, and the zone that their browser tells."""
    name = session.get("clock", MINE)
    told = zone_named(request.cookies.get(COOKIE, ""))
    return PageClock(name if name in CLOCKS else MINE, "UTC" if name == UTC else told or "UTC", bool(told))


def set_clock() -> None:
    """Let all words of this request be on the page's clock."""
    clock = page_clock()
    PAGE_ZONE.set(clock.zone)
    ZONE_OF_TASKS.set(clock.name == TASK)


def typed_zone(given: str) -> str:
    """The zone in which times of an address count: the one that it names, or else the page's."""
    return zone_named(given) or PAGE_ZONE.get()


def seconds_in(zone: str, text: str) -> float:
    """A time that was typed on the clock of a zone, in UTC seconds; one with an offset is taken as it is.

    Raises ValueError.
    """
    there = datetime.fromisoformat(text)
    return (there if there.tzinfo else there.replace(tzinfo=ZoneInfo(zone))).timestamp()


def zone_named(name: str) -> str:
    """The zone of a name; empty for none, and for one that is unknown."""
    try:
        return read_zone(name).key if name else ""
    except Invalid:
        return ""


class ClockView(View):
    """The switch in the head."""

    @route("/clock", "POST")
    def choose_clock(self) -> Response:
        """Show times on another clock from now on, and go back to where one was."""
        chosen = request.form.get("clock", "")
        if chosen in CLOCKS:
            session["clock"] = chosen
        return see_back()
