"""Sign-ins of the admin page are tokens of their own kind: they end like tokens, at the server."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    # 1: a browser's sign-in, which no route takes; 0: what the routes take.
    "ALTER TABLE token ADD COLUMN sign_in INTEGER NOT NULL DEFAULT 0",
]
