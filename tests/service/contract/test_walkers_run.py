"""Walkers that run now: by name, by path, and with a key."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.service.contract.answers import NOWHERE, bare, good, refusal
from tests.support.house import Client, House

LIMITS = {"queue", "at_most", "at_most_by", "rate"}
WALKER = {"name", "kind", "jid", "doc", "public", "is_async", "fields"}
RAN = {"success", "report", "final_node", "yielded"}


def key_of(client: Client) -> str:
    """Somebody's key for echo."""
    return str(good(client.js("walker_get", wlk="echo", mode="keys"))["anyone"])


def summon(house: House, **body: Any) -> requests.Response:
    return requests.post(f"{house.url}/js_public/walker_summon", json=body, timeout=30)


def callback(house: House, nd: str, wlk: str = "echo", method: str = "POST", **given: Any) -> requests.Response:
    return requests.request(method, f"{house.url}/js_public/walker_callback/{nd}/{wlk}", **given, timeout=30)


def test_a_walker_that_ran_has_exactly_this_answer(ben: Client) -> None:
    answer = good(ben.js("walker_run", name="echo", ctx={"value": {"a": [1, None]}}))
    root = good(ben.js("graph_active_get"))["jid"]
    assert answer == {"success": True, "report": [{"a": [1, None]}], "final_node": root, "yielded": False}


@pytest.mark.parametrize("form", ["{}", "urn:uuid:{}"])
def test_a_walker_starts_where_it_is_told(someone: Client, form: str) -> None:
    someone.run("init")
    city = good(someone.js("graph_get"))[1]["jid"]
    assert someone.run("echo", nd=form.format(bare(city)))["final_node"] == city


def test_a_walker_starts_at_an_alias(someone: Client) -> None:
    someone.run("init")
    city = good(someone.js("graph_get"))[1]["jid"]
    someone.js("alias_register", name="town", value=city)
    assert someone.run("echo", nd="town")["final_node"] == city


def test_a_walker_starts_at_the_active_graph(someone: Client) -> None:
    root = good(someone.js("graph_create"))["jid"]
    assert someone.run("echo")["final_node"] == someone.run("echo", nd="active:graph")["final_node"] == root


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_walker_is_run_by_its_path(ben: Client, method: str) -> None:
    answer = ben.session.request(method, f"{ben.url}/js/wapi/echo", params={"ctx": '{"value": 7}'}, timeout=30)
    assert good(answer)["report"] == [7]


def test_an_unknown_walker_in_the_path_is_404(ben: Client) -> None:
    assert "nonsense" in refusal(ben.post("/js/wapi/nonsense"), 404)


@pytest.mark.parametrize(
    "given",
    [
        {"json": {"ctx": {"value": "v"}}},
        {"json": {"ctx": '{"value": "v"}'}},
        {"data": {"ctx": '{"value": "v"}'}},
        {"files": {"ctx": (None, '{"value": "v"}')}},
        {"files": {"ctx": (None, '{"value": "v"}', "application/json")}},
        {"files": {"ctx": ("ctx.json", '{"value": "v"}', "application/json")}},
    ],
    ids=["object", "text", "form", "field", "field with a type", "file"],
)
def test_ctx_comes_in_every_form(ben: Client, given: dict[str, Any]) -> None:
    assert good(ben.session.post(f"{ben.url}/js/wapi/echo", **given, timeout=30))["report"] == ["v"]


def test_a_broken_ctx_file_is_refused(ben: Client) -> None:
    files = {"ctx": ("ctx.json", "{broken", "application/json")}
    assert "ctx" in refusal(ben.session.post(f"{ben.url}/js/wapi/echo", files=files, timeout=30), 400)


def test_files_land_in_ctx_under_their_fields_name(ben: Client) -> None:
    files = [
        ("photo", ("a.png", b"\x00\xffa", "image/png")),
        ("photo", ("b.txt", b"", "text/plain")),
        ("ctx", (None, '{"title": "T"}')),
    ]
    sizes, texts, photos = good(ben.session.post(f"{ben.url}/js/wapi/album", files=files, timeout=30))["report"]
    assert sizes == {"title": "T", "sizes": [3, 0]}
    assert texts == ["\x00\xffa", ""]
    assert photos == [
        {"name": "a.png", "type": "image/png", "size": 3, "base64": base64.b64encode(b"\x00\xffa").decode()},
        {"name": "b.txt", "type": "text/plain", "size": 0, "base64": ""},
    ]


def test_a_file_for_a_field_that_the_walker_has_not_is_named(ben: Client) -> None:
    files = {"phtoo": ("a.png", b"x", "image/png")}
    assert "did you mean photo" in refusal(ben.session.post(f"{ben.url}/js/wapi/album", files=files, timeout=30), 400)


