"""Walkers and the graph: where walkers are found, and what one run and one person may take."""

from dataclasses import dataclass

from walkabout.setting_rules import MB, setting


@dataclass(frozen=True)
class WalkingSettings:
    """Walkers and the graph: where walkers are found, and what one run and one person may take."""

    walkers_dir: str = setting("WALKERS_DIR", "walkers", "folders of walker files, separated by colons")
    reload_walkers: bool = setting("RELOAD_WALKERS", True, "load walker files again when they change")
    step_limit: int = setting("STEP_LIMIT", 1_000_000, "nodes a walker may visit in one run", least=1)
    respond_mb: float = setting(
        "RESPOND_MB", 16.0, "largest body of an answer that a walker gives by `respond`, MiB", least=0.001
    )
    depth_limit: int = setting("DEPTH_LIMIT", 20, "how deep walkers may start walkers", least=1)
    walk_nodes_max: int = setting(
        "WALK_NODES_MAX", 100_000, "nodes, and as many edges, that a run of a walker may hold in memory", least=1
    )
    walk_mb: float = setting("WALK_MB", 128.0, "contexts that a run of a walker may hold in memory, MiB", least=0.001)
    run_nodes_max: int = setting(
        "RUN_NODES_MAX", 200_000, "nodes, and as many edges, that a run of a walker may create", least=1
    )
    context_mb: float = setting("CONTEXT_MB", 4.0, "largest context of a node or an edge as JSON, MiB", least=0.00001)
    graph_mb: float = setting(
        "GRAPH_MB", 512.0, "what a person may own in the graph, MiB; each object counts 300 bytes more", least=0.001
    )
    object_nodes_max: int = setting(
        "OBJECT_NODES_MAX", 10_000, "nodes, and as many edges, in one answer of object_get and graph_get", least=1
    )
    object_mb: float = setting("OBJECT_MB", 32.0, "contexts in such an answer together, MiB", least=0.001)

    @property
    def respond_bytes(self) -> int:
        """Largest body of a walker's own answer, bytes."""
        return int(self.respond_mb * MB)
