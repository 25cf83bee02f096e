"""No page shows what people must not read: whose it is sees it in the form alone where it is changed."""

import base64
import html
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.support.cast import person
from tests.support.jobs import a_spec, claimed, task, worked
from tests.support.schedule_harness import task_of_name
from tests.support.visitor import Visitor, signed_in
from walkabout.api.dispatch import Call
from walkabout.api.parameters import ApiRequest
from walkabout.api.queue import walker_queue_check
from walkabout.api.schedules import get_scheduled_queues
from walkabout.jids import jid
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import SEQUENCE, WALKER
from walkabout.service import Service

NAMED = "hunter22-and-more"
IN_ENVIRONMENT = "environment/secret+1"
HOURLY = {"type": "crontab", "conf": {"minute": "0"}}
LOOKS = (
    NAMED,
    base64.b64encode(f"x{NAMED}".encode()).decode()[4:-6],
    IN_ENVIRONMENT,
    base64.b64encode(IN_ENVIRONMENT.encode()).decode()[:-4],
    "environment%2Fsecret",
)

SECRETIVE: dict[str, Any] = {
    "auth": {"basic": ["ana", NAMED]},
    "more": {"auth": {"bearer": NAMED}, "header": {"X-Api-Key": NAMED, "Proxy-Authorization": f"Basic {NAMED}"}},
    "url": f"https://ana:{NAMED}@example.org/?api_key={NAMED}&page=2",
    "text": f"it was Bearer {NAMED} and {IN_ENVIRONMENT}",
    "list": [{"name": "client_secret", "value": NAMED}],
    "echoed": base64.b64encode(f"x{NAMED}{IN_ENVIRONMENT}".encode()).decode(),
    "password": NAMED,
    "harmless": "seen by all",
}
STEPS: dict[str, Any] = {
    "persistence": SECRETIVE,
    "requests": [
        {
            "method": "POST",
            "api": f"https://ana:{NAMED}@example.org/?sig={NAMED}",
            "auth": {"basic": ["ana", NAMED]},
            "header": {"X-Api-Key": NAMED},
            "body": SECRETIVE,
            "name": "harmless: seen by all",
        }
    ],
}


@pytest.fixture
def service(make_service: Callable[..., Service]) -> Service:
    return make_service(environ={"SECRET_NAME": IN_ENVIRONMENT})


def shows_none(text: str) -> None:
    plain = html.unescape(text)
    assert [look for look in LOOKS if look in plain] == []


def added(service: Service, owner: Master, kind: str, argument: dict[str, Any]) -> int:
    return service.periodic_tasks.create(Draft("task", kind, argument, HOURLY, asker=owner.uid), by=owner.uid).id


def a_walkers(owner: Master, value: Any = None) -> dict[str, Any]:
    return {"name": "echo", "ctx": {"value": SECRETIVE if value is None else value}, "mst": jid(owner.uid)}


def argument(service: Service, id: int) -> dict[str, Any]:
    found = task_queries.by_id(service.db, id)
    assert found is not None
    return found.argument_object()


@pytest.fixture(params=[WALKER, SEQUENCE])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def other_admin(service: Service) -> Master:
    return person(service, "eve", superuser=True)


def test_a_task_and_its_changes(service: Service, admin: Visitor, ana: Master, kind: str) -> None:
    id = added(service, ana, kind, a_walkers(ana) if kind == WALKER else STEPS)
    other = {**SECRETIVE, "password": "another-word", "harmless": "now another"}
    edited = a_walkers(ana, other) if kind == WALKER else {**STEPS, "persistence": other}
    service.periodic_tasks.change(id, {"argument": edited}, by=ana.uid)
    for path in ("", "/changes"):
        text = admin.get(f"/tasks/{id}{path}").text
        shows_none(text)
        assert "another-word" not in text
        assert "now another" in text


def test_notes(service: Service, admin: Visitor, ana: Master) -> None:
    id = added(service, ana, WALKER, a_walkers(ana))
    service.periodic_tasks.disable(id, f"till https://ana:{NAMED}@example.org is back", by=ana.uid)
    for path in (f"/tasks/{id}", f"/tasks/{id}/changes", "/tasks"):
        text = admin.get(path).text
        shows_none(text)
        assert path == "/tasks" or "example.org is back" in text


def test_the_form_shows_its_owner_all_and_others_masks_which_they_may_leave(
    service: Service, app: Flask, ana: Master, other_admin: Master, kind: str
) -> None:
    given = a_walkers(other_admin) if kind == WALKER else STEPS
    id = added(service, other_admin, kind, given)
    before = argument(service, id)
    assert NAMED in html.unescape(signed_in(app, service, other_admin).get(f"/tasks/{id}/edit").text)
    admin = signed_in(app, service, ana)
    shows_none(admin.get(f"/tasks/{id}/edit").text)
    masked = service.masker.masked(before)
    body = masked["ctx"] if kind == WALKER else masked
    form = {"name": "task", "body": json.dumps(body), "schedule.type": "crontab", "schedule.conf.crontab.minute": "5"}
    form |= {"body.name": "echo", "task_id": str(id)} if kind == WALKER else {"task_id": str(id)}
    shows_none(admin.post("/tasks/preview", **form).text)
    shows_none(admin.post("/tasks/argument", **form, do="fields").text)
    assert admin.post(f"/tasks/{id}/edit", **form).status_code == 303
    assert argument(service, id) == before
    # An edit of one value leaves the others' masks, and what is behind them.
    place = body["value"] if kind == WALKER else body["persistence"]
    place |= {"harmless": "edited", "password": "a new one"}
    assert admin.post(f"/tasks/{id}/edit", **{**form, "body": json.dumps(body)}).status_code == 303
    after = argument(service, id)
    kept = after["ctx"]["value"] if kind == WALKER else after["persistence"]
    assert kept == {**SECRETIVE, "harmless": "edited", "password": "a new one"}