@pytest.mark.parametrize("name", ["../../etc/passwd", 'a"b', "\u00e9.png", "x" * 300])
def test_a_files_name_is_only_a_name(ben: Client, name: str) -> None:
    answer = ben.session.post(f"{ben.url}/js/wapi/album", files={"photo": (name, b"x")}, timeout=30)
    assert good(answer)["report"][2][0]["size"] == 1


def test_a_missing_field_is_named(ben: Client) -> None:
    assert "number" in refusal(ben.js("walker_run", name="typed"), 400)


@pytest.mark.parametrize("code", [200, 201, 202, 400, 404, 409, 418, 503])
def test_a_walker_sets_the_status_of_its_answer(ben: Client, code: int) -> None:
    answer = good(ben.js("walker_run", name="status", ctx={"code": code}), code)
    assert set(answer) == RAN | {"status_code"}
    assert (answer["status_code"], answer["report"]) == (code, [])


@pytest.mark.parametrize("code", [-1, 0, 99, 100, 101, 1000, 10**9])
def test_a_status_that_is_none_fails_the_walker(ben: Client, code: int) -> None:
    answer = good(ben.js("walker_run", name="status", ctx={"code": code}))
    assert answer["success"] is False
    assert str(code) in answer["errors"][0]


@pytest.mark.parametrize("code", [204, 304])
def test_a_status_without_a_body_leaves_the_connection_whole(ben: Client, code: int) -> None:
    ben.js("walker_run", name="status", ctx={"code": code})
    assert ben.run("echo", value=1)["report"] == [1]


def test_a_walker_that_raised_tells_its_error(ben: Client) -> None:
    root = good(ben.js("graph_active_get"))["jid"]
    answer = good(ben.js("walker_run", name="fail", ctx={"message": "text"}))
    assert answer == {
        "success": False, "report": [], "final_node": root, "yielded": False, "errors": ["ValueError: text"],
    }  # fmt: skip


def test_a_walker_that_raised_keeps_nothing(someone: Client) -> None:
    someone.run("fail")
    assert someone.root() == {}


def test_a_report_that_json_can_not_hold_fails_the_walker(ben: Client) -> None:
    answer = good(ben.js("walker_run", name="not_a_number"))
    assert answer["success"] is False
    assert answer["errors"]


def test_a_walker_that_yielded_goes_on(newcomer: Client) -> None:
    newcomer.run("init")
    first, second = newcomer.run("stroll"), newcomer.run("stroll")
    assert (first["yielded"], first["report"]) == (True, ["root"])
    assert second["report"] == ["Lyon"]
    assert first["final_node"] != second["final_node"]


def test_a_walker_that_yielded_goes_on_for_its_own_master(newcomer: Client, ben: Client) -> None:
    newcomer.run("init")
    newcomer.run("stroll")
    assert ben.run("stroll")["report"] == ["root"]


def test_a_walker_that_yielded_begins_again_after_its_end(newcomer: Client) -> None:
    newcomer.run("stroll")
    assert newcomer.run("stroll")["report"] in ([], ["root"])


def test_a_run_over_its_time_is_ended_and_keeps_nothing(idle_house: House) -> None:
    client = idle_house.client()
    answer = good(client.js("walker_run", name="slow", ctx={"seconds": 60, "steps": 6000}))
    assert (answer["success"], answer["errors"][0].split(":")[0]) == (False, "TimeLimit")
    assert "is_async" in answer["errors"][0]
    assert client.root() == {}


def test_a_walk_without_end_is_ended(idle_house: House) -> None:
    answer = good(idle_house.client().js("walker_run", name="circle"))
    assert answer["success"] is False
    assert "500" in answer["errors"][0]


def test_walkers_are_listed(ben: Client) -> None:
    walkers = good(ben.js("walker_list"))
    # What a walker's class says of its queue and limits is there where it says something.
    assert all(set(walker) - LIMITS == WALKER and walker["kind"] == "walker" for walker in walkers)
    limited = {"one_at_a_time", "one_of_each", "three_a_second", "reports"}
    assert {walker["name"] for walker in walkers if set(walker) & LIMITS} == limited
    assert {"echo", "init", "run", "grow", "count", "slow", "fetch", "fail"} <= {walker["name"] for walker in walkers}


def test_a_listed_walker_tells_its_fields(ben: Client) -> None:
    fields = {walker["name"]: walker["fields"] for walker in good(ben.js("walker_list"))}
    assert all(set(field) == {"type", "default", "required", "doc"} for of in fields.values() for field in of.values())
    assert fields["count"]["by"] == {**fields["count"]["by"], "type": "int", "default": 1, "required": False}
    assert fields["typed"]["number"]["required"] is True


