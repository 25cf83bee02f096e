"""Queues of jobs, and the limits of walkers: how many run at once (`at_most`), and how many start within a time (`rate`).

`queue` is NULL for the default queue. `gate` is set while a run may not start for a limit's sake, so that no claim looks at
it; `slot` is its place among the `at_most` of its `lane`, from when it is let through until its attempt is over.
"""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


_READY = "state = 'PENDING' AND wait_until IS NULL AND gate IS NULL"
_GATED = "state = 'PENDING' AND wait_until IS NULL"

# Of each condition the part comes first that mostly does not hold: it is asked for each index at each change of a row.
STATEMENTS = [
    "ALTER TABLE job ADD COLUMN queue TEXT",
    "ALTER TABLE job ADD COLUMN lane TEXT",
    "ALTER TABLE job ADD COLUMN at_most INTEGER",
    "ALTER TABLE job ADD COLUMN rate TEXT",
    "ALTER TABLE job ADD COLUMN gate TEXT CHECK (gate IN ('at_most', 'rate'))",
    "ALTER TABLE job ADD COLUMN slot INTEGER CHECK (slot >= 0 AND slot < at_most)",
    # What is ready, of the default queue; and of the others, each by itself and all in one order.
    "DROP INDEX job_ready",
    f"CREATE INDEX job_ready ON job (priority DESC, id) WHERE {_READY} AND queue IS NULL",
    f"CREATE INDEX job_named ON job (queue, priority DESC, id) WHERE queue IS NOT NULL AND {_READY}",
    f"CREATE INDEX job_named_ready ON job (priority DESC, id) WHERE queue IS NOT NULL AND {_READY}",
    # What waits for a limit: in the order of all, by lane, and by walker.
    f"CREATE INDEX job_gated ON job (priority DESC, id) WHERE gate IS NOT NULL AND {_GATED}",
    f"CREATE INDEX job_lane ON job (lane, priority DESC, id) WHERE gate = 'at_most' AND {_GATED}",
    f"CREATE INDEX job_rate ON job (name, priority DESC, id) WHERE gate = 'rate' AND {_GATED}",
    # The lock behind `at_most`: no two runs of a lane have one slot.
    "CREATE UNIQUE INDEX job_slot ON job (lane, slot) WHERE slot IS NOT NULL AND state IN ('PENDING', 'STARTED')",
    # The starts that a walker's rate still counts: let through and not started yet (`free_at` is NULL), or started.
    "CREATE TABLE counted_start (id INTEGER PRIMARY KEY, name TEXT NOT NULL, job TEXT NOT NULL, attempt INTEGER NOT NULL,"
    " free_at REAL)",
    "CREATE INDEX counted_start_name ON counted_start (name, free_at)",
    "CREATE INDEX counted_start_job ON counted_start (job)",
    "ALTER TABLE consumer ADD COLUMN queues TEXT NOT NULL DEFAULT '*'",
    "ALTER TABLE schedule ADD COLUMN queue TEXT NOT NULL DEFAULT ''",
]
