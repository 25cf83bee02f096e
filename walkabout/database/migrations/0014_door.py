"""The door: counted attempts, devices that are known, who has to choose a password, when a sign-in was used, what happened."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    # 1: an admin gave the password; the page asks for another one before anything else.
    "ALTER TABLE master ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0",
    # UTC seconds, to the minute; NULL: not used since it was made (or made before this column).
    "ALTER TABLE token ADD COLUMN used_at REAL",
    # `lane`: what is counted, as a keyed hash; `until`: no attempt is looked at before; `ends_at`: forgotten then.
    """
    CREATE TABLE attempt_count (
        lane TEXT PRIMARY KEY,
        tries INTEGER NOT NULL,
        until REAL NOT NULL,
        ends_at REAL NOT NULL
    )
    """,
    "CREATE INDEX attempt_count_ends_at ON attempt_count (ends_at)",
    # `digest`: a short keyed hash; `is_wrong`: 0 while the attempt is looked at.
    """
    CREATE TABLE tried_password (
        lane TEXT NOT NULL,
        digest TEXT NOT NULL,
        account TEXT NOT NULL,
        is_wrong INTEGER NOT NULL,
        ends_at REAL NOT NULL,
        PRIMARY KEY (lane, digest)
    )
    """,
    "CREATE INDEX tried_password_account ON tried_password (account)",
    "CREATE INDEX tried_password_ends_at ON tried_password (ends_at)",
    """
    CREATE TABLE known_device (
        master TEXT NOT NULL REFERENCES master(uid) ON DELETE CASCADE,
        device TEXT NOT NULL,
        seen_at REAL NOT NULL,
        PRIMARY KEY (master, device)
    )
    """,
    """
    CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL,
        event TEXT NOT NULL,
        actor TEXT NOT NULL,
        about TEXT NOT NULL,
        address TEXT NOT NULL,
        detail TEXT NOT NULL
    )
    """,
    "CREATE INDEX audit_event ON audit (event, id)",
    "CREATE INDEX audit_at ON audit (at)",
]
