"""Being told: where notices go, and each notice with its outcome."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    """
    CREATE TABLE notice_target (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        owner TEXT NOT NULL,             -- a uid; empty: the setting NOTIFY
        place TEXT NOT NULL,             -- all, tag or task
        task INTEGER,
        tag TEXT NOT NULL DEFAULT '',
        kind TEXT NOT NULL,
        address TEXT NOT NULL,           -- a secret
        events TEXT NOT NULL,            -- words with a blank between them
        after INTEGER NOT NULL DEFAULT 1,
        late_s REAL NOT NULL,
        skipping_s REAL NOT NULL,
        long_s REAL,                     -- NULL: longer than usual
        remind_s REAL,                   -- NULL: told once
        quiet TEXT NOT NULL DEFAULT '',
        created_at REAL NOT NULL,
        told_at REAL
    )
    """,
    "CREATE INDEX notice_target_task ON notice_target (task)",
    "CREATE INDEX notice_target_owner ON notice_target (owner)",
    """
    CREATE TABLE notice (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        uid TEXT NOT NULL UNIQUE,
        key TEXT NOT NULL UNIQUE,        -- what it tells to whom, so that it is told once
        target INTEGER NOT NULL,
        owner TEXT NOT NULL,             -- that of the target
        event TEXT NOT NULL,
        task INTEGER,
        task_name TEXT NOT NULL,
        run TEXT,                        -- the uid of a job
        count INTEGER NOT NULL,
        why TEXT NOT NULL,
        at REAL NOT NULL,
        due_at REAL NOT NULL,            -- not sent before
        over_at REAL,                    -- NULL: what it tells goes on
        remind_at REAL,
        state TEXT NOT NULL,             -- waiting, sending, sent, failed, dropped
        message TEXT,                    -- the id under which it is sent, whatever the try
        tries INTEGER NOT NULL DEFAULT 0,
        job TEXT,                        -- the uid of the job of the latest try
        error TEXT NOT NULL DEFAULT '',
        sent_at REAL
    )
    """,
    "CREATE INDEX notice_open ON notice (due_at) WHERE state IN ('waiting', 'sending')",
    "CREATE INDEX notice_going_on ON notice (task) WHERE over_at IS NULL",
    "CREATE INDEX notice_message ON notice (message)",
    "CREATE INDEX notice_task ON notice (task, id)",
    "CREATE INDEX notice_given_up ON notice (at) WHERE state = 'failed'",
    "CREATE INDEX notice_owner ON notice (owner, id)",
]
