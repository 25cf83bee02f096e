"""The argument of a task comes back as it was given, from every API that shows it."""

import json
from typing import Any

import pytest

from tests.api.test_schedules import YEARLY, added, asked
from tests.support.house import Client, House

BIG = 123456789012345678901234567890


@pytest.fixture(scope="module")
def ana(house: House) -> Client:
    """The admin."""
    return house.client()


@pytest.fixture(scope="module")
def bea(house: House) -> Client:
    """Somebody who is no admin."""
    return house.person("bea-kwargs@example.com")


def text(value: Any) -> str:
    """The value with the order of its keys."""
    return json.dumps(value)


def kwargs_of(who: Client, id: int) -> dict[str, str]:
    """What each API says of a task's argument."""
    [listed] = [task for task in asked(who, "get_scheduled_queues", limit=0) if task["id"] == id]
    return {
        "get": text(asked(who, "schedule_get", id=id)["kwargs"]),
        "list": text(listed["kwargs"]),
        "update": text(asked(who, "schedule_update", id=id, priority=1)["kwargs"]),
        "disable": text(asked(who, "schedule_disable", id=id)["kwargs"]),
        "enable": text(asked(who, "schedule_enable", id=id)["kwargs"]),
        "changes": text(asked(who, "schedule_changes", id=id)["data"][0]["task"]["kwargs"]),
    }


WALKERS = [
    {"name": "echo"},
    {"wlk": "echo"},
    {"ctx": {}, "name": "echo"},
    {"nd": "active:graph", "ctx": {"value": 1}, "wlk": "echo", "snt": "global"},
    {"name": "echo", "ctx": None},
    {"name": "echo", "ctx": {"value": {"z": BIG, "a": -BIG, "m": 2**63, "f": 1.0, "e": 1e300, "g": 0.1, "n": None}}},
    {"name": "echo", "ctx": {"value": ["", "ä\u2028😀", [], {}, True, 1, 1.5, -0.0, "{{$.a}}", "// no comment"]}},
]
SEQUENCE = {"requests": [{"save_to": "b", "api": "info", "method": "JAC"}], "persistence": {"z": BIG, "a": [1.0, None]},
            "container": {}}  # fmt: skip


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("body", WALKERS, ids=text)
def test_a_walker_s_argument_comes_back_as_it_was_given(
    bea: Client, request: pytest.FixtureRequest, body: dict[str, Any], as_text: bool
) -> None:
    given = json.dumps(body, indent=1) if as_text else body
    id = added(bea, request.node.name[-200:], body=given)
    expected = {**body, "mst": asked(bea, "master_self")["jid"]}
    assert set(kwargs_of(bea, id).values()) == {text(expected)}


@pytest.mark.parametrize("form", ["{}", "urn:uuid:{}"])
@pytest.mark.parametrize("place", [0, 1])
def test_the_master_comes_back_as_it_was_given(
    ana: Client, bea: Client, request: pytest.FixtureRequest, form: str, place: int
) -> None:
    mst = form.format(asked(bea, "master_self")["jid"].removeprefix("urn:uuid:"))
    rest = [("name", "echo"), ("ctx", {})]
    body = dict([*rest[:place], ("mst", mst), *rest[place:]])
    for who in (ana, bea):
        id = added(who, f"{request.node.name} {who is ana}", body=body)
        assert set(kwargs_of(who, id).values()) == {text(body)}


@pytest.mark.parametrize("as_text", [False, True])
def test_a_sequence_comes_back_as_it_was_given(ana: Client, as_text: bool) -> None:
    given = f"// comments go\n{json.dumps(SEQUENCE)[:-1]},}}" if as_text else SEQUENCE
    answer = ana.post("/js_admin/add_scheduled_sequence", name=f"given {as_text}", schedule=YEARLY, body=given)
    assert answer.status_code == 200, answer.text
    assert set(kwargs_of(ana, answer.json()["id"]).values()) == {text(SEQUENCE)}


def test_an_edit_comes_back_as_it_was_given(bea: Client) -> None:
    id = added(bea, "edited", body={"name": "echo", "ctx": {"value": {"a": 1, "b": 2}}})
    mst = asked(bea, "master_self")["jid"]
    for body in (
        {"ctx": {"value": {"b": 2, "a": 1}}, "wlk": "echo", "mst": mst},
        {"mst": mst, "name": "echo"},
        {"mst": mst, "name": "echo", "ctx": {}},
    ):
        assert text(asked(bea, "schedule_update", id=id, kwargs=body)["kwargs"]) == text(body)
    revision = asked(bea, "schedule_get", id=id)["revision"]
    assert asked(bea, "schedule_update", id=id, kwargs={"mst": mst, "name": "echo", "ctx": {}})["revision"] == revision


@pytest.mark.parametrize("body", WALKERS, ids=text)
def test_it_runs(bea: Client, request: pytest.FixtureRequest, body: dict[str, Any]) -> None:
    id = added(bea, request.node.name[-200:], body=body)
    ran = bea.wait(asked(bea, "schedule_run_now", id=id)["task_id"])
    assert (ran["state"], ran["result"]["report"]) == ("SUCCESS", [(body.get("ctx") or {}).get("value")])
