"""Schedules: the periodic tasks, and what the ledger keeps of their fires."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    # The owner is no foreign key: a task whose owner was deleted stays, disabled, and says why. `fire_at` is
    # `next_run_at` and the task's own share of the jitter; ids are never given twice, since runs keep them.
    """
    CREATE TABLE schedule (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        task TEXT NOT NULL CHECK (task IN ('ScheduledWalker', 'ScheduledSequence')),
        argument TEXT NOT NULL,
        schedule TEXT NOT NULL,
        timezone TEXT NOT NULL,
        owner TEXT NOT NULL,
        description TEXT NOT NULL DEFAULT '',
        priority INTEGER NOT NULL DEFAULT 0,
        overlap TEXT NOT NULL DEFAULT 'skip' CHECK (overlap IN ('skip', 'allow', 'queue', 'replace')),
        catch_up TEXT NOT NULL DEFAULT 'once' CHECK (catch_up IN ('once', 'all', 'none')),
        grace_s REAL,
        jitter_s REAL NOT NULL DEFAULT 0,
        max_attempts INTEGER NOT NULL DEFAULT 1,
        backoff_s REAL NOT NULL DEFAULT 0,
        time_limit_s REAL,
        state TEXT NOT NULL CHECK (state IN ('active', 'disabled', 'finished', 'expired', 'never')),
        note TEXT NOT NULL DEFAULT '',
        one_off INTEGER NOT NULL DEFAULT 0,
        start_at REAL,
        expires_at REAL,
        anchor REAL NOT NULL,
        share REAL NOT NULL DEFAULT 0,
        next_run_at REAL,
        fire_at REAL,
        last_run_at REAL,
        total_run_count INTEGER NOT NULL DEFAULT 0,
        revision INTEGER NOT NULL DEFAULT 1,
        created_at REAL NOT NULL,
        updated_at REAL NOT NULL,
        CHECK ((state = 'active') = (next_run_at IS NOT NULL)),
        CHECK ((next_run_at IS NULL) = (fire_at IS NULL))
    )
    """,
    "CREATE INDEX schedule_due ON schedule (fire_at) WHERE state = 'active'",
    "CREATE INDEX schedule_owner ON schedule (owner, id)",
    # Of a run: the due time, when the tick was to see to it, and how many missed due times it stands for. Of a row
    # SKIPPED or MISSED: how many fires it stands for, from `first_for` to `scheduled_for`. A run that is held waits
    # until the runs of its schedule before it are over.
    "ALTER TABLE job ADD COLUMN schedule INTEGER",
    "ALTER TABLE job ADD COLUMN scheduled_for REAL",
    "ALTER TABLE job ADD COLUMN first_for REAL",
    "ALTER TABLE job ADD COLUMN fire_at REAL",
    "ALTER TABLE job ADD COLUMN fires INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE job ADD COLUMN missed INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE job ADD COLUMN held INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE job ADD COLUMN caught_up INTEGER NOT NULL DEFAULT 0",
    "CREATE UNIQUE INDEX job_fire ON job (schedule, scheduled_for) WHERE schedule IS NOT NULL",
    "CREATE INDEX job_schedule ON job (schedule, id) WHERE schedule IS NOT NULL",
    "CREATE INDEX job_open ON job (schedule) WHERE schedule IS NOT NULL AND ended_at IS NULL",
    "CREATE INDEX job_held ON job (schedule, id) WHERE held = 1 AND ended_at IS NULL",
]
