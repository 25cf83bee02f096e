"""The queries on the tables `node` and `edge`. Each returns only what its actor may read.

They are SQL text: walks wait for them, and the conditions of rights.py are part of each.
"""

from collections.abc import Callable, Collection, Sequence

from walkabout.database.connections import Database, Row
from walkabout.graph.objects import Node, Thing
from walkabout.graph.rights import Actor, edge_readable, edge_writable, readable, writable
from walkabout.graph.tables import EDGE_COLUMNS, NODE_COLUMNS, UID, EdgeTable, GraphUsageTable, NodeTable

# The access of a node that follows another one is that one's.
_ACCESS = (
    "CASE WHEN {0}.follows IS NULL THEN {0}.access"
    " ELSE coalesce((SELECT led.access FROM node AS led WHERE led.uid = {0}.follows), 'private') END"
)
NODE = ", ".join(_ACCESS.format("node") if name == "access" else f"node.{name}" for name in NODE_COLUMNS)
EDGE = ", ".join(f"edge.{name}" for name in EDGE_COLUMNS)
_BOTH_ENDS = "edge JOIN node AS a ON a.uid = edge.source JOIN node AS b ON b.uid = edge.target"

FEW = 8  # objects that may be read at once, however large they are

Enough = Callable[[Row], bool]
"""Whether a row is the last one that is wanted."""


def nodes(db: Database, uids: Sequence[str], actor: Actor, enough: Enough) -> list[Row]:
    """The nodes of these uids. Index: node.uid."""
    may, who = readable("node", actor)
    which, params = db.among("node.uid", uids)
    few = len(uids) <= FEW
    return db.rows_until(f"SELECT {NODE} FROM node WHERE {which} AND {may}", [*params, *who], enough, few=few)


def type_of(db: Database, uid: str, actor: Actor) -> str | None:
    """What a node is, "node" or "graph". Index: node.uid."""
    may, who = readable("node", actor)
    found: str | None = db.value(f"SELECT type FROM node WHERE uid = ? AND {may}", [uid, *who])
    return found


def neighbours(db: Database, uids: Sequence[str], actor: Actor, enough: Enough, *, outwards: bool) -> list[Row]:
    """The edges that leave these nodes (or lead into them), each with the node at its other end, oldest first.

    The nodes must be known to be readable. Index: edge_source or edge_target, edge.id.
    """
    near, far = ("source", "target") if outwards else ("target", "source")
    may_node, who_node = readable("node", actor)
    may_edge, who_edge = edge_readable("edge", actor)
    which, params = db.among(f"near.{near}", uids)
    # Sorted are the numbers alone, so that nobody holds more contexts than are read.
    return db.rows_until(
        f"SELECT {NODE}, {EDGE} FROM edge JOIN node ON node.uid = edge.{far}"
        f" WHERE edge.id IN (SELECT near.id FROM edge AS near WHERE {which}) AND {may_edge} AND {may_node}"
        " ORDER BY edge.id",
        [*params, *who_edge, *who_node],
        enough,
    )


def edge(db: Database, uid: str, actor: Actor) -> Row | None:
    """The edge of a uid. Index: edge.uid, node.uid."""
    may, who = _edge_and_ends(actor)
    return db.first(f"SELECT {EDGE} FROM {_BOTH_ENDS} WHERE edge.uid = ? AND {may}", [uid, *who])


def edges_of(db: Database, uids: Sequence[str], actor: Actor, most: int) -> tuple[dict[str, list[str]], bool]:
    """The uids of the edges at each of these nodes, oldest first, so many in all; and whether these are all.

    Index: edge_source, edge_target.
    """
    found: dict[str, list[str]] = {uid: [] for uid in uids}
    may, who = _edge_and_ends(actor)
    from_here, params = db.among("near.source", uids)
    to_here, _ = db.among("near.target", uids)
    rows = db.rows(
        f"SELECT edge.uid, edge.source, edge.target FROM {_BOTH_ENDS} WHERE edge.id IN"
        f" (SELECT near.id FROM edge AS near WHERE {from_here} UNION SELECT near.id FROM edge AS near WHERE {to_here})"
        f" AND {may} ORDER BY edge.id LIMIT ?",
        [*params, *params, *who, most + 1],
    )
    for edge_uid, source, target in rows[:most]:
        for end in {source, target} & found.keys():
            found[end].append(edge_uid)
    return found, len(rows) <= most


def access_of_ends(db: Database, uids: Sequence[str], actor: Actor) -> list[tuple[str, str, str]]:
    """The uids of edges, each with the access of both of its ends. Index: edge.uid, node.uid."""
    may, who = _edge_and_ends(actor)
    which, params = db.among("edge.uid", uids)
    ends = f"{_ACCESS.format('a')}, {_ACCESS.format('b')}"
    rows = db.rows(f"SELECT edge.uid, {ends} FROM {_BOTH_ENDS} WHERE {which} AND {may}", [*params, *who])
    return [(uid, source, target) for uid, source, target in rows]


