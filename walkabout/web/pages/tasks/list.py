"""The list of tasks: what is planned, how it goes, and when it is next; filtered, sorted and paged by the address."""

from collections.abc import Sequence
from typing import Any

from flask import Response, abort, get_flashed_messages, request, url_for

from walkabout.actions import tasks
from walkabout.jobs import queries, selections
from walkabout.periodic.condition import ATTENTION
from walkabout.periodic.errors import NoSuchTask
from walkabout.periodic.listing import ORDERS, TaskFilter
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.periodic.rules.kinds import KINDS
from walkabout.web.pages.banners import about_tasks
from walkabout.web.pages.frame import STILL_S, live_page
from walkabout.web.pages.tasks.condition import Illness, illness, task_state
from walkabout.web.pages.tasks.query import SORTS, STATES, TaskQuery, read_query
from walkabout.web.pages.tasks.row import task_row
from walkabout.web.pages.tasks.sparkline import MOST
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import State
from walkabout.web.session import me

ILL_MOST = 8  # that the start page names on top
COUNTED_MOST = 999  # ill tasks; beyond that nobody counts
ROWS_MOST = 25  # tasks on a page: each has a picture of thirty runs
UNDO = "undo"  # the kind of message that says how to take back what was done just now


def task_of_mine(view: View, id: int) -> PeriodicTask:
    """The task of an id; 404 when it is not there, or somebody else's."""
    try:
        return tasks.find(view.service, me(), id=id)
    except NoSuchTask:
        abort(404)


class TasksView(View):
    """The start page."""

    @route("/")
    def tasks(self) -> Response:
        """A page of the list; the first one is live."""
        query = read_query(self.service, me(), request.args)
        listed, has_more = self._page(query)
        latest = selections.latest(self.service.db, [task.id for task in listed])
        return live_page(
            "tasks/list.html",
            "tasks/_rows.html",
            "Tasks",
            "tasks",
            seen=(_contents(listed, self.now), latest, has_more),
            moving=any(task.fires_within(STILL_S, self.now) for task in listed) or any(open_ for _, open_ in latest),
            values=lambda: self._values(query, listed, has_more=has_more),
        )

    def _values(self, query: TaskQuery, listed: list[PeriodicTask], *, has_more: bool) -> dict[str, Any]:
        ill = [] if query.typed or query.after else self._ill()
        marks = queries.recent(self.service.db, [task.id for task in listed], MOST)
        return {
            "live": query.after is None,
            "tasks": [task_row(task, marks[task.id], self.now, self.service.masker) for task in listed],
            "query": query,
            "typed": query.typed,
            "columns": query.columns(),
            "sorts": SORTS,
            "states": STATES,
            "kinds": list(KINDS),
            "walkers": sorted(self.service.sentinel.walkers()),
            "tags": tasks.tags(self.service, me()),
            "ill": ill,
            "ill_count": self._ill_count(),
            "ill_url": url_for("pages.tasks", state=ATTENTION),
            "all_owners": me().is_superuser,
            "total": "" if has_more or query.after or query.typed else f"{len(listed)}",
            "first": query.url() if query.after else "",
            "older": query.url_after(query.order.key(listed[-1])) if has_more else "",
            "undo": _undo(),
            "banners": about_tasks(self.service),
        }

    def _ill(self) -> list[tuple[PeriodicTask, State, Illness]]:
        """The tasks that somebody should look at first, the worst first."""
        found = tasks.page(self.service, me(), self._attention(), ORDERS["health"], ILL_MOST)
        masker = self.service.masker
        shown = [(task, task_state(task, self.now), illness(task, self.now, masker)) for task in found]
        return [(task, state, ill) for task, state, ill in shown if ill is not None]

    def _ill_count(self) -> str:
        found = tasks.count(self.service, me(), self._attention(), COUNTED_MOST + 1)
        return f"{COUNTED_MOST:,}+" if found > COUNTED_MOST else f"{found:,}"

    def _attention(self) -> TaskFilter:
        return TaskFilter(condition=ATTENTION, now=self.now)

    def _page(self, query: TaskQuery) -> tuple[list[PeriodicTask], bool]:
        """The tasks of a page, and whether there are more."""
        if query.problems:
            return [], False
        most = min(self.service.settings.page_rows, ROWS_MOST)
        found = tasks.page(self.service, me(), query.filter, query.order, most + 1, query.after)
        return found[:most], len(found) > most


def _contents(listed: Sequence[PeriodicTask], now: float) -> object:
    """What the list shows of the tasks themselves, as data."""
    return [
        (task.id, task.revision, task.state, task.note, task.next_run_at, task.health, task.failures, task.is_late(now))
        for task in listed
    ]


def _undo() -> str:
    """The uid by which the request before this one is undone; empty when it can't be."""
    if request.headers.get("Live") is not None:
        return ""  # a live part has no messages: they wait for the page
    return "".join(map(str, get_flashed_messages(category_filter=[UNDO])))
