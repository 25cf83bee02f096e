"""People who are disabled, and come back: their tasks and their jobs."""

import threading

import pytest

from tests.periodic.desk import Desk, at, every
from tests.support.asks import an_ask, claimed, state, task
from tests.support.until import until
from walkabout.people.masters import LastAdmin
from walkabout.periodic import versions
from walkabout.service import Service
from walkabout.walking.foreground import OwnerLostRights, ThreadPlace

LONG_S = 30.0
REASON = "its owner was disabled"


def disable(desk: Desk) -> None:
    desk.service.owners.disable(desk.ana.uid, by=desk.ana)


def enable(desk: Desk) -> None:
    desk.service.owners.enable(desk.ana.uid, by=desk.ana)


def test_tasks_are_disabled_and_say_why(desk: Desk) -> None:
    id = desk.add(every(10))
    disable(desk)
    desk.ticks(20)
    assert (desk.task(id).state, desk.task(id).note, desk.told(id)) == ("disabled", REASON, [])
    _, (newest,) = versions.of_task(desk.service.db, id, 1)
    assert (newest.change, newest.by) == ("disabled", desk.ana.uid)


def test_tasks_come_back_from_now_on(desk: Desk) -> None:
    id = desk.add(every(10))
    disable(desk)
    desk.ticks(60)
    enable(desk)
    desk.ticks(10)
    assert (desk.task(id).state, desk.task(id).note) == ("active", "")
    assert [state for state, _ in desk.told(id)] == ["SUCCESS"]


def test_a_task_that_was_disabled_before_stays_so(desk: Desk) -> None:
    id = desk.add(every(10))
    desk.service.periodic_tasks.disable(id, "holidays")
    disable(desk)
    enable(desk)
    assert (desk.task(id).state, desk.task(id).note) == ("disabled", "holidays")


def test_a_task_whose_time_has_passed_meanwhile_keeps_nobody_from_coming_back(desk: Desk) -> None:
    once, always = desk.add(at("2027-01-15T08:00:10"), "once"), desk.add(every(10), "always")
    disable(desk)
    desk.ticks(20)
    enable(desk)
    assert (desk.task(once).state, desk.task(always).state) == ("disabled", "active")


def test_a_task_that_came_due_in_between_comes_back_too(desk: Desk) -> None:
    id = desk.add(every(10))
    desk.service.masters.deactivate(desk.ana.uid)
    desk.ticks(10)
    assert (desk.task(id).state, desk.task(id).note) == ("disabled", REASON)
    enable(desk)
    assert desk.task(id).state == "active"


def test_more_tasks_than_one_transaction_changes_are_all_changed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("walkabout.periodic.owners.AT_ONCE", 2)
    ids = [desk.add(every(10), f"task {number}") for number in range(5)]
    disable(desk)
    assert {desk.task(id).state for id in ids} == {"disabled"}
    enable(desk)
    assert {desk.task(id).state for id in ids} == {"active"}


def test_what_waits_is_revoked_and_what_runs_is_to_be_ended(desk: Desk) -> None:
    service, owner = desk.service, desk.ana.uid
    running = service.ledger.enqueue(an_ask(owner=owner, priority=1))
    claim = claimed(service)
    retried = service.ledger.enqueue(an_ask(owner=owner, priority=1, max_attempts=2))
    service.ledger.retry(claimed(service), "ValueError", "no", 60)
    waiting = [service.ledger.enqueue(an_ask(owner=owner, eta=eta)) for eta in (None, service.clock() + 60)]
    others = service.ledger.enqueue(an_ask(owner="bob"))
    disable(desk)
    assert [(state(service, uid), task(service, uid).reason) for uid in (retried, *waiting)] == [
        ("REVOKED", REASON)
    ] * 3
    assert service.ledger.cancelled("consumer-1") == [(claim.id, claim.attempt)]
    service.ledger.revoke_running(claim.id, claim.attempt, "cancelled")
    assert (state(service, running), task(service, running).reason) == ("REVOKED", REASON)
    assert state(service, others) == "PENDING"


def test_what_runs_in_a_request_is_ended(desk: Desk) -> None:
    begun, told = threading.Event(), []

    def goes_on(place: ThreadPlace) -> None:
        place.release()
        begun.set()
        while True:
            sum(range(100))

    def ask() -> None:
        try:
            desk.service.foreground.run(goes_on, LONG_S, desk.ana.uid)
        except OwnerLostRights as error:
            told.append(str(error))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    assert begun.wait(LONG_S)
    disable(desk)
    thread.join(LONG_S)
    assert told == ["the run was ended: its owner was disabled, or is not an admin any more; nothing of it was saved"]
    until(lambda: desk.service.places.runs.taken == 0)


def test_the_last_admin_keeps_everything(service: Service) -> None:
    root = service.new_master("root@example.com", "correct-horse", "Root", superuser=True)
    uid = service.ledger.enqueue(an_ask(owner=root.uid))
    with pytest.raises(LastAdmin):
        service.owners.disable(root.uid)
    assert state(service, uid) == "PENDING"
