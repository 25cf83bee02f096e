"""What a run, an object and a person may take of the graph; each limit is a setting that its error names."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.rights.conftest import World, build_world
from tests.support.jobs import worked
from tests.support.walks import keep, root_of, view_of
from walkabout.graph import usage
from walkabout.jobs import queries
from walkabout.service import Service
from walkabout.settings import MB

Make = Callable[..., World]


@pytest.fixture
def make(make_service: Callable[..., Service]) -> Make:
    """Makes a world with other settings."""
    return lambda **settings: build_world(make_service(**settings))


def counted(world: World) -> dict[str, int]:
    """What the tables hold of each person."""
    parts = " UNION ALL ".join(
        f"SELECT owner, {usage.size_sql(world.service.db, name)} AS size FROM {name}" for name in ("node", "edge")
    )
    return dict(world.service.db.rows(f"SELECT owner, sum(size) FROM ({parts}) AS sized GROUP BY owner"))


def kept(world: World) -> dict[str, int]:
    """What the counters say."""
    return dict(world.service.db.rows("SELECT master, bytes FROM graph_usage"))


def refused(world: World, setting: str, **body: Any) -> None:
    """Alice's walker fails, now and as a job, with a text that names the setting, and keeps nothing."""
    before = counted(world)
    now = world.good("alice", "/js/walker_run", **body)
    task_id = world.good("alice", "/js/walker_run", **body, is_async=True, delay=60)["result"]
    world.service.db.change("UPDATE job SET wait_until = NULL WHERE uid = ?", (task_id,))
    assert worked(world.service) == task_id
    task = queries.job(world.service.db, task_id)
    assert task is not None
    assert task.state == "FAILURE"
    for answer in (now, json.loads(task.result or "")):
        assert (answer["success"], answer["errors"][0].split(":")[0]) == (False, "LimitExceeded")
        assert f"({setting})" in answer["errors"][0]
    assert setting in json.loads(task.error or "")["message"]
    assert counted(world) == before == kept(world)


def test_a_run_makes_a_limited_number_of_nodes(make: Make) -> None:
    world = make(run_nodes_max=10)
    refused(world, "RUN_NODES_MAX", name="grow", ctx={"count": 11})
    assert world.good("alice", "/js/walker_run", name="grow", ctx={"count": 10})["success"] is True


def test_a_run_makes_a_limited_number_of_edges(make: Make) -> None:
    world = make(run_nodes_max=4)
    view = view_of(world.service, world.people["alice"])
    root = root_of(view, world.people["alice"])
    for _ in range(4):
        root.connect(root)
    with pytest.raises(ValueError, match="RUN_NODES_MAX"):
        root.connect(root)


def test_a_context_has_a_limited_size(make: Make) -> None:
    world = make(context_mb=1000 / MB)
    refused(world, "CONTEXT_MB", name="fill", ctx={"size": 1000})
    assert world.good("alice", "/js/walker_run", name="fill", ctx={"size": 900})["success"] is True
    answer = world.ask("alice", "/js/object_set", obj="{open}", ctx={"context": {"text": "é" * 495}})
    assert (answer.status_code, "CONTEXT_MB" in answer.json["errors"][0]) == (400, True)


def test_a_person_holds_a_limited_number_of_bytes(make: Make) -> None:
    world = make(graph_mb=10_000 / MB)
    refused(world, "GRAPH_MB", name="grow", ctx={"count": 100})
    refused(world, "GRAPH_MB", name="fill", ctx={"size": 10_000})
    answer = world.ask("alice", "/js/object_set", obj="{open}", ctx={"context": {"text": "x" * 10_000}})
    assert (answer.status_code, "GRAPH_MB" in answer.json["errors"][0]) == (400, True)
    assert [world.ask("bob", "/js/graph_create").status_code for _ in range(50)].count(400) > 0
    # Whatever a guest makes at hers is hers.
    answer = world.good("bob", "/js/walker_run", name="grow", nd="{open}", ctx={"count": 100})
    assert "GRAPH_MB" in answer["errors"][0]


def test_who_holds_too_much_can_make_room(make: Make) -> None:
    world = make()
    world.good("alice", "/js/walker_run", name="fill", ctx={"size": 5000})
    view = view_of(world.service, world.people["alice"])
    view.limits = view.changes.limits = type(view.limits)(100, MB, 100, MB, owner_bytes=1000)
    root = root_of(view, world.people["alice"])
    root["text"] = "short"
    next(node for node in root.out() if node.kind == "full").delete()
    keep(world.service, view)
    assert counted(world) == kept(world)


def test_the_counters_are_exact_whatever_is_done(make: Make) -> None:
    world, chance = make(), random.Random(7)
    people = [world.people[who] for who in ("alice", "bob", "dan")]
    for turn in range(60):
        view = view_of(world.service, chance.choice(people))
        nodes = view.load([row[0] for row in world.service.db.rows("SELECT uid FROM node ORDER BY random() LIMIT 4")])
        for node in nodes:
            try:
                match chance.randrange(4):
                    case 0:
                        node.create("é" * turn, text="ü" * turn).connect(node, "back")
                    case 1:
                        node["text"] = "x" * chance.randrange(500)
                    case 2:
                        nodes[0].connect(node, "beside", number=turn)
                    case _:
                        node.delete()
            except (PermissionError, LookupError, ValueError):
                continue  # a guest, or a root; what was done before counts
        keep(world.service, view)
        assert counted(world) == kept(world)
    world.good("alice", "/js/graph_delete", gph="{root}")
    world.good("dan", "/js/graph_create")
    assert {who: size for who, size in kept(world).items() if size} == counted(world)


