"""Sequences as jobs: their journals (real values, for taking a run up), and the records of their steps (for people)."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    # Entries are only appended; `attempt` is the job's that wrote one, 0 for those that a run took over from the one
    # that it goes on from.
    """
    CREATE TABLE sequence_journal (
        id INTEGER PRIMARY KEY,
        job INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE,
        attempt INTEGER NOT NULL,
        line TEXT NOT NULL
    )
    """,
    "CREATE INDEX sequence_journal_job ON sequence_journal (job, id)",
    """
    CREATE TABLE sequence_step (
        id INTEGER PRIMARY KEY,
        job INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE,
        path TEXT NOT NULL,
        try INTEGER NOT NULL,
        record TEXT NOT NULL,
        UNIQUE (job, path, try)
    )
    """,
    # Which run a job goes on from (its uid), and what somebody says of that one's requests of unknown outcome (JSON).
    # A run is gone on from once: its journal goes to the one that does.
    """
    CREATE TABLE sequence_again (
        job INTEGER PRIMARY KEY REFERENCES job(id) ON DELETE CASCADE,
        source TEXT NOT NULL UNIQUE,
        unknown TEXT NOT NULL
    )
    """,
]
