"""How many bytes of the graph each person owns: a counter, updated in the transaction of each change."""

from collections import Counter
from collections.abc import Mapping, Sequence

from walkabout.database.connections import Database
from walkabout.graph.limits import LimitExceeded
from walkabout.graph.tables import GraphUsageTable, NodeTable

OBJECT_BYTES = 300  # what an object without a context takes about, with its entries in the indexes


def size(kind: str, context: str) -> int:
    """What an object counts for, bytes. `context`: as JSON text."""
    return OBJECT_BYTES + len(kind.encode()) + len(context.encode())


def size_sql(db: Database, alias: str) -> str:
    """The same as SQL; `alias`: the name of the table of nodes or edges there."""
    bytes_of = db.wording.bytes_of.format
    return f"({OBJECT_BYTES} + {bytes_of(f'{alias}.kind')} + {bytes_of(f'{alias}.context')})"


def add(db: Database, more: Mapping[str, int], most: int) -> None:
    """Count bytes that people (uids) hold more, or less when negative. Raises LimitExceeded for who then holds too many.

    Index: graph_usage.master.
    """
    for owner, number in sorted(more.items()):  # in one order, or two that count for both would wait for each other
        if not number:
            continue
        held = db.value(
            "INSERT INTO graph_usage (master, bytes) VALUES (?, ?)"
            " ON CONFLICT (master) DO UPDATE SET bytes = graph_usage.bytes + excluded.bytes RETURNING bytes",
            (owner, number),
        )
        if number > 0 and held > most:
            raise LimitExceeded(
                f"its owner would hold {held:,} bytes in the graph, at most {most:,} (GRAPH_MB); delete something"
            )


def of_edges_along(db: Database, nodes: Sequence[str], apart: Sequence[str]) -> dict[str, int]:
    """How many bytes each owner (a uid) holds in the edges that go when these nodes do, but for some edges.

    Index: edge_source, edge_target.
    """
    from_there, params = db.among("source", nodes)
    to_there, _ = db.among("target", nodes)
    counted, others = db.among("uid", apart)
    if db.wording.for_update:
        # Held, they get no more edges before they go.
        held, uids = db.among("uid", nodes)
        db.rows(f"SELECT 1 FROM node WHERE {held} ORDER BY uid{db.wording.for_update}", uids)
    rows = db.rows(
        f"SELECT owner, CAST(sum({size_sql(db, 'edge')}) AS BIGINT) FROM edge WHERE id IN (SELECT id FROM edge WHERE {from_there}"
        f" UNION SELECT id FROM edge WHERE {to_there}) AND NOT {counted} GROUP BY owner",
        [*params, *params, *others],
    )
    return dict(rows)


def of_graph(db: Database, graph: str) -> dict[str, int]:
    """How many bytes each owner (a uid) holds in a graph (a uid): its nodes, and the edges at them. Index: node_graph."""
    nodes = db.values(NodeTable.select(NodeTable.uid).where(NodeTable.graph == graph))
    found = Counter(of_edges_along(db, nodes, []))
    size = f"CAST(sum({size_sql(db, 'node')}) AS BIGINT)"
    rows = db.rows(f"SELECT owner, {size} FROM node WHERE graph = ? GROUP BY owner", (graph,))
    found.update(dict(rows))
    return found


def of(db: Database, owner: str) -> int:
    """How many bytes a person (a uid) holds. Index: graph_usage.master."""
    return int(db.value(GraphUsageTable.select(GraphUsageTable.bytes).where(GraphUsageTable.master == owner)) or 0)
