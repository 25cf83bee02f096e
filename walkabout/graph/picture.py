"""A graph as a picture: where its nodes stand. The same graph gives the same picture.

The start stands in the middle; what is one step away on a ring around it, and so on; a ring that is full goes on in
the next one. Children stand near the direction of their parent.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

SPACE = 34.0  # between neighbours on a ring
RING = 64.0  # between rings


@dataclass(frozen=True)
class Spot:
    """Where a node stands."""

    x: float
    y: float


def spots(start: str, nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, Spot]:
    """Where each node stands, by uid. `edges`: from and to; those to nodes that are not shown are ignored."""
    placed = {start: Spot(0.0, 0.0)}
    angles = {start: 0.0}
    radius = 0.0
    for level in _levels(start, nodes, edges):
        level.sort(key=lambda child: angles[child[1]])
        rest = [uid for uid, _ in level]
        parents = dict(level)
        while rest:
            radius += RING
            room = max(6, int(2 * math.pi * radius / SPACE))
            ring, rest = rest[:room], rest[room:]
            # Few nodes of one parent stand together, many around the whole ring.
            spread = min(2 * math.pi / len(ring), 2 * math.pi / 3)
            first = angles[parents[ring[0]]] - spread * (len(ring) - 1) / 2 if len(ring) < 4 else -math.pi / 2
            for position, uid in enumerate(ring):
                angles[uid] = first + spread * position
                placed[uid] = Spot(round(radius * math.cos(angles[uid]), 1), round(radius * math.sin(angles[uid]), 1))
    return placed


def _levels(start: str, nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """The nodes by their distance from the start, each with the node that it was reached from."""
    near: dict[str, list[str]] = {uid: [] for uid in nodes}
    for source, target in edges:
        if source in near and target in near:
            near[source].append(target)
            near[target].append(source)
    seen, level, levels = {start}, [start], []
    while level:
        following: list[tuple[str, str]] = []
        for uid in level:
            for other in near.get(uid, ()):
                if other not in seen:
                    seen.add(other)
                    following.append((other, uid))
        level = [uid for uid, _ in following]
        if following:
            levels.append(following)
    alone = [(uid, start) for uid in nodes if uid not in seen]
    return [*levels, alone] if alone else levels
