"""The keys of requests that queue a job: the same request under the same key again gets the same job."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


# `uid` is what the job of the request is called, before there is one: so its row can be there only once. `answer` (with its
# HTTP status) is what the first request was told; while it is NULL, the job's row tells whether it was queued.
STATEMENTS = [
    "CREATE TABLE request_key (master TEXT NOT NULL, route TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL,"
    " uid TEXT NOT NULL, at REAL NOT NULL, status INTEGER, answer TEXT, PRIMARY KEY (master, route, key))",
    "CREATE INDEX request_key_at ON request_key (at)",
    "CREATE INDEX request_key_uid ON request_key (uid)",
]
