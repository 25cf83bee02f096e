"""What was granted ends when it is taken back: by the owner, by a demotion, or because the owner is disabled."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.rights.conftest import World
from tests.support.jobs import worked
from tests.support.walks import keep, view_of
from walkabout.graph import queries
from walkabout.graph.rights import SYSTEM, NotYours
from walkabout.jobs import queries as jobs
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import WALKER

FAR = {"type": "clocked", "conf": {"clocked_time": "2099-01-01T00:00:00Z"}}


def revoke(world: World) -> str:
    """Bob may read Alice's root no more."""
    world.good("alice", "/js/object_perms_revoke", obj="{root}", mast=f"urn:uuid:{world.people['bob'].uid}")
    return "bob"


def make_private(world: World) -> str:
    """The root was everybody's to read, and is no more: Carol is a stranger again."""
    world.good("alice", "/js/object_perms_set", obj="{root}", mode="private")
    return "carol"


def demote(world: World) -> str:
    """Dan is an admin no more."""
    world.service.masters.promote(world.people["eve"].uid)
    world.demote("dan")
    return "dan"


def disable(world: World) -> str:
    """Alice is disabled: nobody but admins sees what is hers."""
    world.service.owners.disable(world.people["alice"].uid)
    return "bob"


ENDS = [revoke, make_private, demote, disable]


def who_loses(end: Callable[[World], str]) -> str:
    return {"revoke": "bob", "make_private": "carol", "demote": "dan", "disable": "bob"}[end.__name__]


@pytest.fixture(params=ENDS, ids=lambda end: end.__name__)
def end(request: pytest.FixtureRequest, world: World) -> Callable[[World], str]:
    """How it ends; until then whoever loses it may read Alice's root."""
    if request.param is make_private:
        queries.set_node_access(world.service.db, world.uid("root"), "read_only", SYSTEM)
    return request.param  # type: ignore[no-any-return]


def test_the_active_graph_is_an_own_one_again(world: World, end: Callable[[World], str]) -> None:
    who = who_loses(end)
    own = world.good(who, "/js/graph_active_get")["jid"]
    world.good(who, "/js/graph_active_set", gph="{root}")
    assert world.good(who, "/js/graph_active_get")["jid"] == world.things["root"]
    end(world)
    assert world.good(who, "/js/graph_active_get")["jid"] == own
    assert world.good(who, "/js/master_self", detailed=True)["active_gph_id"] == own
    assert [thing["jid"] for thing in world.good(who, "/js/graph_get")] == [own]
    assert world.good(who, "/js/walker_run", name="count")["final_node"] == own
    assert world.good(who, "/js/object_get", obj="active:graph")["context"] == {"count": 1}
    assert world.things["root"] not in world.visitor(who).get("/graph").text


def test_names_stand_for_nothing_any_more(world: World, end: Callable[[World], str]) -> None:
    who = who_loses(end)
    world.good(who, "/js/alias_register", name="theirs", value="{root}")
    world.good(who, "/js/object_get", obj="theirs")
    end(world)
    for path, body in (
        ("object_get", {"obj": "theirs"}),
        ("graph_get", {"gph": "theirs"}),
        ("graph_get", {"gph": "{root}"}),
    ):
        assert world.ask(who, f"/js/{path}", **body).status_code == 404


def test_a_job_that_waits_runs_there_no_more(world: World, end: Callable[[World], str]) -> None:
    who = who_loses(end)
    task_id = world.good(who, "/js/walker_run", name="run", nd="{root}", is_async=True, delay=60)["result"]
    end(world)
    world.service.db.change("UPDATE job SET wait_until = NULL WHERE uid = ?", (task_id,))
    assert worked(world.service) == task_id
    found = jobs.job(world.service.db, task_id)
    assert found is not None
    assert (found.state, world.things["root"] in (found.error or "")) == ("FAILURE", True)
    assert '"report":[]' in (found.result or "")


def test_a_walk_that_rests_there_goes_on_without_it(world: World, end: Callable[[World], str]) -> None:
    who = who_loses(end)
    world.service.db.change(
        "INSERT INTO resting_walk (master, walker, state) VALUES (?, 'run', ?)",
        (world.people[who].uid, f'{{"values": {{}}, "queue": ["{world.uid("root")}"], "seen": []}}'),
    )
    end(world)
    assert world.good(who, "/js/walker_run", name="run")["report"] == []


