"""The database for all rooms: connections lent for one query, transactions and migrations.

No connection is held while a thread waits or a walker computes: each query borrows one from a small pool and gives it
back. Queries are peewee's (`records`, `record`, `values`, `value`: see models.py); those of the hot path are SQL text
with `?` (`rows`, `rows_until`, `first`). `change` takes both.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

import peewee

from walkabout.database.engine import Engine
from walkabout.database.errors import (
    Collision,
    Conflict,
    ConstraintRefused,
    Damaged,
    FileTrouble,
    Lost,
    OutcomeUnknown,
    Unavailable,
    Unusable,
)
from walkabout.database.sqlite import Sqlite
from walkabout.database.transactions import Transactions
from walkabout.database.upgrade import upgrade
from walkabout.setting_groups.storage import SQLITE, StorageSettings

# What other rooms import from here: this module is the room's door.
__all__ = [
    "Collision",
    "Conflict",
    "ConstraintRefused",
    "Damaged",
    "Database",
    "FileTrouble",
    "Lost",
    "OutcomeUnknown",
    "Row",
    "Unavailable",
    "Unusable",
    "engine_of",
]

Row = tuple[Any, ...]
T = TypeVar("T")


class Database(Transactions):
    """The queries that rooms ask, on one database. Any of them raises Unavailable, ConstraintRefused."""

    def __init__(self, engine: Engine, on_trouble: Callable[[FileTrouble], object] = lambda _: None) -> None:
        """`on_trouble`: see Transactions."""
        super().__init__(engine, on_trouble)
        self.is_among = engine.is_among
        self.among = engine.among
        self.many = engine.many
        self.wording = engine.wording
        self._text = engine.text
        self.checkpoint = engine.checkpoint
        self.wal_bytes = engine.log_bytes

    @property
    def path(self) -> Path | None:
        """The file that the database is in, if it is in one."""
        return self.engine.path

    def migrate(self, check_s: float = 0.0) -> list[str]:
        """Bring the tables up to date; the names of the migrations applied. Raises Unusable. See upgrade.py."""
        return upgrade(self.engine, check_s)

    def now(self) -> float:
        """What the database's own clock says, UTC seconds."""
        with self._connected():
            return self.engine.now()

    def records(self, record: Callable[..., T], query: peewee.BaseQuery) -> list[T]:
        """All rows of a query, each as `record(**columns)`: a dataclass that has the names of the columns selected."""
        with self._connected():
            return list(query.objects(record).execute(self._db))

    def record(self, record: Callable[..., T], query: peewee.BaseQuery) -> T | None:
        """The first row of a query, as `records` gives it, or None."""
        return next(iter(self.records(record, query)), None)

    def values(self, query: str | peewee.BaseQuery, params: Sequence[Any] = ()) -> list[Any]:
        """The first column of all rows of a query, or of SQL text."""
        with self._connected():
            if isinstance(query, str):
                return [row[0] for row in self._db.execute_sql(self._text(query), params)]
            return [row[0] for row in query.tuples().execute(self._db)]

    def value(self, query: str | peewee.BaseQuery, params: Sequence[Any] = ()) -> Any:
        """The first column of the first row of a query, or of SQL text; None when there is no row."""
        return next(iter(self.values(query, params)), None)

    def rows(self, sql: str, params: Sequence[Any] = ()) -> list[Row]:
        """All rows of SQL text, drained: an open cursor would keep its lock."""
        with self._connected():
            return list(self._db.execute_sql(self._text(sql), params).fetchall())

    def rows_until(
        self, sql: str, params: Sequence[Any], enough: Callable[[Row], bool], *, few: bool = False
    ) -> list[Row]:
        """The rows of SQL text up to one of which `enough` says that it is the last; those after it are not read. `few`:
        there can't be so many that this would matter."""
        found: list[Row] = []
        with self._connected(), closing(self.engine.iterate(sql, params, few=few)) as rows:
            for row in rows:
                found.append(row)
                if enough(row):
                    break
        return found

    def first(self, sql: str, params: Sequence[Any] = ()) -> Row | None:
        """The first row of SQL text, or None."""
        rows = self.rows(sql, params)
        return rows[0] if rows else None

    def change(self, statement: str | peewee.BaseQuery, params: Sequence[Any] = ()) -> int:
        """Run one writing statement, SQL text or a query; the number of rows it touched.

        Its own transaction outside of one.
        """
        with self._write():
            if isinstance(statement, str):
                return int(self._db.execute_sql(self._text(statement), params).rowcount)
            return int(self._db.execute(statement).rowcount)

    def change_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """Run one writing statement for each row of parameters; the number of rows touched in all."""
        with self._write():
            cursor = self._db.cursor()
            cursor.executemany(self._text(sql), rows)
            return int(cursor.rowcount)


def engine_of(settings: StorageSettings) -> Engine:
    """The engine of DATABASE_URL (percent escapes stand for characters); SQLite in DATA_DIR when it is empty.

    Raises Unusable for a URL that can't be read.
    """
    url, data_path = settings.database_url, settings.data_path
    if settings.is_postgres:
        # Looked up, since only who uses it pays for its driver: 16 MB.
        postgres = import_module("walkabout.database.postgres").Postgres
        made: Engine = postgres(url, connections=settings.database_connections, pooler=settings.database_pooler)
        return made
    return Sqlite(Path(unquote(url.removeprefix(SQLITE))).resolve() if url else data_path / "walkabout.db")
