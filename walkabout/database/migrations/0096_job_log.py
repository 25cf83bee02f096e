"""The log of a job: what its walker logs and prints, the last lines of it."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    """
    CREATE TABLE job_log (
        job TEXT NOT NULL PRIMARY KEY REFERENCES job(uid) ON DELETE CASCADE,
        attempt INTEGER NOT NULL,        -- who wrote it: a later one may write over it
        lines TEXT NOT NULL,             -- JSON: time, level and text of each
        dropped INTEGER NOT NULL,        -- lines before these
        at REAL NOT NULL
    )
    """,
]
