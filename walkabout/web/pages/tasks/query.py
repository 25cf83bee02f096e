"""The query of the list of tasks: filters, order and page, read from an address and written into addresses."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import url_for

from walkabout.actions.rights import only_of
from walkabout.people.masters import Master
from walkabout.periodic.listing import ORDERS, Key, TaskFilter, TaskOrder
from walkabout.periodic.periodic_task import SEQUENCE, WALKER
from walkabout.service import Service
from walkabout.web.pages.numbers import number

FILTERS = ("search", "kind", "state", "owner")
KINDS = {"walker": WALKER, "sequence": SEQUENCE}
NEWEST = "newest"
SORTS = {NEWEST: "newest first", "name": "name", "next": "next run", "last": "last run"}
# The columns that the list can be sorted by: what they are called, and which way they are sorted.
COLUMNS = {"name": ("Task", "ascending"), "next": ("Next", "ascending"), "last": ("Last", "descending")}


@dataclass(frozen=True)
class SortedColumn:
    """The header of a column that sorts the list. `direction`: how it is sorted now, as aria-sort has it."""

    word: str
    url: str
    direction: str


@dataclass(frozen=True)
class TaskQuery:
    """Which tasks are asked for. `typed`: the filters as they stand in the address; `filter`: what they mean.

    `sort`: a name of SORTS; `after`: the key of the last task on the page before; `problem`: what is wrong with `owner`.
    """

    typed: dict[str, str]
    filter: TaskFilter
    sort: str
    after: Key | None
    problem: str = ""

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
    owner, problem = only_of(by), ""
    if typed.get("owner") and owner is None:
        master = service.masters.by_email(typed["owner"])
        owner = master.uid if master else None
        problem = "" if master else "Nobody has this email."
    kind = KINDS.get(typed.get("kind", ""), "")
    wanted = TaskFilter(owner, typed.get("search", ""), typed.get("state", ""), kind)
    sort = args["sort"] if args.get("sort") in SORTS else NEWEST
    return TaskQuery(typed, wanted, sort, _key(args.get("after", ""), ORDERS[sort]), problem)


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
