"""Hooks on the database: which statements does the code inside ask, and how does the database answer them?"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from walkabout.database.connections import Database


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    """The statements that this thread asks inside of the block, as SQLite sees them."""
    asked: list[str] = []
    with db._db.connection_context():
        connection = db._db.connection()
        connection.set_trace_callback(asked.append)
        try:
            yield asked
        finally:
            connection.set_trace_callback(None)


def plans(db: Database, ask: Callable[[Database], Any]) -> list[str]:
    """How the database goes about each statement that `ask` makes."""
    statements: list[Any] = []
    db._db.query_hooks.append(statements.append)
    ask(db)
    db._db.query_hooks.remove(statements.append)
    asked = [event for event in statements if not event.sql.startswith(("BEGIN", "COMMIT", "PRAGMA"))]
    return [" ".join(row[3] for row in db.rows(f"EXPLAIN QUERY PLAN {one.sql}", one.params or ())) for one in asked]
