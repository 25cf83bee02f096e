"""The walkers that come with the product."""

from typing import Any

import pytest

from tests.service.contract.answers import good, refusal
from tests.support.house import Client, House


@pytest.mark.parametrize("value", [None, True, 0, -1.5, "", "text", [], {}, [{"a": [1, "\u00e9\U0001f600"]}], 2**53])
def test_echo_reports_its_value(ben: Client, value: Any) -> None:
    assert ben.run("echo", value=value)["report"] == [value]


def test_init_builds_three_cities_and_the_roads_between_them(someone: Client) -> None:
    names = someone.run("init")["report"]
    root = good(someone.js("object_get", obj="active:graph", depth=2))
    assert len(names) == 3
    assert names == sorted(node["context"]["name"] for node in root["nodes"] if node["name"] == "city")
    assert any(edge["from"] != root["jid"] for edge in root["edges"])


def test_a_second_init_changes_nothing(someone: Client) -> None:
    first = someone.run("init")
    before = good(someone.js("graph_get", detailed=True))
    assert someone.run("init") == first
    assert good(someone.js("graph_get", detailed=True)) == before


def test_init_builds_below_the_node_it_is_at(someone: Client) -> None:
    someone.run("grow")
    leaf = good(someone.js("graph_get"))[1]["jid"]
    someone.run("init", nd=leaf)
    assert len(good(someone.js("object_get", obj=leaf, depth=1))["nodes"]) >= 3


def test_run_reports_each_node_as_object_get_gives_it(someone: Client) -> None:
    someone.run("init")
    report = someone.run("run")["report"]
    assert len(report) == 4
    assert report[0] == good(someone.js("graph_active_get"))
    assert report == [good(someone.js("object_get", obj=node["jid"])) for node in report]


def test_run_goes_breadth_first(someone: Client) -> None:
    someone.run("grow", count=2, kind="near")
    for node in good(someone.js("graph_get"))[1:3]:
        someone.run("grow", nd=node["jid"], kind="far")
    assert [node["name"] for node in someone.run("run")["report"]] == ["root", "near", "near", "far", "far"]


def test_run_visits_a_node_once(someone: Client) -> None:
    someone.run("init")
    jids = [node["jid"] for node in someone.run("run")["report"]]
    assert len(jids) == len(set(jids))


def test_run_alone_reports_its_start(someone: Client) -> None:
    assert someone.run("run")["report"] == [good(someone.js("graph_active_get"))]


def test_grow_creates_one_leaf(someone: Client) -> None:
    assert someone.run("grow")["report"] == [1]
    assert [node["name"] for node in someone.run("run")["report"]] == ["root", "leaf"]


def test_grow_creates_as_many_of_a_kind(someone: Client) -> None:
    assert someone.run("grow", count=3, kind="twig")["report"] == [3]
    assert [node["name"] for node in someone.run("run")["report"]] == ["root", "twig", "twig", "twig"]


@pytest.mark.parametrize("ctx", [{"count": "3"}, {"count": 1.5}, {"kind": 5}, {"kind": "a\0"}])
def test_grow_takes_no_other_types(someone: Client, ctx: dict[str, Any]) -> None:
    refusal(someone.js("walker_run", name="grow", ctx=ctx), 400)
    assert len(someone.run("run")["report"]) == 1


def test_count_adds_to_its_node(someone: Client) -> None:
    assert [someone.run("count")["report"], someone.run("count", by=5)["report"]] == [[1], [6]]
    assert someone.root() == {"count": 6}


def test_count_that_can_not_add_fails_and_keeps_nothing(someone: Client) -> None:
    someone.js("object_set", obj="active:graph", ctx={"context": {"count": "many"}})
    answer = good(someone.js("walker_run", name="count"))
    assert (answer["success"], answer["errors"][0].split(":")[0]) == (False, "TypeError")
    assert someone.root() == {"count": "many"}


def test_slow_counts_and_is_done(someone: Client) -> None:
    assert someone.run("slow", seconds=0.01, steps=2)["report"] == ["done"]
    assert someone.root() == {"count": 1}


def test_fetch_reports_status_and_body(house: House, ben: Client) -> None:
    [seen] = ben.run("fetch", url=f"{house.url}/js_public/info")["report"]
    assert set(seen) == {"status", "body"}
    assert seen["status"] == 200
    assert "Version" in seen["body"]


def test_fetch_uses_its_method(house: House, ben: Client) -> None:
    [seen] = ben.run("fetch", url=f"{house.url}/js/alias_list", method="POST")["report"]
    assert seen["status"] == 401


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "nonsense", "", "ftp://127.0.0.1/", "http://", "http://[::1", "gopher://127.0.0.1:1/"]
)
def test_fetch_asks_nothing_but_the_web(ben: Client, url: str) -> None:
    answer = good(ben.js("walker_run", name="fetch", ctx={"url": url}))
    assert answer["success"] is False
    assert "root:" not in str(answer)


def test_fetch_needs_an_address(ben: Client) -> None:
    assert "url" in refusal(ben.js("walker_run", name="fetch"), 400)


def test_fail_raises_and_keeps_nothing(someone: Client) -> None:
    assert someone.run("fail")["errors"] == ["ValueError: failed"]
    assert someone.root() == {}
