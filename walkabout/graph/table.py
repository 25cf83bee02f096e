"""The questions to the tables `node` and `edge`. Each reads any number of objects by one query."""

from collections.abc import Sequence

from walkabout.database.connections import Database, Row
from walkabout.graph.rights import Actor, readable

NODE = (
    "node.uid, node.type, node.kind, node.graph, node.owner, node.access, node.context, node.version, node.created_at"
)
EDGE = "edge.uid, edge.kind, edge.source, edge.target, edge.owner, edge.access, edge.context, edge.version, edge.created_at"
NODE_WIDTH = 9


def nodes(db: Database, uids: Sequence[str], actor: Actor) -> list[Row]:
    """The nodes of these uids that the actor may read. Index: node.uid."""
    may, who = readable("node", actor)
    which, params = db.among("node.uid", uids)
    return db.rows(f"SELECT {NODE} FROM node WHERE {which} AND {may}", [*params, *who])


def neighbours(db: Database, uids: Sequence[str], actor: Actor, *, outwards: bool) -> list[Row]:
    """The edges that leave these nodes (or lead into them), each with the node at its other end, oldest first.

    Only ends that the actor may read. Index: edge_source or edge_target.
    """
    near, far = ("source", "target") if outwards else ("target", "source")
    may, who = readable("node", actor)
    which, params = db.among(f"edge.{near}", uids)
    return db.rows(
        f"SELECT {NODE}, {EDGE} FROM edge JOIN node ON node.uid = edge.{far} WHERE {which} AND {may} ORDER BY edge.id",
        [*params, *who],
    )


def edge(db: Database, uid: str, actor: Actor) -> Row | None:
    """The edge of a uid, if the actor may read both of its ends."""
    may_source, who_source = readable("a", actor)
    may_target, who_target = readable("b", actor)
    return db.first(
        f"SELECT {EDGE} FROM edge JOIN node a ON a.uid = edge.source JOIN node b ON b.uid = edge.target"
        f" WHERE edge.uid = ? AND {may_source} AND {may_target}",
        [uid, *who_source, *who_target],
    )


def edges_of(db: Database, uid: str) -> list[str]:
    """The uids of all edges at a node, oldest first. Index: edge_source, edge_target."""
    rows = db.rows("SELECT uid FROM edge WHERE source = ? OR target = ? ORDER BY id", (uid, uid))
    return [row[0] for row in rows]


def page_of_graph(db: Database, graph: str, limit: int, offset: int) -> tuple[list[Row], list[Row]]:
    """A graph's nodes, then the edges that leave them, as one list cut to a page (limit 0: all). Index: node_graph."""
    most = limit or 2**62
    found = db.rows(f"SELECT {NODE} FROM node WHERE graph = ? ORDER BY id LIMIT ? OFFSET ?", (graph, most, offset))
    left = most - len(found)
    if not left:
        return found, []
    total = db.rows("SELECT count(*) FROM node WHERE graph = ?", (graph,))[0][0]
    edges = db.rows(
        f"SELECT {EDGE} FROM node JOIN edge ON edge.source = node.uid WHERE node.graph = ?"
        " ORDER BY edge.id LIMIT ? OFFSET ?",
        (graph, left, max(offset - total, 0)),
    )
    return found, edges


def first_of_graph(db: Database, graph: str, most: int, edges_most: int) -> tuple[list[Row], list[Row]]:
    """The first nodes of a graph, and edges that leave them. Index: node_graph, edge_source."""
    nodes = db.rows(f"SELECT {NODE} FROM node WHERE graph = ? ORDER BY id LIMIT ?", (graph, most))
    which, params = db.among("edge.source", [row[0] for row in nodes])
    return nodes, db.rows(f"SELECT {EDGE} FROM edge WHERE {which} ORDER BY edge.id LIMIT ?", [*params, edges_most])


def graphs(db: Database, owner: str) -> list[Row]:
    """The graphs of a master, oldest first. Index: node_owner."""
    return db.rows(f"SELECT {NODE} FROM node WHERE owner = ? AND type = 'graph' ORDER BY id", (owner,))


def set_access(db: Database, name: str, uid: str, access: str) -> None:
    """Make an object of the table `name` ("node", "edge") private, read_only or public."""
    db.change(f"UPDATE {name} SET access = ? WHERE uid = ?", (access, uid))


INSERT_NODE = (
    "INSERT INTO node (uid, type, kind, graph, owner, access, context, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
INSERT_EDGE = (
    "INSERT INTO edge (uid, kind, source, target, owner, access, context, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
