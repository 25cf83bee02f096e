"""Nodes and edges as walkers see them; each works through the view of its run."""

from collections.abc import Iterator
from typing import Any, Protocol

from walkabout import json_text
from walkabout.jids import jid
from walkabout.times import iso


class GraphAccess(Protocol):
    """What a node or an edge asks of the run's view of the graph."""

    def out_edges(self, node: "Node", kind: str | None) -> list["Edge"]: ...
    def in_edges(self, node: "Node", kind: str | None) -> list["Edge"]: ...
    def node(self, uid: str) -> "Node": ...
    def create(self, kind: str, context: dict[str, Any], at: "Node") -> "Node": ...
    def touch(self, thing: "Thing") -> None: ...
    def connect(self, source: "Node", target: "Node", kind: str, context: dict[str, Any]) -> "Edge": ...
    def delete(self, thing: "Thing") -> None: ...
    def may_change(self, thing: "Thing") -> None: ...


class Thing:
    """What nodes and edges have in common: a kind, an owner, and a context that reads like a dictionary.

    `thing["name"]` reads, `thing["name"] = "Rome"` changes; what the run changed is kept when it ends well.
    """

    __slots__ = ("_context", "_text", "_view", "access", "created_at", "kind", "owner", "uid", "version")

    def __init__(
        self,
        view: GraphAccess,
        uid: str,
        kind: str,
        owner: str,
        access: str,
        text: str,
        version: int,
        created_at: float,
    ) -> None:
        """`text`: the context as JSON; `version`: 0 for what this run created."""
        self._view = view
        self.uid = uid
        self.kind = kind
        self.owner = owner
        self.access = access
        self.version = version
        self.created_at = created_at
        self._text = text
        self._context: dict[str, Any] | None = None

    @property
    def jid(self) -> str:
        """How the object is named from outside: `urn:uuid:...`."""
        return jid(self.uid)

    @property
    def context(self) -> dict[str, Any]:
        """The object's data, to read and to change."""
        if self._context is None:
            self._context = json_text.load(self._text)
        return self._context

    def __getitem__(self, key: str) -> Any:
        return self.context[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._view.may_change(self)
        self.context[key] = value

    def __delitem__(self, key: str) -> None:
        self._view.may_change(self)
        del self.context[key]

    def __contains__(self, key: object) -> bool:
        return key in self.context

    def __iter__(self) -> Iterator[str]:
        return iter(self.context)

    def get(self, key: str, default: Any = None) -> Any:
        """The value under a key of the context, or the default."""
        return self.context.get(key, default)

    def touch(self) -> None:
        """Count on the object as it is: of two runs at one time that touch or change it, one runs again afterwards."""
        self._view.touch(self)

    def delete(self) -> None:
        """Delete the object when the run ends well; a node takes its edges with it."""
        self._view.delete(self)

    @property
    def text(self) -> str:
        """The context as it was read, as JSON."""
        return self._text

    def changed_text(self) -> str | None:
        """The context's new text if it differs from what was read, else None. Raises ValueError, TypeError."""
        if self._context is None:
            return None
        text = json_text.write(self._context)
        return None if text == self._text and self.version else text

    def __repr__(self) -> str:
        return f"<{self.kind} {self.jid} {self.context}>"

    def _as_dict(self, type_name: str, j_type: str) -> dict[str, Any]:
        return {
            "name": self.kind,
            "kind": type_name,
            "jid": self.jid,
            "j_type": j_type,
            "j_timestamp": iso(self.created_at),
            # A copy: what was reported does not change when the walker goes on.
            "context": json_text.load(json_text.write(self.context)),
        }


class Node(Thing):
    """A node: `kind` is its kind ("city"; a graph's is "root"), `graph` the uid of the graph it belongs to."""

    __slots__ = ("follows", "graph", "type")

    def __init__(
        self, view: GraphAccess, uid: str, type: str, kind: str, graph: str, follows: str | None, *rest: Any
    ) -> None:
        """`type`: "node" or "graph"; `follows`: the uid of the node that it is shared like, if it has no access of its
        own; `rest` as for Thing, from `owner` on."""
        super().__init__(view, uid, kind, *rest)
        self.type = type
        self.graph = graph
        self.follows = follows

    def out(self, kind: str | None = None) -> list["Node"]:
        """The nodes that edges (of this kind) lead to from here, in the order of the edges' making."""
        return [self._view.node(edge.target_uid) for edge in self._view.out_edges(self, kind)]

    def into(self, kind: str | None = None) -> list["Node"]:
        """The nodes whose edges (of this kind) lead here."""
        return [self._view.node(edge.source_uid) for edge in self._view.in_edges(self, kind)]

    def edges_out(self, kind: str | None = None) -> list["Edge"]:
        """The edges (of this kind) that leave here."""
        return list(self._view.out_edges(self, kind))

    def edges_in(self, kind: str | None = None) -> list["Edge"]:
        """The edges (of this kind) that lead here."""
        return list(self._view.in_edges(self, kind))

    def connect(self, other: "Node", kind: str = "edge", /, **context: Any) -> "Edge":
        """A new edge from here to the other node."""
        return self._view.connect(self, other, kind, context)

    def create(self, kind: str, /, *, edge: str = "edge", **context: Any) -> "Node":
        """A new node below this one: created, and connected by an edge of the kind `edge`."""
        node = self._view.create(kind, context, self)
        self._view.connect(self, node, edge, {})
        return node

    def as_object(self) -> dict[str, Any]:
        """The node as object_get gives it."""
        return self._as_dict("node", self.type)


class Edge(Thing):
    """An edge from the node `source` to the node `target`."""

    __slots__ = ("own_access", "source_uid", "target_uid")

    def __init__(
        self, view: GraphAccess, uid: str, kind: str, source: str, target: str, own_access: int, *rest: Any
    ) -> None:
        """`own_access`: 0 when it is for everybody who may read both ends; `rest` as for Thing, from `owner` on."""
        super().__init__(view, uid, kind, *rest)
        self.source_uid = source
        self.target_uid = target
        self.own_access = bool(own_access)

    @property
    def source(self) -> Node:
        """The node that it leaves."""
        return self._view.node(self.source_uid)

    @property
    def target(self) -> Node:
        """The node that it leads to."""
        return self._view.node(self.target_uid)

    def as_object(self) -> dict[str, Any]:
        """The edge as object_get gives it, with the jids of both ends."""
        return {**self._as_dict("edge", "edge"), "from": jid(self.source_uid), "to": jid(self.target_uid)}
