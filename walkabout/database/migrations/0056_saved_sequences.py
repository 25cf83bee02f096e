"""Sequences that are saved under a name, with their versions."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    """
    CREATE TABLE saved_sequence (
        name TEXT NOT NULL PRIMARY KEY,
        revision INTEGER NOT NULL,
        sequence TEXT NOT NULL,          -- JSON
        description TEXT NOT NULL,
        tags TEXT NOT NULL,              -- JSON, a list of texts
        updated_at REAL NOT NULL,
        by TEXT                          -- a uid; NULL: the command line
    )
    """,
    """
    CREATE TABLE saved_sequence_version (
        name TEXT NOT NULL,
        revision INTEGER NOT NULL,
        sequence TEXT NOT NULL,
        description TEXT NOT NULL,
        tags TEXT NOT NULL,
        updated_at REAL NOT NULL,
        by TEXT,
        PRIMARY KEY (name, revision)
    )
    """,
]
