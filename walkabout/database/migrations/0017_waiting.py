"""How many jobs of a master wait: an index that is as long as the queue, not as the history."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = ["CREATE INDEX job_waits ON job (owner, state) WHERE state IN ('PENDING', 'RETRY')"]
