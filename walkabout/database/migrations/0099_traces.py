"""The trace in which a job was asked for."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    db.execute_sql("ALTER TABLE job ADD COLUMN traceparent TEXT")
