"""A run that cleans up when it is cancelled: that it does, and that somebody wants it ended."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    "ALTER TABLE job ADD COLUMN cleans_up INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE job ADD COLUMN cancelling INTEGER NOT NULL DEFAULT 0",
    # What is to be ended when this comes is to be ended at once.
    "UPDATE job SET cancelling = 1 WHERE cancel = 1",
]
