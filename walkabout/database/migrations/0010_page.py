"""What the admin page asks: names of tokens, and runs by owner and by walker, newest first."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    # NULL: a token that a client got by /user/token/.
    "ALTER TABLE token ADD COLUMN name TEXT",
    "CREATE INDEX job_owner ON job (owner, id)",
]