@pytest.mark.parametrize("detailed", [True, False])
def test_a_list_may_be_detailed(ben: Client, detailed: bool) -> None:
    assert all(set(walker) >= WALKER for walker in good(ben.js("walker_list", detailed=detailed)))


def test_a_listed_walker_tells_how_it_is_run(ben: Client) -> None:
    walkers = {walker["name"]: walker for walker in good(ben.js("walker_list"))}
    assert [walkers[name]["public"] for name in ("echo", "count")] == [True, False]
    assert [walkers[name]["is_async"] for name in ("late", "echo")] == [True, False]


def test_a_walker_is_got_by_name_or_jid(ben: Client) -> None:
    echo = next(walker for walker in good(ben.js("walker_list")) if walker["name"] == "echo")
    assert good(ben.js("walker_get", wlk="echo")) == echo
    assert good(ben.js("walker_get", wlk=echo["jid"], mode="default")) == echo


def test_a_public_walker_has_a_key_for_each_master(ben: Client, cleo: Client) -> None:
    first = good(ben.js("walker_get", wlk="echo", mode="keys"))
    assert set(first) == {"anyone"}
    assert good(ben.js("walker_get", wlk="echo", mode="keys")) == first
    assert good(cleo.js("walker_get", wlk="echo", mode="keys")) != first


@pytest.mark.parametrize("mode", ["keys", "new_key"])
def test_a_walker_that_is_not_public_has_no_key(ben: Client, mode: str) -> None:
    assert "count" in refusal(ben.js("walker_get", wlk="count", mode=mode), 400)


def test_a_new_key_ends_the_old_one(house: House, someone: Client) -> None:
    old = key_of(someone)
    new = good(someone.js("walker_get", wlk="echo", mode="new_key"))
    assert set(new) == {"anyone"}
    assert new["anyone"] == key_of(someone) != old
    refusal(summon(house, key=old, wlk="echo", nd="active:graph"), 403)
    good(summon(house, key=new["anyone"], wlk="echo", nd="active:graph"))


@pytest.mark.parametrize("nd", ["active:graph", "urn", "bare"])
def test_a_callback_runs_as_the_keys_owner(house: House, ben: Client, nd: str) -> None:
    root = good(ben.js("graph_active_get"))["jid"]
    where = {"urn": root, "bare": bare(root)}.get(nd, nd)
    answer = good(callback(house, where, json={"key": key_of(ben), "ctx": {"value": [1]}}))
    assert answer == {"success": True, "report": [[1]], "final_node": root, "yielded": False}


def test_a_callbacks_node_may_be_the_owners_alias(house: House, someone: Client) -> None:
    root = good(someone.js("graph_active_get"))["jid"]
    someone.js("alias_register", name="door", value=root)
    assert good(callback(house, "door", json={"key": key_of(someone)}))["final_node"] == root


@pytest.mark.parametrize("params", [{"value": "v"}, {"ctx": '{"value": "v"}'}])
def test_a_callback_is_got_with_its_fields_in_the_query(house: House, ben: Client, params: dict[str, str]) -> None:
    answer = callback(house, "active:graph", method="GET", params={"key": key_of(ben), **params})
    assert good(answer)["report"] == ["v"]


def test_a_callbacks_key_may_stand_in_the_query_of_a_post(house: House, ben: Client) -> None:
    answer = callback(house, "active:graph", params={"key": key_of(ben)}, json={"ctx": {"value": 2}})
    assert good(answer)["report"] == [2]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("key", ["wrong", "", None])
def test_a_callback_without_its_key_is_403(house: House, method: str, key: str | None) -> None:
    params = {} if key is None else {"key": key}
    refusal(callback(house, "active:graph", method=method, params=params), 403)


@pytest.mark.parametrize("form", ["{name}", "urn:uuid:{uuid}", "URN:UUID:{uuid}", "{uuid}", "spawned:walker:{name}"])
def test_a_walker_has_many_names(house: House, ben: Client, form: str) -> None:
    echo = good(ben.js("walker_get", wlk="echo"))
    wlk = form.format(name="echo", uuid=bare(echo["jid"]))
    root = good(ben.js("graph_active_get"))["jid"]
    assert good(ben.js("walker_get", wlk=wlk)) == echo
    assert good(ben.js("walker_get", wlk=wlk, mode="keys"))["anyone"] == key_of(ben)
    assert good(ben.js("walker_run", name=wlk))["report"] == [None]
    assert good(summon(house, key=key_of(ben), wlk=wlk, nd=bare(root)))["final_node"] == root
    assert good(callback(house, bare(root), wlk, params={"key": key_of(ben)}))["final_node"] == root


