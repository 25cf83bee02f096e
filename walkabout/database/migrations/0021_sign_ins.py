"""From where a sign-in or a token was asked for, so that people know theirs when they see them."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    # NULL: made before this column, or on the command line. `agent`: the beginning of what the client says it is.
    "ALTER TABLE token ADD COLUMN address TEXT",
    "ALTER TABLE token ADD COLUMN agent TEXT",
]
