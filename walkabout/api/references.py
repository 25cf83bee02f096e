"""Resolves the jids and aliases of a call to uids, within the caller's rights."""

from dataclasses import dataclass

from walkabout.api.refusals import Naming
from walkabout.jids import BadJid
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.walking.names import NotNamed


@dataclass(frozen=True)
class Resolver:
    """Resolves what one master names. Every method raises Refusal: 400 for a malformed jid, 404 for what is not there
    or not theirs (the two look the same)."""

    service: Service
    master: Master

    def resolve(self, kind: str, text: str, field: str) -> str:
        """The uid of the object of a kind ("node", "graph", "object", "sentinel") that a text names."""
        with Naming(field, BadJid, NotNamed):
            return self.service.names.resolve(self.master, kind, text)

    def uid(self, text: str, field: str) -> str:
        """The uid that a text names: a jid, a bare uuid, one of the names that are always there, or an alias."""
        with Naming(field, BadJid, NotNamed):
            return self.service.names.uid(self.master, text)
