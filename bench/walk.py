"""Walks over 10,000 nodes below a root: one that reads a field of each, one that changes a field of each."""

import statistics
import tempfile
import time
from contextlib import nullcontext
from typing import Any

from walkabout import Node, Walker, at
from walkabout.database.connections import Database
from walkabout.graph.limits import graph_limits
from walkabout.graph.rights import Actor
from walkabout.graph.view import GraphView
from walkabout.outbound import Client
from walkabout.service import build
from walkabout.settings import Settings
from walkabout.walking.walk import Walk, WalkEnvironment
from walkabout.walking.walker import Caller

LIMITS = graph_limits(Settings())
NODES, ROUNDS = 10_000, 5


class _Read(Walker):
    total: int = 0

    @at("root")
    def begin(self, here: Node) -> None:
        self.visit(here.out())

    @at("leaf")
    def look(self, here: Node) -> None:
        self.total += here["number"]


class _Change(_Read):
    @at("leaf")
    def look(self, here: Node) -> None:
        here["number"] += 1


class _Deeper(_Read):
    @at("leaf")
    def look(self, here: Node) -> None:
        self.total += here["number"]
        self.visit(here.out())


def main() -> None:
    """Seconds and queries, medians of five; beside it a query for each node, as the original reads."""
    with tempfile.TemporaryDirectory() as folder:
        service = build(Settings(data_dir=folder))
        master = service.new_master("ana@example.com", "correct-horse", "Ana")
        root = master.active_graph or ""
        actor = Actor(master.uid)
        view = GraphView(service.db, actor, service.clock, nullcontext, LIMITS)
        for number in range(NODES):
            view.node(root).create("leaf", number=number)
        with service.db.transaction():
            view.finish().apply(service.db)
        counted = _Counted(service.db)
        for name, walker in (("reads", _Read), ("reads, looks further", _Deeper), ("changes", _Change)):
            _report(f"walk that {name}", [_walk(service.db, counted, actor, root, walker) for _ in range(ROUNDS)])
        _report("a query for each node", [_one_by_one(service.db, counted, actor, root) for _ in range(3)])
        service.close()


class _Counted:
    def __init__(self, db: Database) -> None:
        self.count = 0
        db._db.query_hooks.append(self._hook)

    def _hook(self, event: Any) -> None:
        self.count += 1


def _walk(db: Database, counted: _Counted, actor: Actor, root: str, walker: type[Walker]) -> tuple[float, int]:
    counted.count = 0
    start = time.perf_counter()
    view = GraphView(db, actor, time.time, nullcontext, LIMITS)
    http: Client = None  # type: ignore[assignment]
    world = WalkEnvironment(view, Caller("", "", False), http, lambda name: walker, lambda *_: "", lambda *_: None)
    walk = Walk(walker(), world)
    ran = walk.go(view.node(root))
    assert ran.error is None, ran.error
    with db.transaction():
        view.finish().apply(db)
    return time.perf_counter() - start, counted.count


def _one_by_one(db: Database, counted: _Counted, actor: Actor, root: str) -> tuple[float, int]:
    counted.count = 0
    start = time.perf_counter()
    view = GraphView(db, actor, time.time, nullcontext, LIMITS)
    uids = [row[0] for row in db.rows("SELECT target FROM edge WHERE source = ?", (root,))]
    total = sum(view.node(uid)["number"] for uid in uids)
    assert total > 0
    return time.perf_counter() - start, counted.count


def _report(name: str, runs: list[tuple[float, int]]) -> None:
    print(f"{name}: {statistics.median(seconds for seconds, _ in runs):.3f} s, {runs[0][1]} queries")
