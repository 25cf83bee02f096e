"""Shows a graph as a picture, and one of its nodes in full."""

from dataclasses import dataclass

from flask import Response, abort, request, url_for

from walkabout.graph.objects import Edge, Node
from walkabout.graph.picture import RING, Spot, spots
from walkabout.graph.view import GraphView, NotFound
from walkabout.jids import BadJid, jid, uid_of
from walkabout.web.pages.frame import page
from walkabout.web.pages.run.tree import Branch, Budget, tree
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import Moment, count, cut, moment
from walkabout.web.session import me

NAMED_MOST = 60  # in a picture with more nodes than these the names stand in the tooltips only
SCALE = 1.4  # a unit of the picture in pixels, where there is room
NEIGHBOURS_MOST = 50  # edges that a node shows in each direction


@dataclass(frozen=True)
class Dot:
    """A node in the picture."""

    uid: str
    url: str
    x: float
    y: float
    label: str
    name: str
    colour: int
    here: bool


@dataclass(frozen=True)
class Line:
    """An edge in the picture."""

    x1: float
    y1: float
    x2: float
    y2: float
    kind: str


@dataclass(frozen=True)
class GraphPicture:
    """A graph as the template draws it. `more`: there are more nodes than are shown."""

    box: str
    width: int
    dots: list[Dot]
    lines: list[Line]
    kinds: list[tuple[int, str]]
    more: bool


@dataclass(frozen=True)
class Neighbour:
    """An edge of a node, with the node at its other end."""

    edge: str
    label: str
    url: str


@dataclass(frozen=True)
class GraphPart:
    """A node that was chosen."""

    label: str
    kind: str
    jid: str
    made: Moment | None
    context: Branch | None
    out: list[Neighbour]
    into: list[Neighbour]


class GraphPageView(View):
    """The graphs of whoever asks."""

    @route("/graph")
    def graph(self) -> Response:
        """A graph (the active one, unless another is asked for), and the node that was chosen."""
        view = self.service.view(me())
        graph = self._uid_in_query("graph") or self.service.graphs.active(me())
        try:
            root = view.node(graph)
        except NotFound:
            abort(404)
        if root.type != "graph":
            abort(404)
        nodes, edges, more = self._read(view, graph)
        chosen = self._uid_in_query("node")
        graphs = self.service.graphs.list(me().uid)
        return page(
            "graph/page.html",
            "Graph",
            "walkers",
            picture=_picture(graph, nodes, edges, chosen, more),
            words=f"{count(len(nodes), 'node')}, {count(len(edges), 'edge')}",
            node=self._node(view, graph, chosen) if chosen else None,
            graph=graph,
            is_active=graph == self.service.graphs.active(me()),
            graphs=[(uid, f"graph {number}", uid == graph) for number, uid in enumerate(graphs, 1)],
        )

    def _read(self, view: GraphView, graph: str) -> tuple[list[Node], list[Edge], bool]:
        most = self.service.settings.graph_nodes
        nodes, edges = view.first_of_graph(graph, most + 1, most * 3)
        return nodes[:most], edges, len(nodes) > most

    def _node(self, view: GraphView, graph: str, uid: str) -> GraphPart:
        try:
            node = view.node(uid)
        except NotFound:
            abort(404)
        settings = self.service.settings
        out = [
            _neighbour(graph, edge, edge.target) for edge in view.first_neighbours(node, NEIGHBOURS_MOST, outwards=True)
        ]
        into = [
            _neighbour(graph, edge, edge.source)
            for edge in view.first_neighbours(node, NEIGHBOURS_MOST, outwards=False)
        ]
        context = tree(node.context, Budget(settings.tree_items, settings.tree_chars)) if node.context else None
        made = moment(node.created_at, self.now)
        return GraphPart(
            label=_label(node), kind=node.kind, jid=jid(node.uid), made=made, context=context, out=out, into=into
        )

    def _uid_in_query(self, name: str) -> str | None:
        text = request.args.get(name, "").strip()
        if not text:
            return None
        try:
            uid = uid_of(text)
        except BadJid:
            uid = None
        return uid or abort(404)


def _picture(graph: str, nodes: list[Node], edges: list[Edge], chosen: str | None, more: bool) -> GraphPicture:
    at = spots(graph, [node.uid for node in nodes], [(edge.source_uid, edge.target_uid) for edge in edges])
    kinds = sorted({node.kind for node in nodes})
    named = len(nodes) <= NAMED_MOST
    dots = [_dot(graph, node, at[node.uid], kinds.index(node.kind) % 6, node.uid == chosen, named) for node in nodes]
    lines = [
        Line(at[e.source_uid].x, at[e.source_uid].y, at[e.target_uid].x, at[e.target_uid].y, cut(e.kind, 40))
        for e in edges
        if e.source_uid in at and e.target_uid in at
    ]
    edge = max((max(abs(spot.x), abs(spot.y)) for spot in at.values()), default=0.0) + RING
    colours = [(position % 6, cut(kind, 40)) for position, kind in enumerate(kinds[:12])]
    box = f"{-edge:g} {-edge:g} {2 * edge:g} {2 * edge:g}"
    return GraphPicture(box, int(2 * edge * SCALE), dots, lines, colours, more)


def _dot(graph: str, node: Node, spot: Spot, colour: int, here: bool, named: bool) -> Dot:
    label = _label(node)
    url = url_for("pages.graph", graph=graph, node=node.uid)
    return Dot(
        uid=node.uid,
        url=url,
        x=spot.x,
        y=spot.y,
        label=label,
        name=cut(_name(node), 18) if named else "",
        colour=colour,
        here=here,
    )


def _neighbour(graph: str, edge: Edge, other: Node) -> Neighbour:
    return Neighbour(cut(edge.kind, 60), _label(other), url_for("pages.graph", graph=graph, node=other.uid))


def _name(node: Node) -> str:
    name = node.get("name")
    return name if isinstance(name, str) and name else node.kind


def _label(node: Node) -> str:
    name = _name(node)
    return cut(node.kind if name == node.kind else f"{node.kind} {name}", 80)
