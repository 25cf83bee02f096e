"""The graph: nodes, edges, whom they are shared with, and the walks that rest."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    """
    CREATE TABLE node (
        id INTEGER PRIMARY KEY,
        uid TEXT NOT NULL UNIQUE,
        type TEXT NOT NULL DEFAULT 'node' CHECK (type IN ('node', 'graph')),
        kind TEXT NOT NULL,
        graph TEXT NOT NULL,
        owner TEXT NOT NULL REFERENCES master(uid) ON DELETE CASCADE,
        access TEXT NOT NULL DEFAULT 'private' CHECK (access IN ('private', 'read_only', 'public')),
        context TEXT NOT NULL,
        version INTEGER NOT NULL DEFAULT 1,
        created_at REAL NOT NULL
    )
    """,
    "CREATE INDEX node_graph ON node (graph, id)",
    "CREATE INDEX node_owner ON node (owner, type, id)",
    """
    CREATE TABLE edge (
        id INTEGER PRIMARY KEY,
        uid TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL,
        source TEXT NOT NULL REFERENCES node(uid) ON DELETE CASCADE,
        target TEXT NOT NULL REFERENCES node(uid) ON DELETE CASCADE,
        owner TEXT NOT NULL REFERENCES master(uid) ON DELETE CASCADE,
        access TEXT NOT NULL DEFAULT 'private' CHECK (access IN ('private', 'read_only', 'public')),
        context TEXT NOT NULL,
        version INTEGER NOT NULL DEFAULT 1,
        created_at REAL NOT NULL
    )
    """,
    "CREATE INDEX edge_source ON edge (source, id)",
    "CREATE INDEX edge_target ON edge (target, id)",
    "CREATE INDEX edge_owner ON edge (owner)",
    """
    CREATE TABLE share (
        object TEXT NOT NULL,
        master TEXT NOT NULL REFERENCES master(uid) ON DELETE CASCADE,
        level TEXT NOT NULL CHECK (level IN ('read', 'write')),
        PRIMARY KEY (object, master)
    )
    """,
    """
    CREATE TABLE resting_walk (
        master TEXT NOT NULL REFERENCES master(uid) ON DELETE CASCADE,
        walker TEXT NOT NULL,
        state TEXT NOT NULL,
        version INTEGER NOT NULL DEFAULT 1,
        PRIMARY KEY (master, walker)
    )
    """,
]
