"""Which state a notice tells of: reminders and the end of it are told of the same one."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    "ALTER TABLE notice ADD COLUMN state_key TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX notice_lasts ON notice (event, state_key) WHERE over_at IS NULL",
    "CREATE INDEX notice_remind ON notice (remind_at) WHERE remind_at IS NOT NULL",
]
