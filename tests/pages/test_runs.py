"""The list of runs: filters in the address, pages by key, and nobody else's runs."""

import dataclasses

import pytest
from flask import Flask

from tests.support.cast import person
from tests.support.clock import Clock
from tests.support.jobs import a_spec, claimed, started
from tests.support.reader import PageReader
from tests.support.tasks import walker_task
from tests.support.visitor import Visitor, signed_in
from walkabout.people.masters import Master
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.service import Service
from walkabout.web.application import create_app

FIRST = {"owner": "ana@example.com"}


def _names(text: str) -> list[str]:
    return PageReader(text).texts('a[id^="run-"]')


def _one_of_each(service: Service, owner: str) -> None:
    for name in ("good", "bad", "gone"):
        claim = started(service, name=name, owner=owner)
        if name == "good":
            service.ledger.succeed(claim, '{"report":[]}')
        elif name == "bad":
            service.ledger.fail(claim.id, claim.attempt, "ValueError", "<b>broken</b>")
        else:
            service.ledger.revoke_running(claim.id, claim.attempt, "cancelled")
    started(service, name="goes", owner=owner)
    service.ledger.enqueue(a_spec(name="waits", owner=owner))


def test_the_newest_run_is_on_top(service: Service, user: Visitor, bob: Master) -> None:
    _one_of_each(service, bob.uid)
    assert _names(user.get("/runs").text) == ["waits", "goes", "gone", "bad", "good"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("state=failed", ["bad"]),
        ("state=ok", ["good"]),
        ("state=running", ["goes"]),
        ("state=waiting", ["waits"]),
        ("state=cancelled", ["gone"]),
        ("state=missed", []),
        ("walker=goes", ["goes"]),
        ("walker=goes&state=ok", []),
        ("since=2030-01-01T00:00", []),
        ("until=2030-01-01T00:00&state=ok", ["good"]),
    ],
)
def test_the_address_filters(service: Service, user: Visitor, bob: Master, query: str, names: list[str]) -> None:
    _one_of_each(service, bob.uid)
    assert _names(user.get(f"/runs?{query}").text) == names


@pytest.mark.parametrize("query", ["state=odd", "since=yesterday", "until=99999-01-01"])
def test_a_filter_that_can_t_be_is_named(user: Visitor, query: str) -> None:
    answer = user.get(f"/runs?{query}")
    assert (answer.status_code, 'class="problem"' in answer.text) == (200, True)


def test_people_see_their_own_runs_and_admins_all(service: Service, user: Visitor, admin: Visitor, bob: Master) -> None:
    service.ledger.enqueue(a_spec(name="of-bob", owner=bob.uid))
    service.ledger.enqueue(a_spec(name="of-nobody", owner="nobody"))
    assert _names(user.get("/runs?owner=ana@example.com").text) == ["of-bob"]
    assert _names(admin.get("/runs").text) == ["of-nobody", "of-bob"]
    assert _names(admin.get("/runs?owner=bob@example.com").text) == ["of-bob"]


def test_pages_lead_to_older_and_back_to_newer(service: Service, ana: Master) -> None:
    service.settings = dataclasses.replace(service.settings, page_rows=2)
    visitor = signed_in(create_app(service), service, ana)
    for number in range(5):
        service.ledger.enqueue(a_spec(name=f"n{number}", owner=ana.uid))
    seen, path = [], "/runs"
    while path:
        text = visitor.get(path).text
        seen.append(_names(text))
        path = _link(text, "next")
    assert seen == [["n4", "n3"], ["n2", "n1"], ["n0"]]
    back = visitor.get(_link(text, "prev")).text
    assert _names(back) == ["n2", "n1"]
    assert _names(visitor.get(_link(back, "prev")).text) == ["n4", "n3"]


def _link(text: str, rel: str) -> str:
    return PageReader(text).link(f'a[rel="{rel}"]')


def test_an_empty_list_explains_the_first_step(user: Visitor) -> None:
    assert "Run a walker" in user.get("/runs").text


def test_errors_show_as_text(service: Service, user: Visitor, bob: Master) -> None:
    _one_of_each(service, bob.uid)
    assert "ValueError: &lt;b&gt;broken&lt;/b&gt;" in user.get("/runs").text


