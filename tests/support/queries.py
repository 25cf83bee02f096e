"""A hook on the database: which statements does the code inside ask?"""

from collections.abc import Iterator
from contextlib import contextmanager

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