def test_a_walker_may_have_an_alias(someone: Client) -> None:
    echo = good(someone.js("walker_get", wlk="echo"))
    someone.js("alias_register", name="speak", value=echo["jid"])
    assert good(someone.js("walker_get", wlk="speak")) == echo
    assert good(someone.js("walker_run", name="speak"))["report"] == [None]


@pytest.mark.parametrize(
    ("wlk", "status"),
    [("urn:uuid:nonsense", 400), ("spawned:walker:nonsense", 404), (NOWHERE, 404), (bare(NOWHERE), 404)],
)
def test_a_walker_that_is_not_there_is_not_found(house: House, ben: Client, wlk: str, status: int) -> None:
    refusal(ben.js("walker_get", wlk=wlk), status)
    refusal(ben.js("walker_run", name=wlk), status)
    refusal(summon(house, key="x", wlk=wlk, nd="active:graph"), status)


def test_a_key_opens_its_own_walker_alone(house: House, ben: Client) -> None:
    assert callback(house, "active:graph", "count", json={"key": key_of(ben)}).status_code in (403, 404)
    assert ben.root() == {}


def test_a_key_opens_its_owners_nodes_alone(house: House, ben: Client, cleo: Client) -> None:
    theirs = good(cleo.js("graph_active_get"))["jid"]
    refusal(callback(house, theirs, json={"key": key_of(ben)}), 404)
    refusal(summon(house, key=key_of(ben), wlk="echo", nd=theirs), 404)


def test_an_admins_token_is_no_key(ana: Client) -> None:
    refusal(ana.post("/js_public/walker_summon", wlk="echo", nd="active:graph"), 403)


def test_a_walker_is_summoned_with_a_key(house: House, ben: Client) -> None:
    root = good(ben.js("graph_active_get"))["jid"]
    answer = good(summon(house, key=key_of(ben), wlk="echo", nd=root, ctx={"value": "v"}))
    assert answer == {"success": True, "report": ["v"], "final_node": root, "yielded": False}


@pytest.mark.parametrize("key", [{"key": "wrong"}, {}])
def test_a_walker_is_not_summoned_without_its_key(house: House, key: dict[str, str]) -> None:
    refusal(summon(house, wlk="echo", nd="active:graph", **key), 403)


@pytest.mark.parametrize(("nd", "status"), [(NOWHERE, 404), ("nonsense", 404), ("urn:uuid:nonsense", 400)])
def test_a_key_finds_no_node_that_is_not_there(house: House, ben: Client, nd: str, status: int) -> None:
    refusal(callback(house, nd, json={"key": key_of(ben)}), status)
    refusal(summon(house, key=key_of(ben), wlk="echo", nd=nd), status)


def test_a_file_for_a_field_that_a_summoned_walker_has_not_is_named(house: House, ben: Client) -> None:
    files = {"photo": ("a", b"x"), "key": (None, key_of(ben)), "wlk": (None, "echo"), "nd": (None, "active:graph")}
    assert "photo" in refusal(requests.post(f"{house.url}/js_public/walker_summon", files=files, timeout=30), 400)


def test_a_walker_sees_who_asks_but_no_token(ben: Client) -> None:
    report = json.dumps(ben.run("who_asks")["report"])
    assert "ben@example.com" in report
    assert ben.token not in report


def test_many_small_files_reach_a_walker(ben: Client) -> None:
    files = [("photo", (f"{number}.txt", b"x")) for number in range(1500)]
    answer = good(ben.session.post(f"{ben.url}/js/wapi/album", files=files, timeout=30))
    assert len(answer["report"][0]["sizes"]) == 1500


def test_runs_beyond_half_of_the_threads_are_503_and_beyond_the_own_share_429(idle_house: House) -> None:
    clients = [idle_house.client(), idle_house.person("shares@example.com")]
    ctx = {"until": "/nowhere"}
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda n: clients[n % 2].js("walker_run", name="hold", ctx=ctx), range(12)))
    refused = [answer for answer in answers if answer.status_code != 200]
    assert 503 in {answer.status_code for answer in refused}
    for answer in refused:
        assert answer.status_code in (429, 503)
        assert "FOREGROUND_MAX" in refusal(answer, answer.status_code)
        assert int(answer.headers["Retry-After"]) > 0


def test_the_seeds_own_example_runs(ana: Client, ben: Client) -> None:
    users = good(ana.post("/js_admin/master_allusers", limit=0, offset=0))["data"]
    jid = next(user["jid"] for user in users if user["user"] == "ben@example.com")
    master = good(ana.js("object_get", obj=jid, depth=0, detailed=True))
    body = {"name": "run", "ctx": {}, "nd": master["active_gph_id"], "snt": "active:sentinel"}
    assert good(ana.js("walker_run", **body))["final_node"] == good(ben.js("graph_active_get"))["jid"]
