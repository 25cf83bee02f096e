"""The list of runs, filtered by its address and paged by key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Response, abort, request, url_for

from walkabout.actions import run_lists
from walkabout.actions.rights import may_see
from walkabout.actions.run_lists import STATES as CHOICES
from walkabout.actions.run_lists import RunQuestion
from walkabout.jobs import queries
from walkabout.jobs.queries import JobFilter, ListedJob, WholeJob
from walkabout.problems import Invalid
from walkabout.web.pages.clock import seconds_in, typed_zone
from walkabout.web.pages.frame import live_page
from walkabout.web.pages.numbers import number
from walkabout.web.pages.runs.quick import quick_filters
from walkabout.web.pages.runs.rows import row
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import MOVING, PAGE_ZONE, STATES
from walkabout.web.session import me

FILTERS = ("state", "task", "walker", "tag", "owner", "since", "until")
BY_LENGTH = "length"
ORDERS = {"": "newest first", BY_LENGTH: "longest first"}


@dataclass
class RunFilters:
    """The filters as they were typed, what they mean, and what is wrong with them, by field."""

    typed: dict[str, str]
    which: JobFilter = field(default_factory=JobFilter)
    problems: dict[str, str] = field(default_factory=dict)
    sort: str = ""

    @property
    def any(self) -> bool:
        """Whether anything is filtered."""
        return bool(self.typed)

    def url(self, **keys: object) -> str:
        """The address of the list with these filters."""
        query = urlencode({**self.typed, **({"sort": self.sort} if self.sort else {}), **keys})
        return url_for("pages.runs") + (f"?{query}" if query else "")


def run_of_mine(place: View, uid: str) -> WholeJob:
    """The run of a uid; 404 when it is not there, or somebody else's."""
    found = queries.job(place.service.db, uid)
    if found is None or not may_see(me(), found.owner):
        abort(404)
    return found


def read_filters(view: View, args: Mapping[str, str]) -> RunFilters:
    """The filters of an address, or of a form that carries one."""
    typed = {name: args[name].strip() for name in (*FILTERS, "min_s") if args.get(name, "").strip()}
    filters = RunFilters(typed, sort=args.get("sort", "").strip())
    if filters.sort not in ORDERS:
        filters.problems["sort"] = f"unknown order; use {BY_LENGTH}, or none"
        filters.sort = ""
    shortest, zone = _seconds(filters), typed_zone(args.get("zone", ""))
    if {"since", "until"} & set(typed):
        typed["zone"] = zone  # whoever gets the address sees the same
    question = RunQuestion(**{name: typed.get(name, "") for name in FILTERS}, min_s=shortest)
    try:
        filters.which = run_lists.read_filter(view.service, me(), question, lambda text: seconds_in(zone, text))
    except Invalid as no:
        filters.problems |= {problem.path: problem.message for problem in no.problems}
    return filters


class RunsView(View):
    """The list of all runs."""

    @route("/runs")
    def runs(self) -> Response:
        """A page of the list; the newest one is live."""
        filters = read_filters(self, request.args)
        before, after = _key("before"), _key("after")
        found, more = self._page(filters, before, after)
        # Sorted by length, the list is not about what comes in; to ask for it again and again would cost much.
        live = before is None and after is None and not filters.sort
        return live_page(
            "runs/list.html",
            "runs/_rows.html",
            "Runs",
            "runs",
            seen=found,
            moving=live and any(run.state in MOVING for run in found),
            values=lambda: self._values(filters, found, more, live=live),
        )

    def _values(
        self, filters: RunFilters, found: list[ListedJob], more: tuple[bool, bool], *, live: bool
    ) -> dict[str, Any]:
        by_key = not filters.sort
        return {
            "live": live,
            "filters": filters,
            "choices": list(CHOICES),
            "orders": ORDERS,
            "marks": {word: STATES[states[0]].mark for word, states in CHOICES.items()},
            "walkers": sorted(self.service.sentinel.walkers()),
            "quick": quick_filters(self.now, PAGE_ZONE.get(), filters.typed),
            "zone": filters.typed.get("zone") or PAGE_ZONE.get(),
            "all_owners": me().is_superuser,
            "may_tick": True,
            "newest_id": found[0].id if found and live and by_key else "",
            "rows": [row(run, self.now) for run in found],
            "older": filters.url(before=found[-1].id) if found and more[1] and by_key else "",
            "newer": filters.url(after=found[0].id) if found and more[0] and by_key else "",
            "newest": filters.url(),
        }

    def _page(
        self, filters: RunFilters, before: int | None, after: int | None
    ) -> tuple[list[ListedJob], tuple[bool, bool]]:
        """The runs, and whether there are newer and older ones."""
        if filters.problems:
            return [], (False, False)
        most = self.service.settings.page_rows
        if filters.sort:
            return queries.longest(self.service.db, filters.which, most), (False, False)
        found = queries.jobs(self.service.db, filters.which, most + 1, before=before, after=after)
        if after is not None:
            return found[-most:], (len(found) > most, True)
        return found[:most], (before is not None, len(found) > most)


def _seconds(filters: RunFilters) -> float:
    text = filters.typed.get("min_s", "0")
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e12:
        filters.problems["min_s"] = "not a number of seconds"
        return 0.0
    return seconds


def _key(name: str) -> int | None:
    return number(request.args.get(name, ""))
