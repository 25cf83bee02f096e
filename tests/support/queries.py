"""Hooks on the database: which statements does the code inside ask, and how does the database answer them?"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from walkabout.database.connections import Database


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    """The statements that this thread asks inside of the block, as the database sees them."""
    asked: list[str] = []
    with db._db.connection_context():
        connection = db._db.connection()
        if isinstance(connection, psycopg.Connection):
            connection.cursor_factory = _noting(asked)
        else:
            connection.set_trace_callback(asked.append)
        try:
            yield asked
        finally:
            if isinstance(connection, psycopg.Connection):
                connection.cursor_factory = psycopg.Cursor
            else:
                connection.set_trace_callback(None)


def _noting(asked: list[str]) -> Any:
    class Noting(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **options: Any) -> Any:
            asked.append(query.decode() if isinstance(query, bytes) else query)
            return super().execute(query, *args, **options)

        def executemany(self, query: Any, rows: Any, **options: Any) -> Any:
            rows = list(rows)
            asked.extend([query] * len(rows))
            return super().executemany(query, rows, **options)

        def stream(self, query: Any, *args: Any, **options: Any) -> Any:
            asked.append(query)
            return super().stream(query, *args, **options)

    return Noting


def plans(db: Database, ask: Callable[[Database], Any]) -> list[str]:
    """How SQLite goes about each statement that `ask` makes."""
    statements: list[Any] = []
    db._db.query_hooks.append(statements.append)
    ask(db)
    db._db.query_hooks.remove(statements.append)
    asked = [event for event in statements if not event.sql.startswith(("BEGIN", "COMMIT", "PRAGMA"))]
    return [" ".join(row[3] for row in db.rows(f"EXPLAIN QUERY PLAN {one.sql}", one.params or ())) for one in asked]
