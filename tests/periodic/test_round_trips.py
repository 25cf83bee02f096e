"""An export is taken over by another installation without a loss, and by its own without a change."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.periodic import schedule_strategies as strategies
from tests.support.cast import person
from tests.support.examples import examples
from tests.support.schedule_harness import ScheduleHarness, at, cron, every
from walkabout.actions import task_files
from walkabout.jids import jid
from walkabout.periodic import task_queries
from walkabout.periodic.drafts import Draft
from walkabout.periodic.importing.import_plan import NEW, SAME, ImportStep
from walkabout.periodic.periodic_task import ACTIVE, SEQUENCE, WALKER, PeriodicTask
from walkabout.problems import Invalid
from walkabout.service import Service

PARTS = (strategies.bounded(), strategies.policies, strategies.walkers, strategies.texts)


@pytest.fixture
def elsewhere(harness: ScheduleHarness, make_service: Callable[..., Service], tmp_path: Path) -> Service:
    """Another installation, with its own Ana and its own admin."""
    harness.service.first_admin()
    other = make_service(data_dir=str(tmp_path / "elsewhere"))
    other.first_admin()
    person(other, "ana")
    return other


def take(service: Service, text: str) -> list[ImportStep]:
    steps = task_files.plan(service, None, task_files.read_export(service, text), None)
    task_files.apply(service, None, steps)
    return steps


def rows(service: Service) -> list[dict[str, Any]]:
    """The rows of an export; `mst` is a jid, which each installation has of its own."""
    found: list[dict[str, Any]] = json.loads(task_files.export(service, None))["schedules"]
    for row in found:
        row["kwargs"].pop("mst", None)
    return found


def tasks(service: Service) -> list[PeriodicTask]:
    return task_queries.page(service.db, None, "", 0, 0, ascending=True)


def clear(*services: Service) -> None:
    for service in services:
        for task in tasks(service):
            service.periodic_tasks.delete(task.id)


@examples(30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.tuples(*PARTS, st.booleans()), max_size=4),
    st.integers(0, 90_000),
)
def test_an_export_taken_elsewhere_is_exported_there_as_it_was(
    harness: ScheduleHarness,
    elsewhere: Service,
    drawn: list[tuple[tuple[dict[str, Any], str], dict[str, Any], dict[str, Any], str, bool]],
    later: int,
) -> None:
    clear(harness.service, elsewhere)
    for number, ((schedule, zone), terms, argument, name, is_off) in enumerate(drawn):
        body = {**argument, "mst": jid(harness.ana.uid)}
        draft = Draft(f"{name} {number}", WALKER, body, schedule, zone, terms)
        try:
            task = harness.service.periodic_tasks.create(draft)
        except Invalid:
            continue  # its moment has passed
        if is_off and task.state == ACTIVE:
            harness.service.periodic_tasks.disable(task.id, name)
    text = task_files.export(harness.service, None)
    before = tasks(harness.service)
    harness.clock.pass_(later)
    assert {step.outcome for step in take(harness.service, text)} <= {SAME}
    assert tasks(harness.service) == before
    harness.clock.pass_(-later)
    assert {step.outcome for step in take(elsewhere, text)} <= {NEW}
    assert rows(elsewhere) == rows(harness.service)
    there = {task.name: task for task in tasks(elsewhere)}
    due = {task.name: (task.next_run_at, task.fire_at) for task in before}
    assert {name: (task.next_run_at, task.fire_at) for name, task in there.items()} == due
    assert {step.outcome for step in take(elsewhere, text)} <= {SAME}
    assert {task.name: task for task in tasks(elsewhere)} == there


def test_all_states_come_over_with_their_notes(harness: ScheduleHarness, elsewhere: Service) -> None:
    periodic_tasks = harness.service.periodic_tasks
    soon = "2027-01-15T08:00:30Z"
    ids = {
        "finished": harness.add(at(soon), "finished"),
        "paused, passed": harness.add(at(soon), "paused, passed"),
        "expired": harness.add(every(10, expires="2027-01-15T08:00:15Z"), "expired"),
        "paused": harness.add(cron("5"), "paused", jitter=600),
    }
    periodic_tasks.disable(ids["paused, passed"], "not yet")
    periodic_tasks.disable(ids["paused"], "on holiday\nuntil May")
    harness.tick(60)
    harness.finish_all()
    text = task_files.export(harness.service, None)
    assert {step.outcome for step in take(elsewhere, text)} == {NEW}
    assert rows(elsewhere) == rows(harness.service)
    assert {task.name: (task.state, task.note) for task in tasks(elsewhere)} == {
        task.name: (task.state, task.note) for task in tasks(harness.service)
    }
    assert {step.outcome for step in take(elsewhere, text)} == {SAME}


def test_a_moment_that_passed_on_the_way_is_over_there(harness: ScheduleHarness, elsewhere: Service) -> None:
    id = harness.add(at("2027-01-15T08:00:30Z"))
    text = task_files.export(harness.service, None)
    harness.tick(60)
    assert harness.task(id).state == "finished"
    assert [step.outcome for step in take(harness.service, text)] == [SAME]
    assert [step.outcome for step in take(elsewhere, text)] == [NEW]
    assert [(task.state, task.note) for task in tasks(elsewhere)] == [
        ("finished", "its moment had passed when it was imported")
    ]


def test_owners_are_known_by_their_emails(harness: ScheduleHarness, elsewhere: Service) -> None:
    bob, bob_there = (person(service, "bob") for service in (harness.service, elsewhere))
    admin = harness.service.masters.by_email("admin@localhost")
    assert admin is not None
    create = harness.service.periodic_tasks.create
    create(Draft("one", WALKER, {"name": "echo", "mst": jid(bob.uid)}, every(10)))
    create(Draft("two", SEQUENCE, {"requests": []}, every(10), asker=admin.uid))
    person(harness.service, "cleo")
    cleo = harness.service.masters.by_email("cleo@example.com")
    assert cleo is not None
    create(Draft("three", WALKER, {"name": "echo", "mst": jid(cleo.uid)}, every(10)))
    steps = take(elsewhere, task_files.export(harness.service, None))
    told = {step.name: (step.outcome, step.details) for step in steps}
    assert told["three"] == (
        "left out",
        ('owner: "cleo@example.com" is not a master here; use an email, or --owner EMAIL',),
    )
    owners = {task.name: task.owner for task in tasks(elsewhere)}
    there = elsewhere.masters.by_email("admin@localhost")
    assert there is not None
    assert owners == {"one": bob_there.uid, "two": there.uid}


def test_a_paused_task_in_the_file_pauses_nothing_that_is_over(harness: ScheduleHarness) -> None:
    id = harness.add(at("2027-01-15T08:00:30Z"))
    text = task_files.export(harness.service, None).replace('"state": "active"', '"state": "disabled"')
    harness.tick(60)
    assert [step.outcome for step in take(harness.service, text)] == [SAME]
    assert harness.task(id).state == "finished"


def test_another_note_is_a_change(harness: ScheduleHarness) -> None:
    id = harness.add(every(10))
    harness.service.periodic_tasks.disable(id, "old")
    text = task_files.export(harness.service, None).replace('"note": "old"', '"note": "new"')
    (step,) = take(harness.service, text)
    assert step.details == ("disabled: new",)
    assert (harness.task(id).state, harness.task(id).note) == ("disabled", "new")