def test_a_copy_of_somebody_elses_task_has_their_values_and_shows_none(
    service: Service, admin: Visitor, other_admin: Master
) -> None:
    id = added(service, other_admin, SEQUENCE, STEPS)
    text = admin.get(f"/tasks/new?copy={id}").text
    shows_none(text)
    assert f'name="copied" value="{id}"' in text
    form = {"name": "mine", "task": "sequence", "copied": str(id), "body": json.dumps(service.masker.masked(STEPS))}
    form |= {"schedule.type": "crontab", "schedule.conf.crontab.minute": "0"}
    assert admin.post("/tasks/new", **form).status_code == 303
    mine = task_of_name(service.db, "mine")
    assert mine is not None
    assert mine.argument_object() == STEPS


def test_nobody_gets_the_values_of_a_task_that_is_not_theirs_by_copying(
    service: Service, user: Visitor, bob: Master, other_admin: Master
) -> None:
    id = added(service, other_admin, WALKER, a_walkers(other_admin, {"password": NAMED}))
    form = {"name": "mine", "task": "walker", "body.name": "echo", "copied": str(id)}
    form |= {"body": '{"value": {"password": "***"}}', "schedule.type": "crontab", "schedule.conf.crontab.minute": "0"}
    assert user.post("/tasks/new", **form).status_code == 303
    mine = task_of_name(service.db, "mine")
    assert mine is not None
    assert mine.argument_object()["ctx"] == {"value": {"password": "***"}}


def test_runs_waiting_running_and_over(service: Service, admin: Visitor, ana: Master) -> None:
    walker = {"name": "echo", "nd": ana.active_graph, "ctx": {"value": SECRETIVE}}
    walker["request"] = {
        "method": "POST",
        "path": "/a",
        "query": {"key": NAMED},
        "headers": {"X-Api-Key": NAMED},
        "remote": "",
        "body": "",
    }
    uids = []
    for kind, given in (("walker", walker), ("sequence", STEPS)):
        for _ in range(2):
            uids.append(service.ledger.enqueue(a_spec(kind=kind, name="echo", owner=ana.uid, argument=given)))
    shows_none(admin.get("/queue").text)
    call = Call(service, ana, ApiRequest(), {}, "", {})
    told = json.dumps(walker_queue_check(call))
    shows_none(told)
    assert "seen by all" in told
    claim = claimed(service)
    service.ledger.succeed(claim, json.dumps({"report": [SECRETIVE]}))
    for uid in uids:
        text = admin.get(f"/runs/{uid}").text
        shows_none(text)
        assert "seen by all" in text
    for one, other in (uids[:2], uids[2:]):
        shows_none(admin.get(f"/runs/compare?a={one}&b={other}").text)
    shows_none(admin.get("/runs").text)


def test_errors_of_walkers(service: Service, admin: Visitor, ana: Master) -> None:
    said = f"401 for https://ana:{NAMED}@example.org, Authorization: Bearer {NAMED}, with {IN_ENVIRONMENT}"
    ask = a_spec(
        kind="walker",
        name="fail",
        owner=ana.uid,
        argument={"name": "fail", "nd": ana.active_graph, "ctx": {"message": said}},
    )
    service.ledger.enqueue(ask)
    uid = worked(service)
    row = task(service, uid)
    assert row.state == "FAILURE"
    shows_none(str(row.error) + str(row.result))
    assert "401 for https://***@example.org, Authorization: ***" in str(row.error)
    text = admin.get(f"/runs/{uid}").text
    shows_none(text)
    assert "401 for" in text


def test_going_on_from_somebody_elses_run_shows_masks_and_sends_what_is_behind_them(
    service: Service, admin: Visitor, other_admin: Master
) -> None:
    steps = {"requests": [{"method": "GET", "api": "http://127.0.0.1:9/", "auth": {"bearer": NAMED}}]}
    service.ledger.enqueue(service.sequences.as_spec(steps, other_admin.uid))
    uid = worked(service)
    text = admin.get(f"/runs/{uid}/on?edit").text
    shows_none(text)
    masked = service.masker.masked(steps)
    masked["requests"][0]["ignore_error"] = True
    answer = admin.post(f"/runs/{uid}/on", argument=json.dumps(masked))
    assert answer.status_code == 303
    new = task(service, str(answer.headers["Location"].rpartition("/")[2]))
    assert json.loads(new.argument)["requests"] == [{**steps["requests"][0], "ignore_error": True}]


def test_a_trial_that_is_dry(admin: Visitor) -> None:
    mocks = json.dumps({"0": {"body": {"token": NAMED}}})
    form = {"name": "x", "task": "sequence", "body": json.dumps(STEPS), "dry": "1", "mocks": mocks}
    text = admin.post("/tasks/try", headers={"Live": ""}, **form).text
    shows_none(text)
    assert "seen by all" in text


def test_the_owners_own_kwargs_come_back_as_they_were_given(service: Service, ana: Master) -> None:
    added(service, ana, SEQUENCE, STEPS)
    assert get_scheduled_queues(Call(service, ana, ApiRequest(), {}, "", {}))[0]["kwargs"] == STEPS
