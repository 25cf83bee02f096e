"""People: masters, their tokens, aliases and the keys of public walkers."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    """
    CREATE TABLE master (
        id INTEGER PRIMARY KEY,
        uid TEXT NOT NULL UNIQUE,
        email TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        is_activated INTEGER NOT NULL DEFAULT 1,
        is_superuser INTEGER NOT NULL DEFAULT 0,
        active_graph TEXT,
        active_sentinel TEXT,
        created_at REAL NOT NULL,
        last_login_at REAL
    )
    """,
    """
    CREATE TABLE token (
        hash TEXT PRIMARY KEY,
        master TEXT NOT NULL REFERENCES master(uid) ON DELETE CASCADE,
        created_at REAL NOT NULL,
        expires_at REAL NOT NULL
    )
    """,
    "CREATE INDEX token_master ON token (master)",
    """
    CREATE TABLE alias (
        master TEXT NOT NULL REFERENCES master(uid) ON DELETE CASCADE,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (master, name)
    )
    """,
    """
    CREATE TABLE walker_key (
        master TEXT NOT NULL REFERENCES master(uid) ON DELETE CASCADE,
        walker TEXT NOT NULL,
        generation INTEGER NOT NULL,
        hash TEXT NOT NULL UNIQUE,
        PRIMARY KEY (master, walker)
    )
    """,
]
