"""Jobs: the ledger (which is the queue), the files that came with a job, and the consumers."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    # `wait_until` is set while a row may not be taken yet (a delay, a retry); the guardian clears it when its time
    # has come, so that claiming reads the head of an index however many rows wait for their time.
    """
    CREATE TABLE job (
        id INTEGER PRIMARY KEY,
        uid TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        owner TEXT NOT NULL,
        argument TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN
            ('PENDING', 'STARTED', 'RETRY', 'SUCCESS', 'FAILURE', 'REVOKED', 'SKIPPED', 'MISSED')),
        priority INTEGER NOT NULL DEFAULT 0,
        eta REAL,
        wait_until REAL,
        asked_at REAL NOT NULL,
        started_at REAL,
        ended_at REAL,
        attempt INTEGER NOT NULL DEFAULT 0,
        raised INTEGER NOT NULL DEFAULT 0,
        takeovers INTEGER NOT NULL DEFAULT 0,
        max_attempts INTEGER NOT NULL DEFAULT 1,
        backoff_s REAL NOT NULL DEFAULT 0,
        limit_s REAL,
        repeatable INTEGER NOT NULL DEFAULT 1,
        consumer TEXT,
        worker TEXT,
        worker_pid INTEGER,
        cancel INTEGER NOT NULL DEFAULT 0,
        sent TEXT,
        progress TEXT,
        result TEXT,
        error TEXT,
        reason TEXT,
        CHECK ((ended_at IS NULL) = (state IN ('PENDING', 'STARTED', 'RETRY'))),
        CHECK ((state = 'STARTED') = (consumer IS NOT NULL)),
        CHECK (state <> 'RETRY' OR wait_until IS NOT NULL),
        CHECK (state IN ('PENDING', 'RETRY') OR wait_until IS NULL)
    )
    """,
    "CREATE INDEX job_ready ON job (priority DESC, id) WHERE state = 'PENDING' AND wait_until IS NULL",
    "CREATE INDEX job_waiting ON job (wait_until) WHERE wait_until IS NOT NULL",
    "CREATE INDEX job_started ON job (consumer) WHERE state = 'STARTED'",
    "CREATE INDEX job_ended ON job (ended_at) WHERE ended_at IS NOT NULL",
    """
    CREATE TABLE job_file (
        job TEXT NOT NULL REFERENCES job(uid) ON DELETE CASCADE,
        field TEXT NOT NULL,
        position INTEGER NOT NULL,
        name TEXT NOT NULL,
        type TEXT NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (job, field, position)
    )
    """,
    # A consumer (or a web process that runs jobs itself when there is none) with its pulse. `machine` tells whether
    # its process can be looked at from here; `beat` is what others watch by their own clocks.
    """
    CREATE TABLE consumer (
        uid TEXT PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('worker', 'web')),
        name TEXT NOT NULL,
        machine TEXT NOT NULL,
        pid INTEGER NOT NULL,
        process_started TEXT NOT NULL,
        workers INTEGER NOT NULL DEFAULT 0,
        stopping INTEGER NOT NULL DEFAULT 0,
        started_at REAL NOT NULL,
        pulse_at REAL NOT NULL,
        beat INTEGER NOT NULL DEFAULT 0
    )
    """,
]
