"""The lines of crontabs that were imported, so that the next import knows them again."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    # `content`: what the line made of its task, as JSON.
    """
    CREATE TABLE crontab_line (
        schedule INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        path TEXT NOT NULL,
        number INTEGER NOT NULL,
        times TEXT NOT NULL,
        command TEXT NOT NULL,
        content TEXT NOT NULL
    )
    """,
    "CREATE INDEX crontab_line_source ON crontab_line (source, path, number)",
]
