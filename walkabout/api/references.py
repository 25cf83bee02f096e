"""What a jid or an alias names: uids out of texts, with the caller's rights."""

from dataclasses import dataclass

from walkabout.api.answers import Refusal
from walkabout.graph import table
from walkabout.graph.rights import Actor
from walkabout.jids import BadJid, uid_of
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.walking.sentinel import GLOBAL

ACTIVE_GRAPH, ACTIVE_SENTINEL = "active:graph", "active:sentinel"
ALWAYS_THERE = (ACTIVE_GRAPH, ACTIVE_SENTINEL, GLOBAL)


@dataclass(frozen=True)
class Resolver:
    """Resolves what one master names. Every method raises Refusal: 400 for a malformed jid, 404 for what is not there
    or not theirs (the two look the same)."""

    service: Service
    master: Master

    def resolve(self, kind: str, text: str, field: str) -> str:
        """The uid of the object of a kind ("node", "graph", "object", "sentinel") that a text names."""
        uid = self.uid(text, field)
        if kind == "sentinel":
            if uid != self.service.sentinel.uid:
                raise self._missing(field, text, "sentinel")
        elif kind == "object":
            self._object_must_be_there(uid, text, field)
        elif uid != self.master.active_graph:
            self._node_must_be_there(uid, text, field, kind)
        return uid

    def uid(self, text: str, field: str) -> str:
        """The uid that a text names: a jid, a bare uuid, one of the names that are always there, or an alias."""
        found = self._named(text, field)
        if found is None:
            value = self.service.aliases.value(self.master.uid, text)
            found = self._named(value, field) if value is not None else None
        if found is None:
            raise Refusal(404, f'{field}: "{text[:200]}" is neither a jid nor one of your aliases')
        return found

    def _named(self, text: str, field: str) -> str | None:
        if text == ACTIVE_GRAPH:
            return self.service.graphs.active(self.master)
        if text in (ACTIVE_SENTINEL, GLOBAL):
            return self.service.sentinel.uid
        try:
            return uid_of(text)
        except BadJid as error:
            raise Refusal(400, f"{field}: {error}") from None

    @property
    def actor(self) -> Actor:
        """In whose name the graph is read."""
        return Actor(self.master.uid, self.master.is_superuser)

    def _node_must_be_there(self, uid: str, text: str, field: str, kind: str) -> None:
        rows = table.nodes(self.service.db, [uid], self.actor)
        if not rows or (kind == "graph" and rows[0][1] != "graph"):
            raise self._missing(field, text, kind)

    def _object_must_be_there(self, uid: str, text: str, field: str) -> None:
        db = self.service.db
        if (
            uid in (self.master.uid, self.service.sentinel.uid)
            or table.nodes(db, [uid], self.actor)
            or table.edge(db, uid, self.actor)
        ):
            return
        if self.master.is_superuser and self.service.masters.by_uid(uid):
            return
        raise self._missing(field, text, "object")

    def _missing(self, field: str, text: str, kind: str) -> Refusal:
        return Refusal(404, f'{field}: "{text[:200]}" names no {kind} of yours')
