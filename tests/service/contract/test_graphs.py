"""Graphs: made, read, chosen and deleted."""

from collections import Counter

import pytest

from tests.service.contract.answers import NOWHERE, bare, good, refusal
from tests.support.house import Client

KEYS = {"name", "kind", "jid", "j_type", "j_timestamp", "context"}


def test_everybody_is_born_with_a_graph(newcomer: Client) -> None:
    graphs = good(newcomer.js("graph_list"))
    assert graphs == [good(newcomer.js("graph_active_get"))]
    assert set(graphs[0]) == KEYS
    assert (graphs[0]["name"], graphs[0]["kind"], graphs[0]["j_type"]) == ("root", "node", "graph")
    assert graphs[0]["context"] == {}


def test_a_new_graph_becomes_the_active_one(someone: Client) -> None:
    made = good(someone.js("graph_create"))
    assert set(made) == KEYS
    assert good(someone.js("graph_active_get")) == made
    assert made in good(someone.js("graph_list"))


def test_a_new_graph_need_not_become_the_active_one(someone: Client) -> None:
    before = good(someone.js("graph_active_get"))
    made = good(someone.js("graph_create", set_active=False))
    assert good(someone.js("graph_active_get")) == before
    assert made in good(someone.js("graph_list"))


def test_a_graph_is_its_nodes_then_its_edges(someone: Client) -> None:
    someone.run("init")
    things = good(someone.js("graph_get"))
    assert [thing["kind"] for thing in things] == ["node"] * 4 + ["edge"] * 6
    assert set(things[1]) == KEYS
    assert set(things[-1]) == KEYS | {"from", "to", "from_node_id", "to_node_id"}
    assert things[-1]["from_node_id"] == things[-1]["from"]
    assert Counter(thing["name"] for thing in things) == {"root": 1, "city": 3, "road": 6}


def test_a_graph_in_detail_has_everything_in_detail(someone: Client) -> None:
    someone.run("init")
    assert all({"j_parent", "j_master", "j_access"} <= set(one) for one in good(someone.js("graph_get", detailed=True)))


def test_a_graph_is_cut_into_pages(someone: Client) -> None:
    someone.run("init")
    things = good(someone.js("graph_get"))
    assert good(someone.js("graph_get", limit=3, offset=2)) == things[2:5]
    assert good(someone.js("graph_get", limit=3, offset=3)) == things[3:6]
    assert good(someone.js("graph_get", offset=50)) == []


def test_a_graph_does_not_hold_another_graphs_nodes(someone: Client) -> None:
    someone.run("init")
    made = good(someone.js("graph_create"))
    assert good(someone.js("graph_get")) == [made]


def test_a_graph_as_dot_is_one_text(someone: Client) -> None:
    someone.run("init")
    dot = good(someone.js("graph_get", mode="dot"))
    assert isinstance(dot, str)
    assert dot.startswith(("digraph", "strict digraph"))
    assert dot.count("->") == 6


def test_dot_escapes_what_would_break_it(someone: Client) -> None:
    someone.js("walker_run", name="grow", ctx={"kind": 'a "b" \\'})
    dot = good(someone.js("graph_get", mode="dot"))
    assert 'a "b"' not in dot


@pytest.mark.parametrize("form", ["{}", "urn:uuid:{}"])
def test_a_graph_is_chosen(someone: Client, form: str) -> None:
    made = good(someone.js("graph_create", set_active=False))
    uuid = bare(made["jid"])
    assert good(someone.js("graph_active_set", gph=form.format(uuid))) == [f"Graph {uuid} set as default"]
    assert good(someone.js("graph_active_get")) == made


def test_a_graph_is_deleted(someone: Client) -> None:
    made = good(someone.js("graph_create", set_active=False))
    assert good(someone.js("graph_delete", gph=made["jid"])) == [f"Graph {bare(made['jid'])} successfully deleted"]
    assert made not in good(someone.js("graph_list"))
    refusal(someone.js("object_get", obj=made["jid"]), 404)


def test_a_graph_takes_its_nodes_with_it(someone: Client) -> None:
    someone.run("init")
    city = good(someone.js("graph_get"))[1]["jid"]
    good(someone.js("graph_delete", gph="active:graph"))
    refusal(someone.js("object_get", obj=city), 404)


def test_another_graph_takes_the_place_of_the_active_one(someone: Client) -> None:
    first = good(someone.js("graph_active_get"))
    second = good(someone.js("graph_create"))
    good(someone.js("graph_delete", gph=second["jid"]))
    assert good(someone.js("graph_active_get")) == first


def test_a_new_graph_takes_the_place_of_the_last_one(newcomer: Client) -> None:
    last = good(newcomer.js("graph_active_get"))
    good(newcomer.js("graph_delete", gph=last["jid"]))
    taken = good(newcomer.js("graph_active_get"))
    assert taken["jid"] != last["jid"]
    assert good(newcomer.js("graph_list")) == [taken]
    assert newcomer.run("count")["report"] == [1]


@pytest.mark.parametrize("api", ["graph_get", "graph_active_set", "graph_delete"])
def test_somebody_elses_graph_is_not_there(ben: Client, cleo: Client, api: str) -> None:
    theirs = good(cleo.js("graph_active_get"))["jid"]
    seen = refusal(ben.js(api, gph=theirs), 404)
    assert seen.replace(theirs, "*") == refusal(ben.js(api, gph=NOWHERE), 404).replace(NOWHERE, "*")
    good(cleo.js("graph_get"))


@pytest.mark.parametrize("api", ["graph_get", "graph_active_set", "graph_delete"])
def test_a_node_is_no_graph(someone: Client, api: str) -> None:
    someone.run("init")
    city = good(someone.js("graph_get"))[1]["jid"]
    assert someone.js(api, gph=city).status_code in (400, 404)
    good(someone.js("object_get", obj=city))


def test_an_admin_reads_everybodys_graph(ana: Client, someone: Client) -> None:
    someone.run("init")
    theirs = good(someone.js("graph_active_get"))["jid"]
    assert good(ana.js("graph_get", gph=theirs)) == good(someone.js("graph_get"))
