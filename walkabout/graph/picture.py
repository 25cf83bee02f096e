"""The layout of a graph as a picture: the same graph gives the same picture.

The start stands in the middle; what is one step away on a ring around it, and so on; a ring that is full goes on in
the next one. Children stand near the direction of their parent.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

SPACE = 34.0  # between neighbours on a ring
RING = 64.0  # between rings
ONE_RING_MOST = 40  # nodes that stand on one ring, however wide that has to be
FIRST_RING = 120.0  # the radius of the first of several rings
FEW = 4
FAN = 0.6  # the angle between few nodes that stand together


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
        parents = dict(level)
        position = 0
        for ring_radius, room in _rings(radius, len(level)):
            radius = ring_radius
            ring = [uid for uid, _ in level[position : position + room]]
            position += room
            for uid, angle in zip(ring, _angles(ring, angles[parents[ring[0]]]), strict=True):
                angles[uid] = angle
                placed[uid] = Spot(round(radius * math.cos(angle), 1), round(radius * math.sin(angle), 1))
    return placed


def _rings(inner: float, size: int) -> list[tuple[float, int]]:
    """Rings for so many nodes around a radius: each with its own radius, and how many stand on it."""
    if size <= ONE_RING_MOST:
        return [(max(inner + RING, size * SPACE / (2 * math.pi)), size)]
    radii = [max(inner + RING, FIRST_RING)]
    while sum(radii) * 2 * math.pi / SPACE < size:
        radii.append(radii[-1] + SPACE)
    rings, left = [], size
    for number, radius in enumerate(radii):
        # A share by length, so that no ring is left nearly empty.
        share = left if number == len(radii) - 1 else min(left, round(size * radius / sum(radii)))
        left -= share
        if share:
            rings.append((radius, share))
    return rings


def _angles(ring: Sequence[str], towards: float) -> list[float]:
    """Where the nodes of a ring stand on it: few of them together in one direction, many all around."""
    if len(ring) < FEW:
        return [towards + FAN * (position - (len(ring) - 1) / 2) for position in range(len(ring))]
    return [2 * math.pi * position / len(ring) - math.pi / 2 for position in range(len(ring))]


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