def page_of_graph(
    db: Database, graph: str, actor: Actor, limit: int, offset: int, enough: Enough
) -> tuple[list[Row], list[Row]]:
    """A graph's nodes, then the edges between them, as one list cut to a page. Index: node_graph, edge_source."""
    may, who = readable("node", actor)
    nodes = db.rows_until(
        f"SELECT {NODE} FROM node WHERE graph = ? AND {may} ORDER BY id LIMIT ? OFFSET ?",
        [graph, *who, limit, offset],
        enough,
    )
    total = _nodes_of(db, graph, actor)
    if offset + len(nodes) < total:
        return nodes, []
    may_edge, who_edge = _edge_and_ends(actor)
    edges = db.rows_until(
        f"SELECT {EDGE} FROM edge WHERE id IN (SELECT edge.id FROM {_BOTH_ENDS} WHERE a.graph = ? AND b.graph = ?"
        f" AND {may_edge} ORDER BY edge.id LIMIT ? OFFSET ?) ORDER BY id",
        [graph, graph, *who_edge, limit - len(nodes), max(offset - total, 0)],
        enough,
    )
    return nodes, edges


def first_of_graph(
    db: Database, graph: str, actor: Actor, most: int, edges_most: int, enough: Enough
) -> tuple[list[Row], list[Row]]:
    """The first nodes of a graph, and edges that leave them. Index: node_graph, edge_source."""
    may, who = readable("node", actor)
    nodes = db.rows_until(
        f"SELECT {NODE} FROM node WHERE graph = ? AND {may} ORDER BY id LIMIT ?", [graph, *who, most], enough
    )
    may_edge, who_edge = _edge_and_ends(actor)
    which, params = db.among("edge.source", [row[UID] for row in nodes])
    edges = db.rows_until(
        f"SELECT {EDGE} FROM edge WHERE id IN (SELECT edge.id FROM {_BOTH_ENDS} WHERE {which} AND {may_edge}"
        " ORDER BY edge.id LIMIT ?) ORDER BY id",
        [*params, *who_edge, edges_most],
        enough,
    )
    return nodes, edges


def graphs(db: Database, owner: str, actor: Actor) -> list[str]:
    """The uids of a master's graphs, oldest first. Index: node_owner."""
    may, who = readable("node", actor)
    return db.values(f"SELECT uid FROM node WHERE owner = ? AND type = 'graph' AND {may} ORDER BY id", [owner, *who])


def writable_nodes(db: Database, uids: Collection[str], actor: Actor) -> set[str]:
    """Which of these nodes the actor may change. Index: node.uid."""
    may, who = writable("node", actor)
    which, params = db.among("node.uid", sorted(uids))
    return set(db.values(f"SELECT uid FROM node WHERE {which} AND {may}", [*params, *who]))


def writable_edges(db: Database, uids: Collection[str], actor: Actor) -> set[str]:
    """Which of these edges the actor may change. Index: edge.uid, node.uid."""
    may, who = edge_writable("edge", "a", actor)
    which, params = db.among("edge.uid", sorted(uids))
    return set(db.values(f"SELECT edge.uid FROM {_BOTH_ENDS} WHERE {which} AND {may}", [*params, *who]))


def set_node_access(db: Database, uid: str, access: str, actor: Actor) -> None:
    """Make the actor's own node private, read_only or public; it follows no other one from now on. Index: node.uid."""
    whose, who = _own("node", actor)
    db.change(f"UPDATE node SET access = ?, follows = NULL WHERE uid = ? AND {whose}", [access, uid, *who])


def set_edge_access(db: Database, uid: str, access: str, actor: Actor) -> None:
    """Give the actor's own edge an access of its own. Index: edge.uid."""
    whose, who = _own("edge", actor)
    db.change(f"UPDATE edge SET access = ?, own_access = 1 WHERE uid = ? AND {whose}", [access, uid, *who])


def _own(name: str, actor: Actor) -> tuple[str, list[str]]:
    return ("1 = 1", []) if actor.is_superuser else (f"{name}.owner = ?", [actor.master])


def _edge_and_ends(actor: Actor) -> tuple[str, list[str]]:
    parts = (edge_readable("edge", actor), readable("a", actor), readable("b", actor))
    return " AND ".join(may for may, _ in parts), [value for _, who in parts for value in who]


def _nodes_of(db: Database, graph: str, actor: Actor) -> int:
    may, who = readable("node", actor)
    return int(db.value(f"SELECT count(*) FROM node WHERE graph = ? AND {may}", [graph, *who]))


def set_kind(db: Database, thing: Thing, kind: str) -> None:
    """Give an object another kind. It counts for its owner as it is now. Index: node.uid, edge.uid."""
    table = NodeTable if isinstance(thing, Node) else EdgeTable
    db.change(table.update(kind=kind).where(table.uid == thing.uid))
    more = len(kind.encode()) - len(thing.kind.encode())
    db.change(GraphUsageTable.update(bytes=GraphUsageTable.bytes + more).where(GraphUsageTable.master == thing.owner))
