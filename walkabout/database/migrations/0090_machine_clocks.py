"""Machines whose clock is off the database's."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = ["CREATE TABLE machine_clock (machine TEXT PRIMARY KEY, off_s REAL NOT NULL, seen_at REAL NOT NULL)"]
