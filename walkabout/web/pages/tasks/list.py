"""The list of tasks: what is planned, how it goes, and when it is next; filtered, sorted and paged by the address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask import Response, abort, get_flashed_messages, request, url_for

from walkabout.actions import tasks
from walkabout.jobs import queries
from walkabout.jobs.queries import Mark
from walkabout.jobs.states import STARTED
from walkabout.periodic.errors import NoSuchTask
from walkabout.periodic.listing import ORDERS, Key, TaskFilter, TaskOrder
from walkabout.periodic.periodic_task import SEQUENCE, WALKER, PeriodicTask
from walkabout.web.pages.banners import about_tasks
from walkabout.web.pages.frame import STILL_S, live_page
from walkabout.web.pages.numbers import number
from walkabout.web.pages.tasks.sparkline import MOST, Sparkline, sparkline, took_s
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import DAY_S, MOVING, STATES, Moment, State, length, local, moment, on_the_clock
from walkabout.web.session import me

STANDS = {
    "active": State("ok", "●", "active"),
    "disabled": State("off", "◌", "paused"),
    "finished": State("off", "✓", "finished"),
    "expired": State("warn", "∅", "expired"),
    "never": State("warn", "∅", "never fires"),
}
KINDS = {"walker": WALKER, "sequence": SEQUENCE}
ROWS_MOST = 25  # tasks on a page: each has a picture of thirty runs
UNDO = "undo"  # the kind of message that says which tasks were deleted just now
FILTERS = ("search", "kind", "state", "owner")
HEADS = {"name": ("Task", "ascending"), "next": ("Next", "ascending"), "last": ("Last", "descending")}
SORTS = {"newest": "newest first", "name": "name", "next": "next run", "last": "last run"}


@dataclass(frozen=True)
class ListedTask:
    """A task in the list. `clock`: when it is next, on its own clock, as short as can be; `local`: in full; `soon`: within a day.

    `since`: when the last run started, while it runs, as ISO.
    """

    id: int
    name: str
    state: State
    is_active: bool
    may_be_enabled: bool
    note: str
    words: str
    following: Moment | None
    soon: bool
    clock: str
    local: str
    last_uid: str
    last: State | None
    ran: Moment | None
    took: str
    since: str
    sparkline: Sparkline


@dataclass(frozen=True)
class ColumnHeader:
    """The head of a column that the list can be sorted by."""

    word: str
    url: str
    sorted: str  # how it is sorted now, as aria-sort has it


@dataclass
class Wanted:
    """Which tasks are asked for, as typed and as meant, in which order, behind which key; and what is wrong with it."""

    typed: dict[str, str]
    sort: str
    after: Key | None
    which: TaskFilter = field(default_factory=TaskFilter)
    problem: str = ""

    @property
    def order(self) -> TaskOrder:
        """The order that is meant."""
        return ORDERS[self.sort]

    def url(self, sort: str, **more: str) -> str:
        """The address of the list with these filters, in an order."""
        query = urlencode({**self.typed, **({"sort": sort} if sort != "newest" else {}), **more})
        return url_for("pages.tasks") + (f"?{query}" if query else "")


def task_of_mine(place: View, id: int) -> PeriodicTask:
    """The task of an id; 404 when it is not there, or somebody else's."""
    try:
        return tasks.find(place.service, me(), id=id)
    except NoSuchTask:
        abort(404)


