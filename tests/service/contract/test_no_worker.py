"""A service without workers runs in the request what it can't queue."""

import socket
from typing import Any

import pytest
import requests

from tests.service.contract.answers import good, refusal
from tests.support.house import Client, House

HERE = f"huey@{socket.gethostname()}"


@pytest.fixture
def dora(idle_house: House) -> Client:
    """The admin of the service without workers."""
    return idle_house.client()


@pytest.mark.parametrize(
    "form",
    [
        {"params": {"is_async": "true"}},
        {"json": {"is_async": True}},
        {"data": {"is_async": "true"}},
        {"files": {"is_async": (None, "true")}},
    ],
)
def test_a_walker_runs_now_in_every_form(dora: Client, form: dict[str, Any]) -> None:
    answer = good(dora.session.post(f"{dora.url}/js/wapi/echo", **form, timeout=30))
    assert answer == {"is_queued": False, "result": dora.run("echo")}


def test_a_walker_declared_async_runs_now(dora: Client) -> None:
    assert good(dora.js("walker_run", name="late")) == {
        "is_queued": False,
        "result": dora.js("walker_run", name="late", is_async=False).json(),
    }


def test_a_summoned_walker_runs_now(dora: Client) -> None:
    key = good(dora.js("walker_get", wlk="echo", mode="keys"))["anyone"]
    body = {"key": key, "wlk": "echo", "nd": "active:graph", "is_async": True}
    answer = good(requests.post(f"{dora.url}/js_public/walker_summon", json=body, timeout=30))
    assert answer == {"is_queued": False, "result": dora.run("echo")}


def test_a_walker_that_raised_answers_in_the_same_shape(dora: Client) -> None:
    answer = good(dora.js("walker_run", name="fail", is_async=True))
    assert answer == {"is_queued": False, "result": dora.run("fail")}


def test_files_reach_a_walker_that_runs_now(dora: Client) -> None:
    files = {"photo": ("a", b"xyz"), "is_async": (None, "true")}
    answer = good(dora.session.post(f"{dora.url}/js/wapi/album", files=files, timeout=30))
    assert answer["is_queued"] is False
    assert answer["result"]["report"][0]["sizes"] == [3]


def test_what_can_not_run_is_refused(dora: Client) -> None:
    refusal(dora.js("walker_run", name="echo", ctx={"x": 1}, is_async=True), 400)


def test_a_delayed_walker_is_queued_all_the_same(dora: Client) -> None:
    answer = good(dora.js("walker_run", name="echo", is_async=True, delay=3600))
    assert set(answer) == {"is_queued", "result"}
    assert answer["is_queued"] is True
    assert dora.task(answer["result"])["state"] == "PENDING"
    good(dora.js("walker_queue_cancel", task_id=answer["result"]))


def test_what_waits_stands_under_the_answering_host(dora: Client) -> None:
    task_id = dora.start("echo", {"delay": 3600})
    queue = good(dora.get("/js/walker_queue_check"))
    assert [task["id"] for task in queue["scheduled"][HERE]] == [task_id]
    assert good(dora.js("walker_queue_cancel", task_id=task_id))["state"] == "REVOKED"


def test_the_queue_has_its_three_parts(dora: Client) -> None:
    assert set(good(dora.get("/js/walker_queue_check"))) == {"scheduled", "active", "reserved"}
