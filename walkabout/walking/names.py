"""Resolves jids and aliases to uids, within a master's rights."""

from dataclasses import dataclass

from walkabout.database.connections import Database
from walkabout.graph import queries
from walkabout.graph.graphs import Graphs
from walkabout.graph.rights import Actor
from walkabout.jids import uid_of
from walkabout.people.aliases import Aliases
from walkabout.people.masters import Master, Masters
from walkabout.walking.sentinel import GLOBAL, Sentinel

ACTIVE_GRAPH, ACTIVE_SENTINEL = "active:graph", "active:sentinel"
ALWAYS_THERE = (ACTIVE_GRAPH, ACTIVE_SENTINEL, GLOBAL)
SELF = "self"
"""In a sequence: the one in whose name it runs. Nobody has it as an alias."""


class NotNamed(LookupError):
    """The text names nothing that the master may see: not there and not theirs look the same."""


@dataclass(frozen=True)
class Names:
    """Finds what masters name. Every method raises BadJid for a malformed jid, and NotNamed."""

    db: Database
    masters: Masters
    aliases: Aliases
    graphs: Graphs
    sentinel: Sentinel

    def resolve(self, master: Master, kind: str, text: str) -> str:
        """The uid of the object of a kind ("node", "graph", "object", "sentinel") that a text names."""
        uid = self.uid(master, text)
        if kind == "sentinel":
            there = uid == self.sentinel.uid
        elif kind == "object":
            there = self._object_is_there(master, uid)
        elif text == ACTIVE_GRAPH:
            there = True  # it is none but one that they may read
        else:
            there = queries.type_of(self.db, uid, _actor(master)) in (
                ("graph",) if kind == "graph" else ("node", "graph")
            )
        if not there:
            raise NotNamed(f'"{text[:200]}" does not name any {kind} of yours')
        return uid

    def uid(self, master: Master, text: str) -> str:
        """The uid that a text names: a jid, a bare uuid, one of the names that are always there, or an alias."""
        found = self._uid_of_name(master, text)
        if found is None:
            value = self.aliases.value(master.uid, text)
            found = self._uid_of_name(master, value) if value is not None else None
        if found is None:
            raise NotNamed(f'"{text[:200]}" is neither a jid nor one of your aliases')
        return found

    def _uid_of_name(self, master: Master, text: str) -> str | None:
        if text == ACTIVE_GRAPH:
            return self.graphs.active(master)
        if text in (ACTIVE_SENTINEL, GLOBAL):
            return self.sentinel.uid
        return uid_of(text)

    def _object_is_there(self, master: Master, uid: str) -> bool:
        actor = _actor(master)
        if (
            uid in (master.uid, self.sentinel.uid)
            or queries.type_of(self.db, uid, actor)
            or queries.edge(self.db, uid, actor)
        ):
            return True
        return master.is_superuser and self.masters.by_uid(uid) is not None


def _actor(master: Master) -> Actor:
    return Actor(master.uid, master.is_superuser)
