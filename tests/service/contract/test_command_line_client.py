"""Jaseci's own command line client sends every parameter of a command, in its own forms, and takes no status above 205."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.service.contract.answers import good
from tests.support.house import ADMIN, Client, House

# What each command sends unless it is told otherwise: objects as text, what has no default as null; ... is required.
COMMANDS: dict[str, tuple[str, dict[str, Any]]] = {
    "walker list": ("js", {"snt": None, "detailed": False}),
    "walker get": ("js", {"wlk": ..., "mode": "default", "detailed": False}),
    "walker run": ("js", {"name": ..., "nd": None, "ctx": "{}", "_req_ctx": "{}", "snt": None, "profiling": False,
                          "is_async": None}),
    "walker summon": ("js_public", {"key": ..., "wlk": ..., "nd": ..., "ctx": "{}", "_req_ctx": "{}", "global_sync": True}),
    "walker queue check": ("js", {"task_id": ""}),
    "walker queue wait": ("js", {"task_id": ..., "timeout": 30}),
    "alias register": ("js", {"name": ..., "value": ...}),
    "alias list": ("js", {}),
    "alias delete": ("js", {"name": ...}),
    "alias clear": ("js", {}),
    "graph create": ("js", {"set_active": True}),
    "graph get": ("js", {"nd": None, "mode": "default", "detailed": False, "depth": 0}),
    "graph list": ("js", {"detailed": False}),
    "graph active set": ("js", {"gph": ...}),
    "graph active get": ("js", {"detailed": False}),
    "graph delete": ("js", {"gph": ...}),
    "object get": ("js", {"obj": ..., "depth": 0, "detailed": False}),
    "object set": ("js", {"obj": ..., "ctx": ..., "depth": 0, "detailed": False}),
    "object perms get": ("js", {"obj": ...}),
    "object perms set": ("js", {"obj": ..., "mode": ...}),
    "object perms grant": ("js", {"obj": ..., "mast": ..., "read_only": False}),
    "object perms revoke": ("js", {"obj": ..., "mast": ...}),
    "sentinel list": ("js", {"detailed": False}),
    "sentinel active get": ("js", {"detailed": False}),
    "sentinel active set": ("js", {"snt": ...}),
    "master self": ("js", {"detailed": False}),
    "master allusers": ("js_admin", {"limit": 0, "offset": 0, "asc": False, "search": None}),
    "user create": ("js_public", {"name": ..., "password": "", "global_init": "", "global_init_ctx": "{}",
                                  "other_fields": "{}", "send_email": True}),
    "info": ("js_public", {}),
    "add scheduled walker": ("js", {"name": ..., "schedule": ..., "body": "{}"}),
    "add scheduled sequence": ("js_admin", {"name": ..., "schedule": ..., "body": ...}),
    "get scheduled queues": ("js", {"limit": 10, "offset": 0, "asc": False, "search": None}),
    "delete scheduled queue": ("js", {"scheduled_queue_id": ...}),
}  # fmt: skip
ASKED_BY_GET = ("walker queue check", "walker queue wait")


@dataclass
class CommandLine:
    """The client after its login."""

    url: str
    headers: dict[str, str]

    def __call__(self, command: str, **given: Any) -> Any:
        prefix, defaults = COMMANDS[command]
        assert given.keys() <= defaults.keys()
        payload = {**defaults, **given, "output": ""}
        assert ... not in payload.values(), command
        ask = requests.get if command in ASKED_BY_GET else requests.post
        url = f"{self.url}/{prefix}/{command.replace(' ', '_')}"
        answer = ask(url, json=payload, headers=self.headers, timeout=60)
        assert answer.status_code <= 205, (command, answer.text)
        return answer.json()


@pytest.fixture(scope="module")
def jsctl(house: House) -> CommandLine:
    """The client of the admin, who has signed in by a form."""
    asked = {"email": ADMIN[0], "password": ADMIN[1]}
    token = requests.post(f"{house.url}/user/token/", data=asked, timeout=60).json()["token"]
    return CommandLine(house.url, {"Authorization": f"token {token}"})


def test_walkers_are_listed_and_shown(jsctl: CommandLine) -> None:
    assert {"echo", "init", "count"} <= {walker["name"] for walker in jsctl("walker list")}
    echo = jsctl("walker get", wlk="echo", detailed=True)
    assert jsctl("walker get", wlk=echo["jid"]) == echo
    assert jsctl("walker list", snt="active:sentinel", detailed=True) == jsctl("walker list")
    assert list(jsctl("walker get", wlk="echo", mode="keys")) == ["anyone"]


def test_a_walker_is_run(jsctl: CommandLine) -> None:
    assert jsctl("walker run", name="echo")["report"] == [None]
    ran = jsctl("walker run", name="echo", ctx='{"value": {"a": [1]}}', nd="active:graph", snt="active:sentinel",
                profiling=True, is_async=False, _req_ctx='{"method": "GET"}')  # fmt: skip
    assert (ran["success"], ran["report"]) == (True, [{"a": [1]}])
    assert jsctl("walker run", name="echo", ctx="")["report"] == [None]


def test_a_walker_is_run_asynchronously_and_looked_after(jsctl: CommandLine) -> None:
    queued = jsctl("walker run", name="echo", ctx='{"value": 1}', is_async=True)
    assert (queued["is_queued"], set(queued)) == (True, {"is_queued", "result"})
    waited = jsctl("walker queue wait", task_id=queued["result"])
    checked = jsctl("walker queue check", task_id=queued["result"])
    assert waited == checked
    assert (checked["status"], checked["state"], checked["result"]["report"]) == ("SUCCESS", "SUCCESS", [1])
    assert set(jsctl("walker queue check")) >= {"scheduled", "active", "reserved"}


def test_a_public_walker_is_summoned(jsctl: CommandLine) -> None:
    key = jsctl("walker get", wlk="echo", mode="keys")["anyone"]
    root = jsctl("graph active get")["jid"]
    assert jsctl("walker summon", key=key, wlk="echo", nd=root, ctx='{"value": 2}')["report"] == [2]
    assert jsctl("walker summon", key=key, wlk=jsctl("walker get", wlk="echo")["jid"], nd=root)["success"]


def test_aliases(jsctl: CommandLine) -> None:
    assert jsctl("alias register", name="a", value="b") == {"response": "Alias from 'a' to 'b' set!"}
    assert jsctl("alias list").items() >= {"a": "b"}.items()
    assert jsctl("alias delete", name="a")["success"] is True
    jsctl("alias register", name="c", value="d")
    assert jsctl("alias clear")["removed"] == 1
    assert {"active:graph", "active:sentinel", "global"} <= jsctl("alias list").keys()


def test_graphs(jsctl: CommandLine) -> None:
    before = jsctl("graph active get")["jid"]
    graph = jsctl("graph create")
    assert graph["jid"] in [one["jid"] for one in jsctl("graph list", detailed=True)]
    jsctl("walker run", name="init")
    nodes = jsctl("graph get")
    city = next(node["jid"] for node in nodes if node["name"] == "city")
    assert jsctl("graph get", mode="dot").startswith("digraph")
    jsctl("graph active set", gph=before)
    assert jsctl("graph active get", detailed=True)["jid"] == before
    for nd in (graph["jid"], city, city.removeprefix("urn:uuid:")):
        assert jsctl("graph get", nd=nd, depth=2) == nodes
    assert jsctl("graph get", nd="nobody")[0]["jid"] == before
    jsctl("graph delete", gph=graph["jid"])
    other = jsctl("graph create", set_active=False)
    assert jsctl("graph active get")["jid"] == before
    jsctl("graph delete", gph=other["jid"])


def test_objects_and_who_may_use_them(jsctl: CommandLine, house: House) -> None:
    root = jsctl("graph active get")["jid"]
    assert jsctl("object get", obj="active:graph")["jid"] == root
    assert {"nodes", "edges", "j_master"} <= jsctl("object get", obj=root, depth=1, detailed=True).keys()
    assert jsctl("object set", obj=root, ctx='{"context": {"a": 1}}')["context"] == {"a": 1}
    jsctl("object perms set", obj=root, mode="read_only")
    assert jsctl("object perms get", obj=root)["access"] == "read_only"
    jsctl("object perms set", obj=root, mode="private")
    mast = good(house.person("shares-by-jsctl@example.com").js("master_self"))["jid"]
    for _ in range(2):
        assert jsctl("object perms grant", obj=root, mast=mast, read_only=True)["success"]
    assert jsctl("object perms revoke", obj=root, mast=mast)["success"] is True
    jsctl("object set", obj=root, ctx='{"context": {}}')


def test_sentinels(jsctl: CommandLine) -> None:
    [sentinel] = jsctl("sentinel list", detailed=True)
    assert jsctl("sentinel active get")["jid"] == sentinel["jid"]
    for snt in (sentinel["jid"], "global", "active:sentinel"):
        assert jsctl("sentinel active set", snt=snt)[0].startswith("Sentinel ")


def test_accounts(jsctl: CommandLine, house: House) -> None:
    assert jsctl("master self", detailed=True)["name"] == ADMIN[0]
    made = jsctl("user create", name="made-by-jsctl@example.com", password="long-enough")
    assert (made["success"], made["user"]["email"]) == (True, "made-by-jsctl@example.com")
    fields = json.dumps({"password": "long-enough", "is_superuser": True, "name": "M", "is_activated": False})
    other = jsctl("user create", name="other@example.com", other_fields=fields, global_init="init", send_email=False)[
        "user"
    ]
    assert (other["is_superuser"], other["name"], other["is_activated"]) == (True, "M", False)
    found = jsctl("master allusers", search="made-by-jsctl@")
    assert [one["user"] for one in found["data"]] == ["made-by-jsctl@example.com"]
    assert found["data"][0]["jid"] == made["user"]["jid"]
    assert jsctl("master allusers", limit=1, asc=True)["data"][0]["user"] == ADMIN[0]
    assert house.sign_in("made-by-jsctl@example.com", "long-enough").js("master_self").status_code == 200


@pytest.mark.parametrize("given", [
    {"name": "made-twice@example.com", "password": "short"}, {"name": "nobody", "password": "long-enough"},
    {"name": ADMIN[0], "password": "long-enough"}, {"name": "x@example.com"},
    {"name": "x@example.com", "other_fields": '{"password": 5}'}, {"name": "x@example.com", "other_fields": "[]"},
])  # fmt: skip
def test_an_account_that_can_t_be_is_refused(jsctl: CommandLine, given: dict[str, Any]) -> None:
    answer = requests.post(f"{jsctl.url}/js_public/user_create", json=given, headers=jsctl.headers, timeout=30)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    stranger = requests.post(f"{jsctl.url}/js_public/user_create", json=given, timeout=30)
    assert stranger.status_code in (400, 403)


def test_info(jsctl: CommandLine) -> None:
    assert set(jsctl("info")) == {"Version", "Creator", "URL"}


def test_schedules(jsctl: CommandLine) -> None:
    schedule = '{"type": "cron", "conf": {"minute": "0", "hour": "3"}, "one_off": false}'
    walker = jsctl("add scheduled walker", name="by jsctl", schedule=schedule, body='{"wlk": "echo", "ctx": {}}')
    sequence = jsctl("add scheduled sequence", name="by jsctl, too", schedule='{"type": "interval", "conf": {}, "every": 5,'
                     ' "period": "days"}', body='{"requests": [{"method": "JAC", "api": "info"}]}')  # fmt: skip
    listed = jsctl("get scheduled queues", search="by jsctl", limit=0)
    assert [one["id"] for one in listed] == [sequence["id"], walker["id"]]
    assert listed[1]["kwargs"] == {"wlk": "echo", "ctx": {}, "mst": jsctl("master self")["jid"]}
    for task in listed:
        answer = jsctl("delete scheduled queue", scheduled_queue_id=task["id"])
        assert answer["response"] == "Successfully deleted!"
    assert jsctl("get scheduled queues", search="by jsctl") == []


# Clients in other languages, as they are published


def test_a_browser_sends_what_means_nothing_here_as_text(ben: Client) -> None:
    body = {"name": "echo", "ctx": {"value": {"utterance": "hi", "verbose": "true"}}, "snt": "active:sentinel",
            "nd": "active:graph", "detailed": "false"}  # fmt: skip
    headers = {"Content-Type": "application/json", "Authorization": f"Token {ben.token}"}
    answer = requests.post(f"{ben.url}/js/walker_run", data=json.dumps(body, indent=4), headers=headers, timeout=30)
    assert good(answer)["report"] == [body["ctx"]["value"]]


def test_a_page_summons_with_all_that_it_was_given(ben: Client) -> None:
    key = good(ben.js("walker_get", wlk="echo", mode="keys"))["anyone"]
    keys = {"snt": good(ben.js("sentinel_active_get"))["jid"], "key": key, "nd": good(ben.js("graph_active_get"))["jid"],
            "wlk": good(ben.js("walker_get", wlk="echo"))["jid"], "ctx": {"value": "text"}}  # fmt: skip
    assert good(requests.post(f"{ben.url}/js_public/walker_summon", json=keys, timeout=30))["report"] == ["text"]


def test_a_script_asks_again_and_again_for_the_status(ben: Client) -> None:
    headers = {"Authorization": f"Token {ben.token}"}
    asked = {"name": "echo", "ctx": {"value": 1}, "is_async": True}
    task = requests.post(f"{ben.url}/js/walker_run", json=asked, headers=headers, timeout=30).json()["result"]
    requests.get(f"{ben.url}/js/walker_queue_wait?task_id={task}", headers=headers, timeout=60)
    checked = requests.get(f"{ben.url}/js/walker_queue_check?task_id={task}", headers=headers, timeout=30).json()
    assert (checked["status"], checked["result"]["report"]) == ("SUCCESS", [1])


@pytest.mark.parametrize("ctx", [("ctx.json", '{"title": "t"}', "application/json"), (None, '{"title": "t"}')])
def test_a_program_sends_files_as_jaseci_s_docs_show(ben: Client, ctx: Any) -> None:
    parts = [("name", (None, "album")), ("nd", (None, "active:graph")), ("snt", (None, "active:sentinel")), ("ctx", ctx),
             ("photo", ("a.png", b"x", "image/png")), ("photo", ("b.png", b"yy", "image/png"))]  # fmt: skip
    answer = ben.session.post(f"{ben.url}/js/walker_run", files=parts, timeout=30)
    assert good(answer)["success"] is True
    as_json = {"title": "t", "photo": [{"name": "test.txt", "base64": "MAo="}]}
    assert good(ben.js("walker_run", name="album", ctx=as_json))["success"] is True


@pytest.mark.parametrize("command", [name for name, (_, given) in COMMANDS.items() if ... not in given.values()])
def test_jaseci_s_own_tests_name_the_operation_in_the_body(jsctl: CommandLine, command: str) -> None:
    prefix, defaults = COMMANDS[command]
    api = command.replace(" ", "_")
    ask = requests.get if command in ASKED_BY_GET else requests.post
    for headers in (jsctl.headers, {"Authorization": jsctl.headers["Authorization"].replace("token", "Bearer")}):
        answer = ask(f"{jsctl.url}/{prefix}/{api}", json={"op": api, **defaults}, headers=headers, timeout=30)
        assert answer.status_code == 200, answer.text
