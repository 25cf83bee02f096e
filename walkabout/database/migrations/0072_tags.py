"""Tags of tasks; and what an action on many can take back."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    # Words with a blank between them, in order.
    "ALTER TABLE schedule ADD COLUMN tags TEXT NOT NULL DEFAULT ''",
    "CREATE TABLE undo (uid TEXT PRIMARY KEY, master TEXT NOT NULL, at REAL NOT NULL, content TEXT NOT NULL)",
]
