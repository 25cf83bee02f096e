"""Whose rights a node follows, edges with an access of their own, and how much each person holds in the graph."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


# What an object counts for: see graph/usage.py.
_SIZE = "300 + length(CAST(kind AS BLOB)) + length(CAST(context AS BLOB))"

STATEMENTS = [
    # The node that this one is shared like (a uid), until it gets an access of its own.
    "ALTER TABLE node ADD COLUMN follows TEXT",
    # 0: who may read both ends may read the edge; 1: somebody has set its access.
    "ALTER TABLE edge ADD COLUMN own_access INTEGER NOT NULL DEFAULT 0",
    """
    CREATE TABLE graph_usage (
        master TEXT PRIMARY KEY REFERENCES master(uid) ON DELETE CASCADE,
        bytes INTEGER NOT NULL
    )
    """,
    f"""
    INSERT INTO graph_usage (master, bytes) SELECT owner, sum(size) FROM
        (SELECT owner, {_SIZE} AS size FROM node UNION ALL SELECT owner, {_SIZE} FROM edge) AS sized GROUP BY owner
    """,
]
