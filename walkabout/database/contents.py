"""All that a database holds, table by table, for whoever copies the whole of it: rows, their sums, and ids to come.

Any database has the same tables and columns, and gives and takes the same values: whole numbers, fractions, texts, bytes
and None. What belongs to the place and not to what is kept there (the migrations, the secret key) is no content.
"""

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from walkabout.database.connections import Database, Row
from walkabout.database.marks import MARKS

MIGRATIONS = "schema_migration"
SUM_RANGE = 2**64


@dataclass(frozen=True)
class TableSum:
    """How many rows a table has, and a sum over all of them that does not depend on their order."""

    rows: int = 0
    total: int = 0

    def plus(self, row: Row) -> "TableSum":
        """The sum with one row more."""
        digest = blake2b(repr(tuple(row)).encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return TableSum(self.rows + 1, (self.total + int.from_bytes(digest)) % SUM_RANGE)


class Contents:
    """The contents of a database whose tables are up to date."""

    def __init__(self, db: Database) -> None:
        self.db = db
        with db.engine.pool.connection_context():
            self.tables = self._tables()
            self._counted = [table for table in self.tables if self._counts(table)]
        """`tables`: the columns of each table by name, tables that others refer to first."""

    def count(self, table: str) -> int:
        """The number of rows of a table."""
        return int(self.db.value(f"SELECT count(*) FROM {table} WHERE {_content_of(table)}"))

    def is_empty(self) -> bool:
        """Whether no table has a row."""
        return not any(
            self.db.first(f"SELECT 1 FROM {table} WHERE {_content_of(table)} LIMIT 1") for table in self.tables
        )

    def rows(self, table: str) -> Generator[Row, None, None]:
        """The rows of a table, in no order, one after the other. Within a transaction."""
        text = f"SELECT {_listed(self.tables[table])} FROM {table} WHERE {_content_of(table)}"
        with closing(self.db.engine.iterate(text, ())) as found:
            for row in found:
                yield tuple(row)

    def sum(self, table: str) -> TableSum:
        """The sum of a table. Within a transaction."""
        total = TableSum()
        for row in self.rows(table):
            total = total.plus(row)
        return total

    def add(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows, all or none, as they are."""
        columns = self.tables[table]
        text = f"INSERT INTO {table} ({_listed(columns)}) VALUES ({', '.join('?' * len(columns))})"
        with self.db.transaction(concurrent=True):
            self.db.change_many(text, rows)

    def clear(self) -> None:
        """Delete all rows."""
        with self.db.transaction():
            for table in reversed(self.tables):
                self.db.change(f"DELETE FROM {table} WHERE {_content_of(table)}")

    def last_ids(self) -> dict[str, int]:
        """The last id that tables have given away, as far as this database remembers it. Within a transaction."""
        return {table: last for table, last in self.db.engine.last_ids().items() if table in self.tables}

    def ids_after(self, ids: dict[str, int]) -> dict[str, int]:
        """From which ids tables have to count on, so that they give none that is there or was given (`ids`)."""
        highest = {table: self.db.value(f"SELECT max(id) FROM {table}") or 0 for table in self._counted}
        return {table: last for table in self._counted if (last := max(ids.get(table, 0), highest[table]))}

    def set_last_ids(self, ids: dict[str, int]) -> None:
        """Let tables count on from ids."""
        with self.db.transaction():
            self.db.engine.set_last_ids(ids)

    def _counts(self, table: str) -> bool:
        """Whether a table gives its rows ids by itself."""
        columns = self.db.engine.pool.get_columns(table)
        return any(column.name == "id" and column.primary_key for column in columns)

    def _tables(self) -> dict[str, tuple[str, ...]]:
        pool = self.db.engine.pool
        names = [name for name in pool.get_tables() if name != MIGRATIONS and not name.startswith("sqlite_")]
        above = {name: {key.dest_table for key in pool.get_foreign_keys(name)} - {name} for name in names}
        ordered: list[str] = []
        while above:
            # A circle of tables would end in an error here; there is none, and a copy of one could not be made so.
            ready = sorted(name for name, needed in above.items() if needed <= set(ordered))
            if not ready:
                raise AssertionError(f"tables refer to each other in a circle: {sorted(above)}")
            ordered += ready
            above = {name: needed for name, needed in above.items() if name not in ordered}
        return {name: tuple(sorted(column.name for column in pool.get_columns(name))) for name in ordered}


def _content_of(table: str) -> str:
    marks = ", ".join(f"'{mark}'" for mark in MARKS)
    return f"name NOT IN ({marks})" if table == "installation" else "1 = 1"


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)
