"""People who are disabled, and come back: their tasks and their jobs."""

import threading

import pytest

from tests.support.jobs import a_spec, claimed, state, task
from tests.support.schedule_harness import ScheduleHarness, at, every
from tests.support.until import until
from walkabout.jobs import queries
from walkabout.jobs.foreground import OwnerLostRights
from walkabout.jobs.thread_place import ThreadPlace
from walkabout.people.masters import LastAdmin
from walkabout.periodic import versions
from walkabout.service import Service

LONG_S = 30.0
REASON = "its owner was disabled"


def disable(harness: ScheduleHarness) -> None:
    harness.service.owners.disable(harness.ana.uid, by=harness.ana)


def enable(harness: ScheduleHarness) -> None:
    harness.service.owners.enable(harness.ana.uid, by=harness.ana)


def test_tasks_are_disabled_and_say_why(harness: ScheduleHarness) -> None:
    id = harness.add(every(10))
    disable(harness)
    harness.ticks(20)
    assert (harness.task(id).state, harness.task(id).note, harness.told(id)) == ("disabled", REASON, [])
    _, (newest,) = versions.of_task(harness.service.db, id, 1)
    assert (newest.change, newest.by) == ("disabled", harness.ana.uid)


def test_tasks_come_back_from_now_on(harness: ScheduleHarness) -> None:
    id = harness.add(every(10))
    disable(harness)
    harness.ticks(60)
    enable(harness)
    harness.ticks(10)
    assert (harness.task(id).state, harness.task(id).note) == ("active", "")
    assert [state for state, _ in harness.told(id)] == ["SUCCESS"]


def test_a_task_that_was_disabled_before_stays_so(harness: ScheduleHarness) -> None:
    id = harness.add(every(10))
    harness.service.periodic_tasks.disable(id, "holidays")
    disable(harness)
    enable(harness)
    assert (harness.task(id).state, harness.task(id).note) == ("disabled", "holidays")


def test_a_task_whose_time_has_passed_meanwhile_keeps_nobody_from_coming_back(harness: ScheduleHarness) -> None:
    once, always = harness.add(at("2027-01-15T08:00:10"), "once"), harness.add(every(10), "always")
    disable(harness)
    harness.ticks(20)
    enable(harness)
    assert (harness.task(once).state, harness.task(always).state) == ("disabled", "active")


def test_a_task_that_came_due_in_between_comes_back_too(harness: ScheduleHarness) -> None:
    id = harness.add(every(10))
    harness.service.masters.deactivate(harness.ana.uid)
    harness.ticks(10)
    assert (harness.task(id).state, harness.task(id).note) == ("disabled", REASON)
    enable(harness)
    assert harness.task(id).state == "active"


def test_more_tasks_than_one_transaction_changes_are_all_changed(
    harness: ScheduleHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("walkabout.periodic.owners.AT_ONCE", 2)
    ids = [harness.add(every(10), f"task {number}") for number in range(5)]
    disable(harness)
    assert {harness.task(id).state for id in ids} == {"disabled"}
    enable(harness)
    assert {harness.task(id).state for id in ids} == {"active"}


def test_what_waits_is_revoked_and_what_runs_is_to_be_ended(harness: ScheduleHarness) -> None:
    service, owner = harness.service, harness.ana.uid
    running = service.ledger.enqueue(a_spec(owner=owner, priority=1))
    claim = claimed(service)
    retried = service.ledger.enqueue(a_spec(owner=owner, priority=1, max_attempts=2))
    service.ledger.retry(claimed(service), "ValueError", "no", 60)
    waiting = [service.ledger.enqueue(a_spec(owner=owner, eta=eta)) for eta in (None, service.clock() + 60)]
    others = service.ledger.enqueue(a_spec(owner="bob"))
    disable(harness)
    assert [(state(service, uid), task(service, uid).reason) for uid in (retried, *waiting)] == [
        ("REVOKED", REASON)
    ] * 3
    assert queries.cancelled(service.db, "consumer-1") == [(claim.id, claim.attempt)]
    service.ledger.revoke_running(claim.id, claim.attempt, "cancelled")
    assert (state(service, running), task(service, running).reason) == ("REVOKED", REASON)
    assert state(service, others) == "PENDING"


def test_what_runs_in_a_request_is_ended(harness: ScheduleHarness) -> None:
    begun, told = threading.Event(), []

    def goes_on(place: ThreadPlace) -> None:
        place.release()
        begun.set()
        while True:
            sum(range(100))

    def ask() -> None:
        try:
            harness.service.foreground.run(goes_on, LONG_S, harness.ana.uid)
        except OwnerLostRights as error:
            told.append(str(error))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    assert begun.wait(LONG_S)
    disable(harness)
    thread.join(LONG_S)
    assert told == ["the run was ended: its owner was disabled, or is not an admin any more; nothing of it was saved"]
    until(lambda: harness.service.places.runs.taken == 0)


def test_the_last_admin_keeps_everything(service: Service) -> None:
    root = service.new_master("root@example.com", "correct-horse", "Root", superuser=True)
    uid = service.ledger.enqueue(a_spec(owner=root.uid))
    with pytest.raises(LastAdmin):
        service.owners.disable(root.uid)
    assert state(service, uid) == "PENDING"
