"""What a run changed in the graph: counts and a few of the objects, as JSON, for people."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    # NULL: it changed nothing, or it ran before this column was there.
    "ALTER TABLE job ADD COLUMN changes TEXT",
]
