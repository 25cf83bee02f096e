"""The query of the list of tasks: filters, order and page, read from an address and written into addresses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask import url_for

from walkabout.actions.rights import only_of
from walkabout.database.models import folded
from walkabout.people.masters import Master
from walkabout.periodic.condition import ATTENTION, CONDITIONS, PAUSED
from walkabout.periodic.listing import ORDERS, Key, TaskFilter, TaskOrder
from walkabout.periodic.periodic_task import ACTIVE, DISABLED, SEQUENCE, WALKER
from walkabout.periodic.rules.kinds import KINDS as SCHEDULE_KINDS
from walkabout.service import Service
from walkabout.web.pages.numbers import number

FILTERS = ("search", "state", "kind", "runs", "tag", "owner")
RUNS = {"walker": WALKER, "sequence": SEQUENCE}
NEWEST = "newest"
SORTS = {NEWEST: "newest first", "health": "ill first", "name": "name", "next": "next run", "last": "last run"}
# The columns that the list can be sorted by: what they are called, and which way they are sorted.
COLUMNS = {
    "health": ("State", "descending"),
    "name": ("Task", "ascending"),
    "next": ("Next", "ascending"),
    "last": ("Last", "descending"),
}
STATES = {ATTENTION: "needs attention", **{word: word for word in CONDITIONS}, "never": "never fires"}
# What older addresses ask for: by the states that were shown then.
OLD_STATES = {DISABLED: PAUSED, ACTIVE: ACTIVE}


@dataclass(frozen=True)
class SortedColumn:
    """The header of a column that sorts the list. `direction`: how it is sorted now, as aria-sort has it."""

    word: str
    url: str
    direction: str


@dataclass(frozen=True)
class TaskQuery:
    """Which tasks are asked for. `typed`: the filters as they stand in the address; `filter`: what they mean.

    `sort`: a name of SORTS; `after`: the key of the last task on the page before; `problems`: what is wrong with the
    filters: nothing fits them, and nothing is done to anything.
    """

    typed: dict[str, str]
    filter: TaskFilter
    sort: str
    after: Key | None
    problems: list[str] = field(default_factory=list)

    @property
    def order(self) -> TaskOrder:
        """The order of the list."""
        return ORDERS[self.sort]

    def url(self, sort: str = "", **more: str) -> str:
        """The address of the list with these filters, in another order or in this one."""
        sort = sort or self.sort
        query = urlencode({**self.typed, **({"sort": sort} if sort != NEWEST else {}), **more})
        return url_for("pages.tasks") + (f"?{query}" if query else "")

    def url_after(self, key: Key) -> str:
        """The address of the page that follows a key."""
        value, id = key
        return self.url(after=f"{'' if value is None else value}~{id}")

    def columns(self) -> dict[str, SortedColumn]:
        """The headers that sort; the one that does so now leads back to the newest first."""
        return {
            name: SortedColumn(word, self.url(NEWEST if name == self.sort else name), direction * (name == self.sort))
            for name, (word, direction) in COLUMNS.items()
        }


def read_query(service: Service, by: Master, args: Mapping[str, str]) -> TaskQuery:
    """The query of an address. `by`: who looks; only an admin may ask for an owner."""
    typed = {name: args[name].strip() for name in FILTERS if args.get(name, "").strip()}
    if typed.get("kind") in RUNS:
        typed.setdefault("runs", typed.pop("kind"))  # what older addresses call so
    if typed.get("state") in OLD_STATES:
        typed["state"] = OLD_STATES[typed["state"]]
    problems = [
        _unknown(name, typed[name], known) for name, known in _KNOWN.items() if typed.get(name, "") not in known
    ]
    owner = only_of(by)
    if typed.get("owner") and owner is None:
        master = service.masters.by_email(typed["owner"])
        owner = master.uid if master else None
        problems += [] if master else ["owner: nobody has this email."]
    elif typed.get("owner"):
        typed.pop("owner")  # one's own are all that there is
    sort = args.get("sort", "").strip() or NEWEST
    if sort not in SORTS:
        problems.append(_unknown("sort", sort, tuple(SORTS)))
        sort = NEWEST
    runs = typed.get("runs", "")
    wanted = TaskFilter(
        owner=owner,
        search=typed.get("search", ""),
        condition=typed.get("state", ""),
        now=service.clock(),
        task=RUNS.get(runs, ""),
        walker="" if runs in RUNS else runs,
        schedule=typed.get("kind", ""),
        tag=folded(typed.get("tag", "")),
    )
    return TaskQuery(typed, wanted, sort, _key(args.get("after", ""), ORDERS[sort]), problems)


_KNOWN = {"state": ("", *STATES, ACTIVE), "kind": ("", *SCHEDULE_KINDS)}


def _unknown(name: str, value: str, known: tuple[str, ...]) -> str:
    choices = ", ".join(word for word in known if word and word != ACTIVE)
    return f"{name}: “{value[:60]}” is unknown, so no task is shown. Use one of {choices}."


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