def test_a_task_that_starts_there_misses_its_time(world: World, end: Callable[[World], str]) -> None:
    who = who_loses(end)
    body = {"name": "echo", "mst": f"urn:uuid:{world.people[who].uid}", "nd": world.things["root"]}
    task = world.service.periodic_tasks.create(Draft("there", WALKER, body, FAR)).id
    assert world.good(who, "/js/schedule_run_now", id=task)["success"] is True
    end(world)
    answer = world.ask(who, "/js/schedule_run_now", id=task)
    assert (answer.status_code, "does not name any node of yours" in answer.json["errors"][0]) == (409, True)


def test_what_a_run_in_progress_would_change_is_not_kept(world: World) -> None:
    view = view_of(world.service, world.people["bob"])
    view.node(world.uid("open"))["name"] = "Bob was here"
    world.service.shares.revoke(world.uid("open"), world.people["bob"].uid)
    with pytest.raises(NotYours):
        keep(world.service, view)
    assert view_of(world.service, world.people["alice"]).node(world.uid("open"))["name"] == "Open"


def test_what_an_admins_run_in_progress_would_change_is_not_kept_after_the_demotion(world: World) -> None:
    view = view_of(world.service, world.people["dan"])
    view.node(world.uid("kept")).create("leaf")
    demote(world)
    with pytest.raises(NotYours):
        keep(world.service, view)


@pytest.fixture
def copy(world: World) -> str:
    """What Bob's walker made below the node that is shared with him, and below what it made there: the last one's jid."""
    world.good("bob", "/js/walker_run", name="grow", nd="{open}", ctx={"kind": "first"})
    nodes = world.good("bob", "/js/object_get", obj="{open}", depth=1)["nodes"]
    first = next(node["jid"] for node in nodes if node["name"] == "first")
    world.good("bob", "/js/walker_run", name="grow", nd=first, ctx={"kind": "second"})
    world.things["copy"] = world.good("bob", "/js/object_get", obj=first, depth=1)["nodes"][0]["jid"]
    assert world.good("bob", "/js/object_set", obj="{copy}", ctx={"context": {"by": "bob"}})["context"] == {"by": "bob"}
    return "copy"


def statuses(world: World, name: str, *people: str) -> list[int]:
    return [world.ask(who, "/js/object_get", obj=f"{{{name}}}").status_code for who in people]


def test_what_a_guests_walker_made_goes_with_the_grant(world: World, copy: str) -> None:
    bob = f"urn:uuid:{world.people['bob'].uid}"
    world.good("alice", "/js/object_perms_revoke", obj="{open}", mast=bob)
    assert statuses(world, copy, "alice", "bob", "dan") == [200, 404, 200]
    assert world.ask("bob", "/js/object_set", obj="{copy}", ctx={"context": {}}).status_code == 404
    world.good("alice", "/js/object_perms_grant", obj="{open}", mast=bob, read_only=True)
    assert world.ask("bob", "/js/object_set", obj="{copy}", ctx={"context": {}}).status_code == 403


def test_what_a_guests_walker_made_can_be_taken_from_the_guest_alone(world: World, copy: str) -> None:
    bob = f"urn:uuid:{world.people['bob'].uid}"
    assert world.good("alice", "/js/object_perms_revoke", obj="{copy}", mast=bob)["success"] is True
    assert statuses(world, copy, "bob") == [404]
    assert statuses(world, "open", "bob") == [200]


def test_what_is_given_an_access_of_its_own_follows_no_more(world: World, copy: str) -> None:
    world.good("alice", "/js/object_perms_set", obj="{copy}", mode="private")
    assert statuses(world, copy, "alice", "bob", "carol") == [200, 404, 404]
    world.good("alice", "/js/object_perms_set", obj="{copy}", mode="read_only")
    assert statuses(world, copy, "bob", "carol") == [200, 200]


@pytest.mark.parametrize("maker", ["alice", "bob", "dan"])
def test_what_was_made_at_a_public_node_is_private_with_it(world: World, maker: str) -> None:
    world.good("alice", "/js/object_perms_set", obj="{open}", mode="public")
    world.good(maker, "/js/walker_run", name="grow", nd="{open}", ctx={"kind": "made"})
    nodes = world.good("alice", "/js/object_get", obj="{open}", depth=1, detailed=True)["nodes"]
    made = next(node for node in nodes if node["name"] == "made")
    world.things["made"] = made["jid"]
    assert made["j_access"] == "public"
    assert statuses(world, "made", "carol") == [200]
    world.good("alice", "/js/object_perms_set", obj="{open}", mode="private")
    assert statuses(world, "made", "alice", "carol") == [200, 404]
    assert world.good("alice", "/js/object_perms_get", obj="{made}") == {"access": "private"}


