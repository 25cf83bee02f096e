"""The page of notices, the field in a task's form, and the banner when somebody was not told."""

import re

import pytest

from tests.support.clock import Clock
from tests.support.reader import PageReader
from tests.support.scripted_server import Server
from tests.support.visitor import Visitor
from walkabout.actions import notices as actions
from walkabout.actions.notices import TargetInput
from walkabout.jids import jid
from walkabout.people.masters import Master
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import WALKER
from walkabout.service import Service

HOOK = "https://hooks.example.org/services/S3cr3tPath"
EACH_DAY = {"type": "interval", "conf": {"every": 1, "period": "days"}}


@pytest.fixture
def task(service: Service, bob: Master) -> int:
    body = {"name": "echo", "mst": jid(bob.uid)}
    return service.periodic_tasks.create(Draft("nightly", WALKER, body, EACH_DAY)).id


def add(user: Visitor, **form: object) -> str:
    on = form.pop("on", ["failed", "recovered"])
    return user.post("/notices/targets", **{"target": HOOK, "for": "all", "after": "1", "on": on, **form}).text


def test_who_adds_a_webhook_sees_its_key_once_and_the_address_never_again(user: Visitor) -> None:
    text = add(user)
    assert re.search(r"whsec_[0-9a-f]{32}", text) and "S3cr3t" not in text
    again = user.get("/notices").text
    assert "https://hooks.example.org… (" in again and "whsec_" not in again and "S3cr3t" not in again


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(user: Visitor) -> None:
    text = add(user, target="nonsense", quiet="at night")
    assert "Address that is no address" in text and "Quiet hours “at night” are no quiet hours" in text
    assert 'value="nonsense"' in text


def test_how_late_and_how_long_can_be_said(user: Visitor, service: Service, bob: Master) -> None:
    add(user, late_s="600", long_s="30", on=["late", "long"])
    (found,) = service.notice_targets.list_of(bob.uid)
    assert (found.late_s, found.skipping_s, found.long_s, found.events) == (600.0, 3600.0, 30.0, "late long")
    assert "Late by more than 0 is out of range" in add(user, late_s="soon")


def test_a_target_is_listed_with_its_events_and_the_name_of_its_task(
    user: Visitor, service: Service, bob: Master, task: int
) -> None:
    actions.set_target(service, bob, TargetInput(HOOK, task, ["failed", "recovered"], after=3, remind_s=3600.0))
    text = user.get("/notices").text
    assert "<bdi>nightly</bdi></a>" in text
    assert "failed, recovered; after 3 failures in a row; again after 1 h" in text
    service.periodic_tasks.delete(task)
    assert "a deleted task" in user.get("/notices").text


def test_an_admin_sees_whose_a_target_is(user: Visitor, admin: Visitor) -> None:
    add(user)
    assert '<bdi class="dim">bob@example.com</bdi>' in admin.get("/notices").text


def test_what_is_for_admins_is_said_to_be(user: Visitor, admin: Visitor) -> None:
    assert "is for admins" in add(user, target="sequence:nightly")
    assert 'value="no_worker"' not in user.get("/notices").text
    assert 'value="no_worker"' in admin.get("/notices").text


def test_a_test_is_sent_and_what_became_of_it_is_said(
    user: Visitor, server: Server, service: Service, bob: Master
) -> None:
    object.__setattr__(service.deliveries.web, "may_reach_private", lambda target: lambda: True)
    server.begin({"POST /hook": [{"status": 200}, {"status": 410}]})
    saved = actions.set_target(service, bob, TargetInput(f"{server.base}/hook"))
    user.post(f"/notices/targets/{saved.id}/test")
    assert "The test was sent." in user.get("/notices").text
    assert server.seen[0].body["event"] == "test"
    user.post(f"/notices/targets/{saved.id}/test")
    assert "The test did not arrive: 127.0.0.1 answered 410." in user.get("/notices").text


def test_a_target_of_somebody_else_is_not_there(user: Visitor, service: Service, ana: Master) -> None:
    saved = actions.set_target(service, ana, TargetInput(HOOK))
    assert "hooks.example.org" not in user.get("/notices").text
    for what in ("test", "remove"):
        assert user.post(f"/notices/targets/{saved.id}/{what}").status_code == 404


def test_a_target_is_removed(user: Visitor, service: Service, bob: Master) -> None:
    saved = actions.set_target(service, bob, TargetInput(HOOK))
    user.post(f"/notices/targets/{saved.id}/remove")
    assert "hooks.example.org" not in user.get("/notices").text


def test_the_form_of_a_task_has_its_addresses_and_keeps_those_that_it_shows(
    user: Visitor, service: Service, bob: Master, task: int
) -> None:
    saved = actions.set_target(service, bob, TargetInput(HOOK, task))
    text = user.get(f"/tasks/{task}/edit").text
    assert "S3cr3t" not in text
    form = PageReader(text).form()
    assert form["notify"] == saved.label
    user.post(f"/tasks/{task}/edit", **form)
    assert [one.address for one in service.notice_targets.list_of(bob.uid, task=task)] == [HOOK]
    user.post(f"/tasks/{task}/edit", **form | {"notify": f"{saved.label}\r\nmailto:bob@example.com"})
    found = service.notice_targets.list_of(bob.uid, task=task)
    assert [one.address for one in found] == [HOOK, "mailto:bob@example.com"]
    assert "Told: <bdi>https://hooks.example.org… (" in user.get(f"/tasks/{task}").text


def test_a_wrong_address_in_the_form_of_a_task_saves_nothing(user: Visitor, service: Service, task: int) -> None:
    for address, why in (
        ("nonsense", "that is no address"),
        ("mailto:boss@example.org", "mail to yourself, bob@example.com"),
    ):
        form = PageReader(user.get(f"/tasks/{task}/edit").text).form() | {"name": "renamed", "notify": address}
        page = PageReader(user.post(f"/tasks/{task}/edit", **form).text)
        assert why in page.errors()["notify"] and page.value("notify") == address
    assert "nightly" in user.get(f"/tasks/{task}").text


def test_a_copy_of_a_task_is_told_to_nobody(user: Visitor, service: Service, bob: Master, task: int) -> None:
    actions.set_target(service, bob, TargetInput(HOOK, task))
    text = user.get(f"/tasks/new?copy={task}").text
    assert "nightly (copy)" in text and "hooks.example.org" not in text


def test_that_somebody_was_not_told_stands_on_top_of_their_pages(
    user: Visitor, service: Service, bob: Master, task: int, clock: Clock
) -> None:
    actions.set_target(service, bob, TargetInput(HOOK, task))
    service.ledger.note_outcome(task, "FAILURE", "ValueError: no disk", clock(), None)  # type: ignore[misc]
    assert "could not be delivered" not in user.get("/").text
    service.db.change("UPDATE notice SET state = 'failed', error = 'hooks.example.org answered 500', tries = 8")
    assert "1 notice could not be delivered since yesterday." in user.get("/").text
    text = user.get(f"/notices?task={task}").text
    assert "not delivered" in text and "hooks.example.org answered 500" in text and "8 tries" in text
    clock.pass_(90_000)
    assert "could not be delivered" not in user.get("/").text
