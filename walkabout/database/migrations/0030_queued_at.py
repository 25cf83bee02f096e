"""The moment a run was queued is called so."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = ["ALTER TABLE job RENAME COLUMN asked_at TO queued_at"]
