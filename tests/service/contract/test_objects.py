"""Objects: read, in depth and in detail, and changed."""

from datetime import datetime
from typing import Any

import pytest

from tests.service.contract.answers import bare, good, refusal
from tests.support.house import Client

KEYS = {"name", "kind", "jid", "j_type", "j_timestamp", "context"}
DETAIL = {"j_parent", "j_master", "j_access"}


def city(client: Client) -> dict[str, Any]:
    """The first city of the example graph."""
    client.run("init")
    return dict(good(client.js("object_get", obj="active:graph", depth=1))["nodes"][0])


def test_a_root_has_exactly_these_keys(someone: Client) -> None:
    root = good(someone.js("object_get", obj="active:graph"))
    assert set(root) == KEYS
    assert (root["name"], root["kind"], root["j_type"]) == ("root", "node", "graph")
    assert datetime.fromisoformat(root["j_timestamp"]).tzinfo is not None


def test_a_node_is_named_after_its_kind(someone: Client) -> None:
    node = good(someone.js("object_get", obj=city(someone)["jid"]))
    assert set(node) == KEYS
    assert (node["name"], node["kind"], node["j_type"]) == ("city", "node", "node")
    assert node["context"]["name"] in ("Lyon", "Oslo", "Rome")


def test_an_edge_is_an_object(someone: Client) -> None:
    city(someone)
    edge = good(someone.js("object_get", obj="active:graph", depth=1))["edges"][0]
    seen = good(someone.js("object_get", obj=edge["jid"]))
    assert set(seen) >= KEYS
    assert (seen["name"], seen["kind"]) == ("road", "edge")


def test_a_master_has_no_context(someone: Client) -> None:
    me = good(someone.js("master_self"))
    assert good(someone.js("object_get", obj=me["jid"])) == me
    assert "context" not in me


def test_a_node_in_detail_tells_whose_it_is_and_its_edges(someone: Client) -> None:
    node = good(someone.js("object_get", obj=city(someone)["jid"], detailed=True))
    assert set(node) == KEYS | DETAIL | {"edges"}
    assert node["j_master"] == good(someone.js("master_self"))["jid"]
    assert len(node["edges"]) == 3


def test_depth_is_none_unless_asked_for(someone: Client) -> None:
    city(someone)
    assert good(someone.js("object_get", obj="active:graph")) == good(
        someone.js("object_get", obj="active:graph", depth=0)
    )


def test_depth_1_adds_the_neighbours(someone: Client) -> None:
    city(someone)
    root = good(someone.js("object_get", obj="active:graph", depth=1))
    assert set(root) == KEYS | {"nodes", "edges"}
    assert sorted(node["context"]["name"] for node in root["nodes"]) == ["Lyon", "Oslo", "Rome"]
    assert all(set(node) == KEYS for node in root["nodes"])


def test_edges_tell_from_where_to_where(someone: Client) -> None:
    city(someone)
    root = good(someone.js("object_get", obj="active:graph", depth=1))
    from_root = [edge for edge in root["edges"] if edge["from"] == root["jid"]]
    assert set(from_root[0]) == KEYS | {"from", "to"}
    assert {edge["to"] for edge in from_root} == {node["jid"] for node in root["nodes"]}


def test_depth_2_goes_further(someone: Client) -> None:
    here = city(someone)
    someone.js("walker_run", name="grow", nd=here["jid"], ctx={"count": 2})
    near = good(someone.js("object_get", obj="active:graph", depth=1))
    far = good(someone.js("object_get", obj="active:graph", depth=2))
    assert [len(near["nodes"]), len(far["nodes"])] == [3, 5]
    assert len(far["edges"]) == 8


def test_the_start_is_not_among_the_nodes(someone: Client) -> None:
    here = city(someone)["jid"]
    seen = good(someone.js("object_get", obj=here, depth=5))
    assert here not in [node["jid"] for node in seen["nodes"]]


def test_a_depth_into_nothing_is_empty(someone: Client) -> None:
    root = good(someone.js("object_get", obj="active:graph", depth=3))
    assert (root["nodes"], root["edges"]) == ([], [])


def test_a_large_depth_is_as_deep_as_the_graph(someone: Client) -> None:
    city(someone)
    assert len(good(someone.js("object_get", obj="active:graph", depth=50))["nodes"]) == 3


