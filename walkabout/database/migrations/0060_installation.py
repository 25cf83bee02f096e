"""What belongs to the installation as a whole, where its machines share no disk."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = ["CREATE TABLE installation (name TEXT PRIMARY KEY, value TEXT NOT NULL)"]
