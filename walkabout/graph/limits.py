"""How much of the graph one run, one object and one person may use."""

from collections.abc import Container
from dataclasses import dataclass

from walkabout.database.connections import Row
from walkabout.graph.tables import CONTEXT, EDGE_CONTEXT, EDGE_UID, UID
from walkabout.setting_groups.walking import WalkingSettings
from walkabout.setting_rules import MB


class LimitExceeded(ValueError):
    """More than a setting allows; the text names the setting. Nothing of the run is kept."""


@dataclass(frozen=True)
class GraphLimits:
    """`held`: nodes that a run may hold in memory, and as many edges; `held_bytes`: of their contexts together;
    `made`: nodes that a run may make, and as many edges; `context_bytes`: of one context; `owner_bytes`: of all that a
    person owns. `holder`, `held_settings`: what holds it, and the settings that say how much, for the error."""

    held: int
    held_bytes: int
    made: int
    context_bytes: int
    owner_bytes: int
    holder: str = "a run"
    held_settings: tuple[str, str] = ("WALK_NODES_MAX", "WALK_MB")

    def check_made(self, number: int, what: str) -> None:
        """Raises LimitExceeded when a run that has made so many makes one more."""
        if number >= self.made:
            raise LimitExceeded(f"a run can create at most {self.made:,} {what} (RUN_NODES_MAX)")

    def check_context(self, text: str, jid: str) -> None:
        """Raises LimitExceeded for a context, as JSON text, that is too large. `jid`: whose it is."""
        # A character has up to four bytes: most texts need not be counted.
        if len(text) * 4 > self.context_bytes and (size := len(text.encode())) > self.context_bytes:
            raise LimitExceeded(
                f"the context of {jid} has {size:,} bytes as JSON; the limit is {self.context_bytes:,} (CONTEXT_MB)"
            )

    def too_much(self) -> LimitExceeded:
        """What a run that holds too much raises."""
        return LimitExceeded(
            f"{self.holder} holds at most {self.held:,} nodes and as many edges ({self.held_settings[0]}), with contexts of"
            f" {self.held_bytes:,} bytes in all ({self.held_settings[1]})"
        )


class Room:
    """How much a run may still hold, while rows of nodes (and of edges with them) are read."""

    def __init__(self, limits: GraphLimits, nodes: Container[str], edges: Container[str]) -> None:
        """`nodes`, `edges`: the uids of those that are held already and cost nothing more."""
        self._nodes = nodes
        self._edges = edges
        self._new: set[str] = set()
        self.nodes = limits.held
        self.edges = limits.held
        self.bytes = limits.held_bytes

    def take(self, nodes: int, edges: int, size: int) -> None:
        """Count what is held already."""
        self.nodes -= nodes
        self.edges -= edges
        self.bytes -= size

    @property
    def is_spent(self) -> bool:
        """Whether more was read than may be held."""
        return self.nodes < 0 or self.edges < 0 or self.bytes < 0

    def is_spent_by_one(self, row: Row) -> bool:
        """Count the context alone of the row of a node or of an edge."""
        self.bytes -= len(row[CONTEXT])
        return self.bytes < 0

    def is_spent_by_node(self, row: Row) -> bool:
        """Count the row of a node."""
        if row[UID] not in self._nodes and row[UID] not in self._new:
            self._new.add(row[UID])
            self.nodes -= 1
            self.bytes -= len(row[CONTEXT])
        return self.nodes < 0 or self.bytes < 0

    def is_spent_by(self, row: Row) -> bool:
        """Count the row of a node with the edge that leads there."""
        if row[EDGE_UID] not in self._edges:
            self.edges -= 1
            self.bytes -= len(row[EDGE_CONTEXT])
        return self.is_spent_by_node(row) or self.edges < 0


def graph_limits(settings: WalkingSettings) -> GraphLimits:
    """What runs of walkers, objects and people may take of the graph."""
    return GraphLimits(
        held=settings.walk_nodes_max,
        held_bytes=int(settings.walk_mb * MB),
        made=settings.run_nodes_max,
        context_bytes=int(settings.context_mb * MB),
        owner_bytes=int(settings.graph_mb * MB),
    )
