"""The same walkers in the background: the four forms of asking, and what decides when they run."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.service.contract.answers import good
from tests.support.house import Client, House

TEXTS = ("true", "True", "TRUE")
GET_FORMS: dict[str, dict[str, Any]] = {f"query {text}": {"params": {"is_async": text}} for text in TEXTS}
POST_FORMS: dict[str, dict[str, Any]] = {
    **GET_FORMS,
    "json": {"json": {"is_async": True}},
    "form": {"data": {"is_async": "true"}},
    "multipart": {"files": {"is_async": (None, "true")}},
    "multipart TRUE": {"files": {"is_async": (None, "TRUE")}},
}
ROUTES = {
    "walker_run": ("POST", "/js/walker_run", {"name": "echo"}),
    "wapi POST": ("POST", "/js/wapi/echo", {}),
    "wapi GET": ("GET", "/js/wapi/echo", {}),
    "callback POST": ("POST", "/js_public/walker_callback/active:graph/echo", {"key": ""}),
    "callback GET": ("GET", "/js_public/walker_callback/active:graph/echo", {"key": ""}),
    "summon": ("POST", "/js_public/walker_summon", {"key": "", "wlk": "echo", "nd": "active:graph"}),
}
CASES = [(route, form) for route in ROUTES for form in (GET_FORMS if route.endswith("GET") else POST_FORMS)]


def ask(client: Client, route: str, form: dict[str, Any], **query: Any) -> requests.Response:
    """Ask a route in one of the forms; what else it needs stands in the query."""
    method, path, needs = ROUTES[route]
    if "key" in needs:
        needs = {**needs, "key": good(client.js("walker_get", wlk="echo", mode="keys"))["anyone"]}
    given = {**form, "params": {**needs, **query, **form.get("params", {})}}
    if path.startswith("/js_public"):
        return requests.request(method, client.url + path, **given, timeout=30)
    return client.session.request(method, client.url + path, **given, timeout=30)


@pytest.mark.parametrize(("route", "form"), CASES)
def test_a_walker_is_queued_in_every_form_on_every_route(ben: Client, route: str, form: str) -> None:
    answer = good(ask(ben, route, POST_FORMS[form]))
    assert set(answer) == {"is_queued", "result"}
    assert answer["is_queued"] is True
    assert ben.wait(answer["result"])["state"] == "SUCCESS"


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("text", ["false", "FALSE"])
def test_a_walker_runs_now_when_told_so(ben: Client, route: str, text: str) -> None:
    answer = good(ask(ben, route, {"params": {"is_async": text}}))
    assert answer["report"] == [None]


def test_a_text_in_a_json_body_counts_too(ben: Client) -> None:
    assert good(ask(ben, "walker_run", {"json": {"is_async": "True"}}))["is_queued"] is True


def test_false_in_a_json_body_runs_now(ben: Client) -> None:
    assert good(ask(ben, "walker_run", {"json": {"is_async": False}}))["success"] is True


def test_a_task_answers_what_the_sync_call_would(ben: Client) -> None:
    task = ben.wait(ben.start("echo", value={"a": 1}))
    assert task == {"state": "SUCCESS", "status": "SUCCESS", "result": ben.run("echo", value={"a": 1})}


def test_a_task_is_checked_as_it_is_waited_for(ben: Client) -> None:
    task_id = ben.start("echo", value=3)
    assert ben.wait(task_id) == ben.task(task_id)


def test_a_walker_that_raised_is_a_failure_with_both(ben: Client) -> None:
    task = ben.wait(ben.start("fail", message="text"))
    assert task == {
        "state": "FAILURE", "status": "FAILURE", "result": ben.run("fail", message="text"),
        "error": {"type": "ValueError", "message": "text"},
    }  # fmt: skip


def test_a_walker_that_raised_in_the_background_keeps_nothing(someone: Client) -> None:
    someone.wait(someone.start("fail"))
    assert someone.root() == {}


def test_a_walker_that_sets_a_status_has_it_in_its_result(ben: Client) -> None:
    assert ben.wait(ben.start("status", code=404))["result"]["status_code"] == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [({"name": "nonsense"}, 404), ({"name": "echo", "ctx": {"x": 1}}, 400), ({"name": "echo", "nd": "nonsense"}, 404)],
)
def test_what_can_not_run_is_refused_at_once(ben: Client, body: dict[str, Any], status: int) -> None:
    assert ben.js("walker_run", is_async=True, **body).status_code == status


def test_a_walker_declared_async_is_queued(ben: Client) -> None:
    answer = good(ben.js("walker_run", name="late"))
    assert answer["is_queued"] is True
    assert ben.wait(answer["result"])["result"]["report"] == ["done"]


def test_a_walker_declared_async_runs_now_when_told_so(ben: Client) -> None:
    assert good(ben.js("walker_run", name="late", is_async=False))["report"] == ["done"]
    assert good(ben.session.get(f"{ben.url}/js/wapi/late?is_async=false", timeout=30))["report"] == ["done"]


def test_a_summoned_walkers_task_is_the_owners(ben: Client, cleo: Client) -> None:
    task_id = good(ask(ben, "summon", {"json": {"is_async": True}}))["result"]
    assert ben.wait(task_id)["state"] == "SUCCESS"
    assert cleo.get("/js/walker_queue_check", task_id=task_id).status_code == 404


def test_files_reach_the_job(ben: Client) -> None:
    files = [
        ("photo", ("a.bin", bytes(range(256)))),
        ("photo", ("b", b"")),
        ("is_async", (None, "true")),
        ("name", (None, "album")),
    ]
    answer = good(ben.session.post(f"{ben.url}/js/walker_run", files=files, timeout=30))
    sizes, texts, _ = ben.wait(answer["result"])["result"]["report"]
    assert sizes["sizes"] == [256, 0]
    assert texts[0] == bytes(range(256)).decode("latin-1")


def test_a_large_file_reaches_the_job(ben: Client) -> None:
    files = {"photo": ("a.bin", b"x" * 5_000_000), "is_async": (None, "true")}
    answer = good(ben.session.post(f"{ben.url}/js/wapi/album", files=files, timeout=30))
    assert ben.wait(answer["result"])["result"]["report"][0]["sizes"] == [5_000_000]


def test_a_delayed_walker_waits_for_its_time(ben: Client) -> None:
    task_id = ben.start("echo", options={"delay": 3600})
    assert ben.task(task_id) == {"state": "PENDING", "status": "PENDING"}
    good(ben.js("walker_queue_cancel", task_id=task_id))


def test_a_walker_runs_after_its_delay(ben: Client) -> None:
    assert ben.wait(ben.start("echo", options={"delay": 0.3}))["state"] == "SUCCESS"


def test_an_eta_is_the_time_to_run_at(ben: Client) -> None:
    eta = datetime.now(UTC) + timedelta(hours=1)
    task_id = ben.start("echo", options={"eta": eta.isoformat()})
    [waiting] = [task for tasks in ben.get("/js/walker_queue_check").json()["scheduled"].values() for task in tasks]
    assert abs(datetime.fromisoformat(waiting["eta"]) - eta) < timedelta(seconds=1)
    good(ben.js("walker_queue_cancel", task_id=task_id))


@pytest.mark.parametrize("eta", ["2020-01-01T00:00:00+00:00", "2020-01-01T00:00:00Z", "2020-01-01T05:30:00+05:30"])
def test_an_eta_in_the_past_is_now(ben: Client, eta: str) -> None:
    assert ben.wait(ben.start("echo", options={"eta": eta}))["state"] == "SUCCESS"


def test_a_delay_is_read_from_a_form(ben: Client) -> None:
    data = {"name": "echo", "is_async": "true", "delay": "3600", "priority": "-3"}
    task_id = good(ben.session.post(f"{ben.url}/js/walker_run", data=data, timeout=30))["result"]
    assert ben.task(task_id)["state"] == "PENDING"
    good(ben.js("walker_queue_cancel", task_id=task_id))


def test_the_larger_priority_goes_first(house: House, newcomer: Client, hold: Callable[[Client], str]) -> None:
    hold(newcomer)
    last = hold(newcomer)
    low, zero, high = (
        newcomer.start("count", {"priority": priority}, by=by) for priority, by in ((-9, 100), (0, 10), (9, 1))
    )
    good(newcomer.js("walker_queue_cancel", task_id=last))
    assert [newcomer.wait(task)["result"]["report"] for task in (high, zero, low)] == [[1], [11], [111]]