def test_the_live_part_is_sent_alone_and_only_when_it_has_changed(
    service: Service, user: Visitor, bob: Master, clock: Clock
) -> None:
    claim = started(service, owner=bob.uid)
    first = user.get("/runs", Live="runs")
    assert "<html" not in first.text
    assert first.headers["Live-Every"] == "2"
    tag = first.headers["ETag"]
    clock.pass_(5)
    assert user.get("/runs", Live="runs", **{"If-None-Match": tag}).status_code == 304
    service.ledger.succeed(claim, "{}")
    changed = user.get("/runs", Live="runs", **{"If-None-Match": tag})
    assert (changed.status_code, changed.headers["Live-Every"]) == (200, "15")


def test_a_full_list_is_light(app: Flask, service: Service, ana: Master) -> None:
    service.settings = dataclasses.replace(service.settings, page_rows=100)
    visitor = signed_in(create_app(service), service, ana)
    for _ in range(100):
        claim = started(service, name="w" * 60, owner=ana.uid)
        service.ledger.fail(claim.id, claim.attempt, "ValueError", '<"' * 100)
    assert len(visitor.get("/runs").data) < 180_000


def _ran(service: Service, task: PeriodicTask) -> str:
    uid = service.periodic_tasks.run_now(task.id)
    claim = claimed(service)
    service.ledger.fail(claim.id, claim.attempt, "ValueError", "no")
    return uid


def test_runs_are_called_by_their_task(service: Service, user: Visitor, bob: Master) -> None:
    beat, other = walker_task(service, bob, name="Heartbeat"), walker_task(service, bob, name="Other")
    run, _ = _ran(service, beat), _ran(service, other)
    reader = PageReader(user.get("/runs").text)
    assert reader.texts('a[id^="run-"]') == ["Other", "Heartbeat"]
    assert [text.split() for text in reader.texts("td.name")] == [["Other", "echo"], ["Heartbeat", "echo"]]
    assert PageReader(user.get(f"/runs/{run}").text).texts("h1")[0].startswith("Heartbeat")
    for query in ("task=Heartbeat", f"task={beat.id}", "walker=Heartbeat"):
        assert _names(user.get(f"/runs?{query}").text) == ["Heartbeat"]
    assert _names(user.get("/runs?walker=echo").text) == ["Other", "Heartbeat"]
    assert "no task or walker of yours" in user.get("/runs?task=Nobody").text


def test_a_renamed_task_names_its_runs_and_a_deleted_one_leaves_its_name(
    service: Service, user: Visitor, bob: Master
) -> None:
    task = walker_task(service, bob, name="Heartbeat")
    _ran(service, task)
    service.periodic_tasks.change(task.id, {"name": "Pulse"})
    assert _names(user.get("/runs").text) == ["Pulse"]
    service.periodic_tasks.delete(task.id)
    assert _names(user.get("/runs").text) == ["Heartbeat"]
    assert _names(user.get(f"/runs?task={task.id}").text) == ["Heartbeat"]


def test_a_run_again_is_of_the_same_task(service: Service, user: Visitor, bob: Master) -> None:
    uid = _ran(service, walker_task(service, bob, name="Heartbeat"))
    user.post(f"/runs/{uid}/again")
    assert _names(user.get("/runs?task=Heartbeat").text) == ["Heartbeat", "Heartbeat"]


def test_only_runs_of_one_task_are_compared(service: Service, user: Visitor, bob: Master) -> None:
    beat, other = walker_task(service, bob, name="Heartbeat"), walker_task(service, bob, name="Other")
    one, another, again = _ran(service, beat), _ran(service, other), _ran(service, beat)
    choices = user.get(f"/runs/compare?a={one}").text
    assert again in choices
    assert another not in choices
    refused = user.get(f"/runs/compare?a={one}&b={another}")
    assert refused.status_code == 303
    assert "Only runs of the same task" in user.get(f"/runs/compare?a={one}").text


def test_a_name_of_several_tasks_is_told_with_their_ids(
    service: Service, admin: Visitor, ana: Master, bob: Master
) -> None:
    ids = [walker_task(service, owner, name="nightly").id for owner in (person(service, "cleo"), bob)]
    page = admin.get("/runs?task=nightly")
    assert page.status_code == 200
    assert f"names several tasks; use one of the ids {ids[0]}, {ids[1]}" in page.text
    assert admin.get(f"/runs?task={ids[1]}").status_code == 200
