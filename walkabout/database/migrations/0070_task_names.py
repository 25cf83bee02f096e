"""A run says of which task it is, also once that task is gone; and the runs of a walker are found by an index."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    # NULL: no task's run, or one from before this column was there; then the task itself is asked.
    "ALTER TABLE job ADD COLUMN task_name TEXT",
    "CREATE INDEX job_name ON job (name, id)",
]
