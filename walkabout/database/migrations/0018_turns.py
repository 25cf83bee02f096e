"""How many workers of a consumer live, and the turns of runs that change the same objects (see jobs/turns.py)."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    "ALTER TABLE consumer ADD COLUMN living INTEGER NOT NULL DEFAULT 0",
    # Tickets: whoever has the lowest number for an object goes first. Rows live for milliseconds.
    "CREATE TABLE turn (id INTEGER PRIMARY KEY AUTOINCREMENT, object TEXT NOT NULL, holder TEXT NOT NULL)",
    "CREATE INDEX turn_object ON turn (object, id)",
    "CREATE INDEX turn_holder ON turn (holder)",
]