def test_aliases_are_limited_in_length_and_number(make: Make) -> None:
    world = make(aliases_max=3, alias_chars=50)
    for name, value in (("a" * 51, "x"), ("a", "x" * 51)):
        answer = world.ask("alice", "/js/alias_register", name=name, value=value)
        assert (answer.status_code, "ALIAS_CHARS" in answer.json["errors"][0]) == (400, True)
    for name in "abc":
        world.good("alice", "/js/alias_register", name=name, value="x" * 50)
    answer = world.ask("alice", "/js/alias_register", name="d", value="x")
    assert (answer.status_code, "ALIASES_MAX" in answer.json["errors"][0]) == (400, True)
    world.good("alice", "/js/alias_register", name="a", value="other")
    world.good("alice", "/js/alias_delete", name="b")
    world.good("alice", "/js/alias_register", name="d", value="x")
    assert set(world.good("alice", "/js/alias_list")) == {"a", "c", "d", "active:graph", "active:sentinel", "global"}


@pytest.mark.parametrize("settings", [{"walk_nodes_max": 20}, {"walk_mb": 600 / MB}])
def test_a_walk_holds_a_limited_part_of_the_graph(make: Make, settings: dict[str, Any]) -> None:
    world = make(**settings)
    view = view_of(world.service, world.people["alice"])
    view.limits = type(view.limits)(1000, MB, 1000, MB, MB)
    root = root_of(view, world.people["alice"])
    for number in range(30):
        root.create("leaf", text="x" * 20, number=number)
    keep(world.service, view)
    refused(world, "WALK_NODES_MAX", name="run")
    # What is read along does not count against a walk that never goes there.
    assert world.good("alice", "/js/walker_run", name="run", nd="{open}")["success"] is True


def test_an_answer_holds_a_limited_part_of_the_graph_and_says_so(make: Make) -> None:
    world = make(object_nodes_max=5)
    world.good("alice", "/js/walker_run", name="grow", ctx={"count": 20})
    seen = world.good("alice", "/js/object_get", obj="{root}", depth=2)
    assert len(seen["nodes"]) <= 5
    assert "OBJECT_NODES_MAX" in seen["truncated"]
    assert "truncated" not in world.good("alice", "/js/object_get", obj="{open}", depth=2)
    things, offset = [], "0"
    while offset:
        answer = world.ask("alice", "/js/graph_get", gph="{root}", offset=int(offset))
        assert len(answer.json) <= 5
        things += answer.json
        offset = answer.headers.get("X-Walkabout-Next-Offset", "")
    assert [thing["kind"] for thing in things] == ["node"] * 24 + ["edge"] * 24
    assert len({thing["jid"] for thing in things}) == 48
    assert len(world.good("alice", "/js/graph_get", gph="{root}", offset=25, detailed=True)) == 5
    hub = world.good("alice", "/js/object_get", obj="{root}", detailed=True)
    assert (len(hub["edges"]), "OBJECT_NODES_MAX" in hub["truncated"]) == (20, True)
    assert "offset=5" in world.good("alice", "/js/graph_get", gph="{root}", mode="dot")
    assert len(world.good("alice", "/js/graph_get", gph="{root}", limit=100)) == 5


def test_an_answer_holds_contexts_of_a_limited_size(make: Make) -> None:
    world = make(object_mb=2000 / MB)
    for _ in range(5):
        world.good("alice", "/js/walker_run", name="fill", ctx={"size": 900})
    seen = world.good("alice", "/js/object_get", obj="{root}", depth=1)
    assert (len(seen["nodes"]) < 7, "OBJECT_MB" in seen["truncated"]) == (True, True)
    offset, things = "0", 0
    while offset:
        answer = world.ask("alice", "/js/graph_get", gph="{root}", offset=int(offset))
        assert len(answer.data) < 4500
        things += len(answer.json)
        offset = answer.headers.get("X-Walkabout-Next-Offset", "")
    assert things == 9 + 9
    assert world.visitor("alice").get(f"/graph?graph={world.uid('root')}").status_code == 200


def test_an_object_that_is_larger_than_an_answer_is_still_shown(make: Make) -> None:
    world = make(object_mb=500 / MB)
    world.good("alice", "/js/object_set", obj="{open}", ctx={"context": {"text": "x" * 400}})
    small = world.service
    small.db.change("UPDATE node SET context = ? WHERE uid = ?", ('{"text":"' + "y" * 800 + '"}', world.uid("kept")))
    offset, seen = "0", []
    while offset:
        answer = world.ask("alice", "/js/graph_get", gph="{root}", offset=int(offset))
        seen += [thing["jid"] for thing in answer.json]
        offset = answer.headers.get("X-Walkabout-Next-Offset", "")
    assert len(seen) == len(set(seen)) == 8
