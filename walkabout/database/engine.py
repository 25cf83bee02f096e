"""The interface of a database engine: everything in which databases differ is behind it."""

from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import peewee

from walkabout.database.errors import Unusable


@dataclass(frozen=True)
class Wording:
    """What SQL text says in the words of one database; the default is SQLite's.

    For a transaction in which others write, too (`Transactions.transaction(concurrent=True)`): `for_update` behind a
    SELECT keeps the rows that it finds as they are until the end, `for_share` does so but lets others hold them in the
    same way, and `skip_locked` holds those alone that nobody else holds. Where writers wait for each other they are empty.
    """

    for_update: str = ""
    for_share: str = ""
    skip_locked: str = ""
    looks_first: bool = True
    """Whether a statement that would change nothing is better not begun: it would take the right to write all the same."""
    bytes_of: str = "length(CAST({} AS BLOB))"
    """The length of a text in UTF-8."""
    whole_part: str = "CAST({} AS INTEGER)"
    """A number, 0 or more, without its fraction."""
    joined: str = "group_concat({})"
    """Texts of several rows as one, with commas between them."""
    numbers: str = "json_each(?) AS asked"
    """A table of the whole numbers that one parameter holds, `asked.value`; the parameter is `Engine.many(numbers)`."""


class Calls(Protocol):
    """Short texts from any process to all others that receive them. Raises Unavailable."""

    def send(self, texts: Collection[str]) -> None:
        """Send texts (letters, digits, `-` and blanks). For one thread."""

    def are_heard_elsewhere(self) -> bool:
        """Whether somebody on another machine may receive what is sent. For the thread that sends."""

    def receive(self, seconds: float) -> list[str] | None:
        """The texts that come within the seconds, as soon as one does; None: it has just begun to listen. For one thread."""

    def close(self) -> None:
        """Close what sends."""

    def close_receiver(self) -> None:
        """Close what receives."""


class Engine(Protocol):
    """One database of one kind: sqlite.py, postgres.py."""

    wording: Wording
    calls: Callable[[str], Calls] | None
    """Makes what the processes of several machines call each other by, for the machine of a name (letters and digits); None:
    there is only one machine, or they can't."""
    has_clock: bool
    """Whether it has a clock of its own (`now`): then it may be on another machine."""
    writers_wait: bool
    """Whether only one may write at a time: then the writers of a process queue up before they borrow a connection."""

    @property
    def pool(self) -> Any:
        """Its connections: a pool of peewee's that can be closed while threads still ask (see pool.py)."""

    @property
    def path(self) -> Path | None:
        """The file that it is in; None: it is in none that people could look at."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What its driver, and peewee for it, raise."""

    def failure(self, error: Exception) -> Exception | None:
        """One of `errors` in the service's words (see errors.py); None: it is a bug of ours, and no failure."""

    def is_lost(self) -> bool:
        """Whether it was taken away or replaced since the start. Asked before each use."""

    def text(self, sql: str) -> str:
        """SQL text with `?` for its parameters, as the driver takes it."""

    def begin(self, *, alone: bool) -> tuple[Any, ...]:
        """What `pool.atomic` takes for a transaction; `alone`: one that waits until no other such is under way."""

    def lock(self, name: str, number: int) -> None:
        """Until the end of this transaction, let nobody else go on who asks for the same lock. Nothing where only one
        writes at a time."""

    def iterate(self, sql: str, params: Sequence[Any], *, few: bool = False) -> Generator[Any, None, None]:
        """The rows of SQL text, read as they are asked for, or at once when they are few; to be closed."""

    def many(self, values: Sequence[Any]) -> Any:
        """A parameter that holds many values, for `among` and `Wording.numbers`."""

    def is_among(self, column: Any, values: Sequence[Any]) -> peewee.Expression:
        """The condition "column is one of values" of a query, however many they are: one query, one plan."""

    def among(self, column: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
        """The same as SQL text and its parameters."""

    def upgrading(self, check_s: float) -> AbstractContextManager[Any]:
        """Around the migrations, which one process makes at a time: the database to make them in, with a connection.

        Raises Unusable, for what they raise, too. `check_s`: how long it is looked over for damage before.
        """

    def newer(self, migrations: set[str]) -> Unusable:
        """What to raise when its tables have migrations that this version does not know."""

    def now(self) -> float:
        """What its clock says, UTC seconds."""

    def where(self) -> str:
        """Which database it is, for people; without a password."""

    def users(self) -> list[str]:
        """Who else has it open, each in words. To be asked while this process has not opened it. Raises Unusable."""

    def freeze(self) -> None:
        """In a transaction that has just begun: what it reads is from now on as it is at this moment."""

    def last_ids(self) -> dict[str, int]:
        """The last id that each table which counts has given away, by table; none where it has given none yet."""

    def set_last_ids(self, ids: dict[str, int]) -> None:
        """Let tables count on from these ids."""

    def by_hand(self, file: str) -> tuple[str, str] | None:
        """The commands that back it up into a file and restore it from there; None: the service does that itself."""

    def log_bytes(self) -> int:
        """How much it has written and not put into its tables yet; 0 when it does that by itself."""

    def checkpoint(self) -> bool:
        """Put all of that into the tables. False: somebody is at work just now."""
