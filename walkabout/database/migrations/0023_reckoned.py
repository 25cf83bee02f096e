"""From which reading of the clock a task's due time comes, so that a clock that went wrong and came back is noticed."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    # What the clock said when `next_run_at` was reckoned; NULL: before this was kept.
    "ALTER TABLE schedule ADD COLUMN reckoned_at REAL",
    # When it was reckoned anew because the clock had come back, from which reading it had come until then, and until
    # when the task would have been silent.
    "ALTER TABLE schedule ADD COLUMN anew_at REAL",
    "ALTER TABLE schedule ADD COLUMN anew_from REAL",
    "ALTER TABLE schedule ADD COLUMN anew_until REAL",
    "CREATE INDEX schedule_reckoned ON schedule (reckoned_at) WHERE state IN ('active', 'expired', 'never')",
]
