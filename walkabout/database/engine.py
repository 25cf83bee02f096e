"""The interface of a database engine: everything in which databases differ is behind it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import peewee

from walkabout.database.errors import Unusable


class Engine(Protocol):
    """One database of one kind: sqlite.py."""

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

    def is_among(self, column: Any, values: Sequence[Any]) -> peewee.Expression:
        """The condition "column is one of values" of a query, however many they are: one query, one plan."""

    def among(self, column: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
        """The same as SQL text and its parameters."""

    def upgrading(self, check_s: float) -> AbstractContextManager[None]:
        """Around the migrations, which one process makes at a time. Raises Unusable, for what they raise, too.

        `check_s`: how long it is looked over for damage before.
        """

    def newer(self, migrations: set[str]) -> Unusable:
        """What to raise when its tables have migrations that this version does not know."""

    def log_bytes(self) -> int:
        """How much it has written and not put into its tables yet; 0 when it does that by itself."""

    def checkpoint(self) -> bool:
        """Put all of that into the tables. False: somebody is at work just now."""