def test_what_alice_makes_herself_is_not_shared_with_a_guest(world: World) -> None:
    world.good("alice", "/js/walker_run", name="grow", nd="{open}", ctx={"kind": "own"})
    nodes = world.good("alice", "/js/object_get", obj="{open}", depth=1)["nodes"]
    world.things["own"] = next(node["jid"] for node in nodes if node["name"] == "own")
    assert statuses(world, "own", "alice", "bob") == [200, 404]


def test_nobody_but_admins_sees_what_a_disabled_person_has(world: World) -> None:
    world.good("alice", "/js/object_perms_set", obj="{open}", mode="public")
    disable(world)
    assert statuses(world, "open", "bob", "carol", "dan") == [404, 404, 200]
    world.service.owners.enable(world.people["alice"].uid)
    assert statuses(world, "open", "bob", "carol", "dan") == [200, 200, 200]


SEEN: list[tuple[str, dict[str, Any]]] = [
    ("/js/graph_get", {"gph": "{root}"}),
    ("/js/graph_get", {"gph": "{root}", "detailed": True}),
    ("/js/graph_get", {"gph": "{root}", "limit": 1, "offset": 1}),
    ("/js/graph_get", {"gph": "{root}", "limit": 5, "offset": 2}),
    ("/js/graph_get", {"gph": "{root}", "mode": "dot"}),
    ("/js/object_get", {"obj": "{root}", "depth": 3, "detailed": True}),
    ("/js/object_get", {"obj": "{open}", "depth": 3, "detailed": True}),
    ("/js/walker_run", {"name": "run", "nd": "{root}"}),
    ("/js/walker_run", {"name": "neighbours", "nd": "{open}"}),
    ("/js/walker_run", {"name": "neighbours", "nd": "{root}"}),
]


@pytest.mark.parametrize(("path", "body"), SEEN)
def test_a_guest_sees_no_trace_of_what_is_hidden(still_world: World, path: str, body: dict[str, Any]) -> None:
    text = still_world.ask("bob", path, **body).text
    found = [name for name in ("kept", "beyond", "hidden edge", "secret edge") if still_world.uid(name) in text]
    assert found == []
    assert "Kept" not in text


@pytest.mark.parametrize("node", ["", "&node={root}", "&node={open}"])
def test_the_page_shows_a_guest_no_trace_of_what_is_hidden(still_world: World, node: str) -> None:
    uids = {name: still_world.uid(name) for name in ("root", "open")}
    path = f"/graph?graph={uids['root']}" + node.replace("{root}", uids["root"]).replace("{open}", uids["open"])
    text = still_world.visitor("bob").get(path).text
    assert uids["open"] in text
    assert not any(word in text for word in ("Kept", "Beyond", "secret", *map(still_world.uid, ("kept", "beyond"))))


def test_a_guest_is_told_of_nodes_and_the_edges_between_them(still_world: World) -> None:
    things = still_world.good("bob", "/js/graph_get", gph="{root}")
    assert [thing["jid"] for thing in things] == [still_world.things[name] for name in ("root", "open", "shown edge")]
    assert (things[2]["from_node_id"], things[2]["to_node_id"]) == (things[0]["jid"], things[1]["jid"])


def test_an_edge_that_is_private_leads_a_guest_nowhere(world: World) -> None:
    reached = world.good("bob", "/js/walker_run", name="run", nd="{root}")["report"]
    assert [node["jid"] for node in reached] == [world.things["root"], world.things["open"]]
    world.good("alice", "/js/object_perms_set", obj="{shown edge}", mode="private")
    reached = world.good("bob", "/js/walker_run", name="run", nd="{root}")["report"]
    assert [node["jid"] for node in reached] == [world.things["root"]]
    bob = f"urn:uuid:{world.people['bob'].uid}"
    world.good("alice", "/js/object_perms_grant", obj="{shown edge}", mast=bob, read_only=True)
    assert len(world.good("bob", "/js/graph_get", gph="{root}")) == 3
    assert world.ask("bob", "/js/object_set", obj="{shown edge}", ctx={"context": {}}).status_code == 403


def test_an_edge_has_the_access_of_its_ends_until_it_has_its_own(world: World) -> None:
    for name in ("root", "open"):
        assert world.good("alice", "/js/object_perms_get", obj="{shown edge}") == {"access": "private"}
        world.good("alice", "/js/object_perms_set", obj=f"{{{name}}}", mode="read_only")
    assert world.good("alice", "/js/object_perms_get", obj="{shown edge}") == {"access": "read_only"}
    assert statuses(world, "shown edge", "carol") == [200]
    world.good("alice", "/js/object_perms_set", obj="{shown edge}", mode="private")
    assert statuses(world, "shown edge", "carol", "alice") == [404, 200]
