"""Which saved sequences a run has used, as a whole or as blocks."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    """
    CREATE TABLE saved_sequence_run (
        name TEXT NOT NULL,
        job INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE,
        PRIMARY KEY (name, job)
    )
    """,
    "CREATE INDEX saved_sequence_run_job ON saved_sequence_run (job)",
]
