"""What an error looks like: one shape, one status for each case, and a text that helps."""

from typing import Any

import pytest
import requests

from tests.service.contract.answers import NOWHERE, good, refusal
from tests.support.house import Client, House


@pytest.mark.parametrize(
    ("status", "api", "body", "named"),
    [
        (400, "object_get", {"obj": "urn:uuid:12"}, "urn:uuid:12"),
        (400, "object_get", {"obj": "urn:uuid:zzzzzzzz-0000-4000-8000-000000000000"}, "obj"),
        (400, "walker_run", {"name": "echo", "nd": "urn:uuid:"}, "nd"),
        (400, "object_get", {}, "obj"),
        (400, "walker_run", {"name": "echo", "ctx": []}, "ctx"),
        (400, "walker_run", {"name": "echo", "ctx": "nonsense"}, "ctx"),
        (400, "walker_run", {"name": "echo", "ctx": "[1]"}, "ctx"),
        (400, "walker_run", {"name": "echo", "ctx": 5}, "ctx"),
        (400, "walker_run", {"name": 5}, "name"),
        (400, "walker_run", {"name": "typed", "ctx": {}}, "number"),
        (400, "walker_run", {"name": "echo", "priority": 10, "is_async": True}, "priority"),
        (400, "walker_run", {"name": "echo", "priority": -10, "is_async": True}, "priority"),
        (400, "walker_run", {"name": "echo", "eta": "soon", "is_async": True}, "eta"),
        (400, "walker_run", {"name": "echo", "delay": "1", "is_async": True}, "delay"),
        (400, "walker_run", {"name": "echo", "delay": -1, "is_async": True}, "delay"),
        (400, "walker_run", {"name": "echo", "is_async": "yes"}, "is_async"),
        (400, "walker_run", {"name": "echo", "is_async": 1}, "is_async"),
        (400, "graph_get", {"mode": "nonsense"}, "mode"),
        (400, "walker_get", {"wlk": "echo", "mode": "nonsense"}, "mode"),
        (400, "object_get", {"obj": "active:graph", "depth": -1}, "depth"),
        (400, "graph_get", {"limit": -1}, "limit"),
        (400, "alias_register", {"name": "a"}, "value"),
        (404, "walker_run", {"name": "ech"}, "ech"),
        (404, "walker_run", {"name": "echo", "nd": NOWHERE}, "00000000-0000-4000-8000"),
        (404, "walker_run", {"name": "echo", "nd": "nonsense"}, "nonsense"),
        (404, "walker_run", {"name": "echo", "snt": "nonsense"}, "nonsense"),
        (404, "walker_run", {"name": "echo", "snt": NOWHERE}, "00000000-0000-4000-8000"),
        (404, "walker_get", {"wlk": "nonsense"}, "nonsense"),
        (404, "object_get", {"obj": NOWHERE}, "00000000-0000-4000-8000"),
        (404, "object_get", {"obj": "nonsense"}, "nonsense"),
        (404, "object_get", {"obj": ""}, ""),
        (404, "graph_get", {"gph": "nonsense"}, "nonsense"),
        (404, "graph_active_set", {"gph": NOWHERE}, "00000000-0000-4000-8000"),
        (404, "alias_delete", {"name": "nonsense"}, "nonsense"),
        (404, "walker_queue_cancel", {"task_id": NOWHERE[9:]}, "00000000-0000-4000-8000"),
    ],
)
def test_each_case_has_its_status_and_its_text(
    ben: Client, status: int, api: str, body: dict[str, Any], named: str
) -> None:
    assert named in refusal(ben.js(api, **body), status)


@pytest.mark.parametrize("api", ["walker_queue_check", "walker_queue_wait"])
@pytest.mark.parametrize("task_id", [NOWHERE[9:], "nonsense", "1"])
def test_a_task_that_is_not_there_is_404(ben: Client, api: str, task_id: str) -> None:
    refusal(ben.get(f"/js/{api}", task_id=task_id), 404)


def test_all_errors_are_told_at_once(ben: Client) -> None:
    body = ben.js("walker_run", name="typed", ctx={"number": "x", "flag": 3, "unknown": 1}).json()
    text = " ".join(body["errors"])
    assert [word for word in ("number", "flag", "unknown") if word not in text] == []


def test_an_error_says_what_was_given_and_what_would_be_right(ben: Client) -> None:
    text = refusal(ben.js("walker_run", name="typed", ctx={"number": "seven"}), 400)
    assert "ctx.number" in text
    assert "seven" in text
    assert "int" in text


def test_an_unknown_route_is_answered_with_the_right_one(ben: Client) -> None:
    assert "did you mean /js/walker_run" in refusal(ben.js("walker_rum"), 404)


def test_an_unknown_walker_is_answered_with_the_right_one(ben: Client) -> None:
    assert "did you mean echo" in refusal(ben.js("walker_run", name="ecko"), 404)


def test_somebody_elses_object_looks_like_one_that_is_not_there(ben: Client, cleo: Client) -> None:
    there = good(cleo.js("graph_active_get"))["jid"]
    seen = refusal(ben.js("object_get", obj=there), 404)
    assert seen.replace(there, "*") == refusal(ben.js("object_get", obj=NOWHERE), 404).replace(NOWHERE, "*")


def test_a_conflict_is_409(ben: Client) -> None:
    task = ben.start("echo")
    ben.wait(task)
    refusal(ben.js("walker_queue_cancel", task_id=task), 409)


@pytest.mark.parametrize("length", [200, 5000])
def test_a_long_name_is_not_thrown_back_whole(ben: Client, length: int) -> None:
    text = refusal(ben.js("walker_run", name="x" * length), 404)
    assert len(text) < 1000


def test_secrets_are_not_thrown_back(ben: Client) -> None:
    answer = ben.post("/user/manage/?password=hush-hush", password="hush-hush")
    assert "hush-hush" not in answer.text


def test_a_wrong_password_is_not_thrown_back(house: House) -> None:
    body = {"email": "ben@example.com", "password": ["hush-hush"]}
    answer = requests.post(f"{house.url}/user/token/", json=body, timeout=30)
    assert answer.status_code == 400
    assert "hush-hush" not in answer.text
