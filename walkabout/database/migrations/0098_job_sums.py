"""Sums over ended jobs, which outlive them: what /metrics counts."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    "CREATE TABLE job_sum (series TEXT NOT NULL, labels TEXT NOT NULL, bucket TEXT NOT NULL, amount REAL NOT NULL,"
    " PRIMARY KEY (series, labels, bucket))",
]
