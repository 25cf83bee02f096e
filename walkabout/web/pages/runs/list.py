"""The list of runs, filtered by its address and paged by key."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from flask import Response, abort, request, url_for

from walkabout.actions import tasks
from walkabout.actions.rights import is_admin, may_see
from walkabout.jobs import queries
from walkabout.jobs.queries import JobFilter, ListedJob, WholeJob
from walkabout.jobs.states import FAILURE, MISSED, REVOKED, SKIPPED, STARTED, SUCCESS, WAITING
from walkabout.periodic.errors import NoSuchTask
from walkabout.times import seconds_of
from walkabout.web.pages.frame import live_page
from walkabout.web.pages.numbers import number
from walkabout.web.pages.runs.rows import row
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import MOVING, STATES
from walkabout.web.session import me

FILTERS = ("state", "task", "walker", "owner", "since", "until")
CHOICES = {
    "waiting": WAITING,
    "running": (STARTED,),
    "ok": (SUCCESS,),
    "failed": (FAILURE,),
    "cancelled": (REVOKED,),
    "skipped": (SKIPPED,),
    "missed": (MISSED,),
}


@dataclass
class RunFilters:
    """The filters as they were typed, what they mean, and what is wrong with them, by field."""

    typed: dict[str, str]
    which: JobFilter = field(default_factory=JobFilter)
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        """Whether anything is filtered."""
        return bool(self.typed)


def run_of_mine(place: View, uid: str) -> WholeJob:
    """The run of a uid; 404 when it is not there, or somebody else's."""
    found = queries.job(place.service.db, uid)
    if found is None or not may_see(me(), found.owner):
        abort(404)
    return found


class RunsView(View):
    """The list of all runs."""

    @route("/runs")
    def runs(self) -> Response:
        """A page of the list; the newest one is live."""
        filters = self._filters(request.args)
        before, after = _key("before"), _key("after")
        found, more = self._page(filters, before, after)
        live = before is None and after is None
        moving = live and any(run.state in MOVING for run in found)
        return live_page(
            "runs/list.html",
            "runs/_rows.html",
            "Runs",
            "runs",
            seen=found,
            moving=moving,
            values=lambda: {
                "live": live,
                "filters": filters,
                "choices": list(CHOICES),
                "marks": {word: STATES[states[0]].mark for word, states in CHOICES.items()},
                "walkers": sorted(self.service.sentinel.walkers()),
                "all_owners": me().is_superuser,
                "rows": [row(run, self.now) for run in found],
                "older": _link(filters, before=found[-1].id) if found and more[1] else "",
                "newer": _link(filters, after=found[0].id) if found and more[0] else "",
                "newest": _link(filters),
            },
        )

    def _page(
        self, filters: RunFilters, before: int | None, after: int | None
    ) -> tuple[list[ListedJob], tuple[bool, bool]]:
        """The runs, and whether there are newer and older ones."""
        if filters.problems:
            return [], (False, False)
        most = self.service.settings.page_rows
        found = queries.jobs(self.service.db, filters.which, most + 1, before=before, after=after)
        if after is not None:
            return found[-most:], (len(found) > most, True)
        return found[:most], (before is not None, len(found) > most)

    def _filters(self, args: Mapping[str, str]) -> RunFilters:
        filters = RunFilters({name: args[name].strip() for name in FILTERS if args.get(name, "").strip()})
        typed = filters.typed
        owner = self.owner()
        states: tuple[str, ...] = ()
        if typed.get("state"):
            states = CHOICES.get(typed["state"], ())
            if not states:
                filters.problems["state"] = f"unknown state; use one of {', '.join(CHOICES)}"
        if typed.get("owner") and is_admin(me()):
            master = self.service.masters.by_email(typed["owner"])
            owner = master.uid if master else None
            if master is None:
                filters.problems["owner"] = "nobody has this email"
        self._read_name(filters)
        times = {name: _time(filters, name) for name in ("since", "until")}
        filters.which = replace(filters.which, states=states, owner=owner, since=times["since"], until=times["until"])
        return filters

    def _read_name(self, filters: RunFilters) -> None:
        """Which task, and which walker; what is called `walker` in older addresses may be a task."""
        typed = filters.typed
        name = typed.get("walker", "")
        if name and not self._is_walker(name):
            if typed.get("task") is not None:
                filters.problems["walker"] = f"no walker here is called {name}"
                return
            typed["task"] = typed.pop("walker")
        schedule = None
        if "task" in typed:
            schedule = self._task_of(typed["task"])
            if schedule is None:
                filters.problems["task"] = f"no task or walker of yours is called {typed['task']}"
        filters.which = JobFilter(name=typed.get("walker", ""), schedule=schedule)

    def _is_walker(self, name: str) -> bool:
        # One whose file is gone may still have runs.
        return name in self.service.sentinel.walkers() or bool(queries.jobs(self.service.db, JobFilter(name=name), 1))

    def _task_of(self, text: str) -> int | None:
        """The id of the task that a text names, by its name or its id; also of one that is gone."""
        try:
            return tasks.find(self.service, me(), name=text).id
        except NoSuchTask:
            id = number(text)
            found = queries.jobs(self.service.db, JobFilter(owner=self.owner(), schedule=id), 1) if id else []
            return found[0].schedule if found else None


def _time(filters: RunFilters, name: str) -> float | None:
    text = filters.typed.get(name)
    if not text:
        return None
    try:
        return seconds_of(text)
    except (ValueError, OverflowError):
        filters.problems[name] = "not a time; use 2026-01-31T09:00, in UTC"
        return None


def _key(name: str) -> int | None:
    return number(request.args.get(name, ""))


def _link(filters: RunFilters, **keys: int) -> str:
    query = urlencode({**filters.typed, **keys})
    return url_for("pages.runs") + (f"?{query}" if query else "")
