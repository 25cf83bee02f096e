"""What tasks were before: a row for each change; and the orders in which people list tasks."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    # `by`: the uid of who changed it, NULL for the service itself and the command line. `content` is JSON.
    """
    CREATE TABLE schedule_version (
        id INTEGER PRIMARY KEY,
        schedule INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        at REAL NOT NULL,
        by TEXT,
        change TEXT NOT NULL
            CHECK (change IN ('earlier', 'created', 'changed', 'enabled', 'disabled', 'deleted', 'restored')),
        note TEXT NOT NULL,
        content TEXT NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX schedule_version_of ON schedule_version (schedule, revision)",
    "CREATE INDEX schedule_version_deleted ON schedule_version (at) WHERE change = 'deleted'",
    "CREATE INDEX schedule_name ON schedule (name COLLATE NOCASE, id)",
    "CREATE INDEX schedule_last ON schedule (last_run_at) WHERE last_run_at IS NOT NULL",
    "CREATE INDEX schedule_idle ON schedule (id) WHERE fire_at IS NULL",
]
