"""A sequence is an admin's: what stands, waits or is deleted when its owner is one no more."""

import json

import pytest

from tests.rights.conftest import World
from tests.support.clock import Clock
from tests.support.jobs import a_spec, claimed, state, worked
from tests.support.schedule_harness import every
from walkabout.database.connections import Unavailable
from walkabout.jobs import queries
from walkabout.people.masters import LastAdmin
from walkabout.periodic import task_queries, versions
from walkabout.periodic.drafts import Draft
from walkabout.periodic.importing import import_plan
from walkabout.periodic.importing.entries import ImportEntry
from walkabout.periodic.importing.import_plan import LEFT_OUT
from walkabout.periodic.periodic_task import SEQUENCE, PeriodicTask
from walkabout.sequences.rights import NO_ADMIN


def task(world: World, name: str) -> PeriodicTask:
    found = task_queries.by_id(world.service.db, world.things[name])
    assert found is not None
    return found


def test_a_demotion_disables_them_and_says_why(world: World) -> None:
    found = task(world, "sequence of eve")
    assert (found.state, found.note, found.next_run_at) == ("disabled", NO_ADMIN, None)
    _, (latest, *_) = versions.of_task(world.service.db, found.id, 1)
    assert (latest.change, latest.by) == ("disabled", world.people["dan"].uid)
    assert task(world, "sequence of dan").state == task(world, "task").state == "active"


def test_a_demotion_that_is_refused_disables_nothing(world: World) -> None:
    with pytest.raises(LastAdmin):
        world.service.owners.demote(world.people["dan"].uid)
    assert task(world, "sequence of dan").state == "active"


def test_the_page_demotes_in_the_same_way(world: World) -> None:
    world.service.masters.promote(world.people["eve"].uid)
    world.visitor("dan").post(f"/people/{world.people['eve'].uid}/demote")
    world.visitor("dan").post(f"/people/{world.people['carol'].uid}/promote")
    world.visitor("carol").post(f"/people/{world.people['dan'].uid}/demote")
    assert (task(world, "sequence of dan").state, task(world, "sequence of dan").note) == ("disabled", NO_ADMIN)


def test_who_is_an_admin_again_may_enable_them(world: World) -> None:
    world.service.masters.promote(world.people["eve"].uid)
    assert world.good("eve", "/js/schedule_enable", id="{sequence of eve}")["state"] == "active"


def test_the_tick_asks_again(world: World, clock: Clock) -> None:
    world.service.db.change("UPDATE master SET is_superuser = 0 WHERE uid = ?", (world.people["dan"].uid,))
    clock.pass_(3601)
    world.service.firing.tick(clock())
    found = task(world, "sequence of dan")
    assert (found.state, found.note) == ("disabled", NO_ADMIN)
    assert world.good("dan", "/js/schedule_runs", id=found.id)["data"][0]["reason"] == NO_ADMIN
    assert task(world, "task").total_run_count == 1


def test_a_run_that_waits_is_asked_when_it_runs(world: World) -> None:
    run = world.good("dan", "/js/schedule_run_now", id="{sequence of dan}")["task_id"]
    world.service.masters.promote(world.people["eve"].uid)
    world.demote("dan")
    assert worked(world.service) == run
    found = queries.job(world.service.db, run)
    assert found is not None
    assert (found.state, json.loads(found.error or "")["message"]) == ("FAILURE", NO_ADMIN)


def test_a_sequence_that_runs_is_told_to_end(world: World) -> None:
    run = world.good("dan", "/js/schedule_run_now", id="{sequence of dan}")["task_id"]
    claim = claimed(world.service)
    world.service.masters.promote(world.people["eve"].uid)
    walker = world.service.ledger.enqueue(a_spec(owner=world.people["dan"].uid))
    other = claimed(world.service)
    world.demote("dan")
    assert queries.cancelled(world.service.db, "consumer-1") == [(claim.id, claim.attempt)]
    world.service.ledger.revoke_running(claim.id, claim.attempt, "cancelled")
    found = queries.job(world.service.db, run)
    assert found is not None
    assert (found.state, found.reason) == ("REVOKED", NO_ADMIN)
    assert (other.uid, state(world.service, walker)) == (walker, "STARTED")


def test_a_demotion_and_its_entry_are_one_transaction(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise Unavailable("database or disk is full")

    world.service.masters.promote(world.people["eve"].uid)
    monkeypatch.setattr(world.service.audit, "record", full)
    with pytest.raises(Unavailable):
        world.demote("eve")
    assert world.master("eve").is_superuser


@pytest.mark.parametrize("who", ["eve", "dan"])
def test_a_deleted_one_comes_back_for_admins_and_disabled(world: World, who: str) -> None:
    id = world.things["sequence of eve"]
    world.service.masters.promote(world.people["eve"].uid)
    world.good("eve", "/js/schedule_enable", id=id)
    world.good("eve", "/js/delete_scheduled_queue", scheduled_queue_id=id)
    world.demote("eve")
    world.visitor(who).post("/tasks/restore", task=str(id))
    found = task_queries.by_id(world.service.db, id)
    if who == "eve":
        assert found is None
    else:
        assert found is not None
        assert (found.state, found.note) == ("disabled", NO_ADMIN)


@pytest.mark.parametrize(("who", "outcome"), [("eve", LEFT_OUT), ("alice", LEFT_OUT), ("dan", "new")])
def test_an_import_is_asked_too(world: World, who: str, outcome: str) -> None:
    draft = Draft("imported", SEQUENCE, {"requests": []}, every(10), asker=world.people[who].uid)
    (step,) = import_plan.plan_import(world.service.periodic_tasks, [ImportEntry("1", draft)])
    assert step.outcome == outcome
    assert step.details == ((f"owner: {NO_ADMIN}",) if outcome == LEFT_OUT else ("Every 10 seconds",))


def test_the_page_of_who_was_an_admin_says_why_nothing_runs(world: World) -> None:
    eve, id = world.visitor("eve"), world.things["sequence of eve"]
    assert NO_ADMIN in eve.get(f"/tasks/{id}").text
    for what in ("run", "enable"):
        eve.post(f"/tasks/{id}/{what}")
        assert "a sequence is for admins" in eve.get("/").text
    for path in ("/tasks/preview", "/tasks/try"):
        assert eve.post(path, task_id=str(id), body="{}").status_code == 404
    assert eve.get(f"/tasks/new?copy={id}").status_code == 404
    eve.post(f"/tasks/{id}/delete")
    assert task_queries.by_id(world.service.db, id) is None


def test_many_at_once_are_asked_one_by_one(world: World) -> None:
    dan = world.visitor("dan")
    ids = [str(world.things[name]) for name in ("sequence of eve", "sequence of dan")]
    dan.post("/tasks/many", task=ids, do="run", sure="yes")
    text = dan.get("/").text
    assert "dan: sequence: queued." in text
    assert NO_ADMIN in text