class TasksView(View):
    """The start page."""

    @route("/")
    def tasks(self) -> Response:
        """A page of the list; the first one is live."""
        wanted = self._wanted(request.args)
        most = min(self.service.settings.page_rows, ROWS_MOST)
        found: list[PeriodicTask] = []
        if not wanted.problem:
            found = tasks.listed(self.service, me(), wanted.which, wanted.order, most + 1, wanted.after)
        shown, more = found[:most], len(found) > most
        marks = queries.recent(self.service.db, [task.id for task in shown], MOST)
        return live_page(
            "tasks/list.html",
            "tasks/_rows.html",
            "Tasks",
            "tasks",
            seen=_seen(shown, marks, more),
            moving=any(task.fires_within(STILL_S, self.now) for task in found)
            or any(mark.state in MOVING for each in marks.values() for mark in each[-3:]),
            live=wanted.after is None,
            tasks=[self._listed(task, sparkline(marks[task.id], self.now)) for task in shown],
            wanted=wanted,
            typed=wanted.typed,
            heads=_heads(wanted),
            sorts=SORTS,
            states={name: state.word for name, state in STANDS.items()},
            kinds=list(KINDS),
            all_owners=me().is_superuser,
            total="" if more or wanted.after or wanted.typed else f"{len(shown)}",
            first=wanted.url(wanted.sort) if wanted.after else "",
            older=wanted.url(wanted.sort, after=_written(wanted.order.key(shown[-1]))) if more else "",
            undo=_just_deleted(),
            banners=about_tasks(self.service),
        )

    def _wanted(self, args: Mapping[str, str]) -> Wanted:
        typed = {name: args[name].strip() for name in FILTERS if args.get(name, "").strip()}
        sort = args.get("sort", "")
        sort = sort if sort in ORDERS else "newest"
        wanted = Wanted(typed, sort, _key(args.get("after", ""), ORDERS[sort]))
        owner = self.owner()
        if typed.get("owner") and owner is None:
            master = self.service.masters.by_email(typed["owner"])
            owner = master.uid if master else None
            wanted.problem = "" if master else "Nobody has this email."
        kind = KINDS.get(typed.get("kind", ""), "")
        wanted.which = TaskFilter(owner, typed.get("search", ""), typed.get("state", ""), kind)
        return wanted

    def _listed(self, task: PeriodicTask, picture: Sparkline) -> ListedTask:
        last = picture.last
        runs = last is not None and last.state == STARTED
        started = moment(last.started_at, self.now) if last else None
        return ListedTask(
            id=task.id,
            name=task.name,
            state=STANDS[task.state],
            is_active=task.state == "active",
            may_be_enabled=task.state == "disabled",
            note=self.service.masker.text(task.note),
            words=task.words(),
            following=moment(task.next_run_at, self.now),
            soon=abs((task.next_run_at or 0.0) - self.now) < DAY_S,
            clock=on_the_clock(task.next_run_at, self.now, task.timezone),
            local=local(task.next_run_at, task.timezone),
            last_uid=last.uid if last else "",
            last=STATES[last.state] if last else None,
            ran=moment(last.queued_at, self.now) if last else None,
            took=length(took_s(last, self.now)) if last and last.started_at else "",
            since=started.iso if runs and started else "",
            sparkline=picture,
        )


def _seen(shown: Sequence[PeriodicTask], marks: Mapping[int, Sequence[Mark]], more: bool) -> object:
    """What the list shows, as data."""
    return [(task.id, task.revision, task.state, task.note, task.next_run_at) for task in shown], marks, more


def _heads(wanted: Wanted) -> dict[str, ColumnHeader]:
    """The heads that sort; the one that does so now leads back to the newest first."""
    return {
        name: ColumnHeader(
            word,
            wanted.url("newest" if name == wanted.sort else name),
            direction if name == wanted.sort else "none",
        )
        for name, (word, direction) in HEADS.items()
    }


def _key(text: str, order: TaskOrder) -> Key | None:
    """The key that stands in an address; None: the first page."""
    value, _, id = text.rpartition("~")
    key = number(id)
    if key is None:
        return None
    if not value or order.column == "id":
        return None, key
    try:
        return (value if order.folded else float(value)), key
    except ValueError:
        return None


def _written(key: Key) -> str:
    value, id = key
    return f"{'' if value is None else value}~{id}"


def _just_deleted() -> list[str]:
    """The ids of the tasks that were deleted by the request before this one."""
    if request.headers.get("Live") is not None:
        return []  # a live part has no messages: they wait for the page
    return [id for text in get_flashed_messages(category_filter=[UNDO]) for id in str(text).split(",")]