@pytest.mark.parametrize("form", ["{}", "urn:uuid:{}"])
def test_a_jid_may_be_bare(someone: Client, form: str) -> None:
    root = good(someone.js("graph_active_get"))
    assert good(someone.js("object_get", obj=form.format(bare(root["jid"])))) == root


def test_a_context_is_replaced(someone: Client) -> None:
    here = city(someone)
    changed = good(
        someone.js("object_set", obj=here["jid"], ctx={"context": {"size": 3, "deep": {"a": [None, "\u00e9"]}}})
    )
    assert changed == {
        **here,
        "context": {"size": 3, "deep": {"a": [None, "\u00e9"]}},
        "j_timestamp": changed["j_timestamp"],
    }
    assert good(someone.js("object_get", obj=here["jid"])) == changed


def test_a_context_may_come_as_text(someone: Client) -> None:
    data = {"obj": "active:graph", "ctx": '{"context": {"a": 1}}'}
    good(someone.session.post(f"{someone.url}/js/object_set", data=data, timeout=30))
    assert someone.root() == {"a": 1}


@pytest.mark.parametrize(
    "ctx",
    [
        {"context": []},
        {"context": "x"},
        {"context": None},
        {"context": 1},
        [],
        "x",
        {"context": {}, "name": 1},
        {"name": ""},
    ],
)
def test_what_is_no_context_is_refused(someone: Client, ctx: Any) -> None:
    refusal(someone.js("object_set", obj="active:graph", ctx=ctx), 400)
    assert someone.root() == {}


def test_an_object_is_given_another_name(someone: Client) -> None:
    here = city(someone)
    named = good(someone.js("object_set", obj=here["jid"], ctx={"name": "town", "context": {"size": 1}}))
    assert named == {**here, "name": "town", "context": {"size": 1}}
    assert good(someone.js("object_set", obj=here["jid"], ctx={"name": "v"}))["context"] == {"size": 1}
    assert good(someone.js("object_get", obj=here["jid"]))["name"] == "v"


def test_an_edge_is_given_another_name(someone: Client) -> None:
    someone.run("init")
    edge = next(one for one in good(someone.js("graph_get")) if one["kind"] == "edge")
    assert good(someone.js("object_set", obj=edge["jid"], ctx={"name": "path"}))["name"] == "path"


def test_what_can_not_be_set_is_ignored(someone: Client) -> None:
    before = good(someone.js("object_get", obj="active:graph"))
    ctx = {"contxt": {}, "kind": "edge", "j_timestamp": "x", "jid": None, "anything": [1]}
    assert good(someone.js("object_set", obj="active:graph", ctx=ctx)) == before


def test_a_master_keeps_its_name(someone: Client) -> None:
    me = good(someone.js("master_self"))
    assert good(someone.js("object_set", obj=me["jid"], ctx={"name": "other"})) == me


@pytest.mark.parametrize("name", ["jid", "j_master", "j_type"])
def test_what_an_object_is_stays(someone: Client, ben: Client, name: str) -> None:
    theirs = good(ben.js("master_self"))["jid"]
    before = good(someone.js("object_get", obj="active:graph", detailed=True))
    someone.js("object_set", obj="active:graph", ctx={name: theirs})
    assert good(someone.js("object_get", obj="active:graph", detailed=True))[name] == before[name]


def test_somebody_elses_object_is_not_there(ben: Client, cleo: Client) -> None:
    theirs = good(cleo.js("graph_active_get"))["jid"]
    refusal(ben.js("object_get", obj=theirs), 404)
    refusal(ben.js("object_set", obj=theirs, ctx={"context": {"stolen": True}}), 404)
    refusal(ben.js("walker_run", name="count", nd=theirs), 404)
    assert cleo.root() == {}


def test_somebody_elses_master_is_not_there(ben: Client, cleo: Client) -> None:
    refusal(ben.js("object_get", obj=good(cleo.js("master_self"))["jid"]), 404)


def test_an_admin_reads_everybodys_objects(ana: Client, someone: Client) -> None:
    here = city(someone)
    assert good(ana.js("object_get", obj=here["jid"])) == here
    assert good(ana.post("/js_admin/object_get", obj=here["jid"])) == here


def test_an_admin_runs_walkers_on_everybodys_objects(ana: Client, someone: Client) -> None:
    root = good(someone.js("graph_active_get"))["jid"]
    assert ana.run("count", nd=root)["report"] == [1]
    assert someone.root() == {"count": 1}
