"""Who may do what to a job, asked of the actions themselves, whatever face calls them."""

from collections.abc import Callable

import pytest

from tests.rights.conftest import World
from tests.support.jobs import a_spec, claimed, state
from walkabout.actions import jobs, sequences
from walkabout.actions.jobs import NoSuchJob
from walkabout.jobs.states import REVOKED
from walkabout.jobs.template import NotAllowed
from walkabout.people.masters import Master
from walkabout.service import Service

ACTIONS: dict[str, Callable[[Service, Master, str], object]] = {
    "check": jobs.check,
    "wait": lambda service, by, job: jobs.wait(service, by, job, 0.0),
    "cancel": jobs.cancel,
    "run again": jobs.run_again,
}


def sequence_of(world: World, who: str) -> str:
    """A sequence of somebody that waits, asked for when they were an admin."""
    return world.service.ledger.enqueue(world.service.sequences.as_spec({"requests": []}, world.people[who].uid))


@pytest.mark.parametrize("what", ACTIONS)
@pytest.mark.parametrize("who", ["alice", "carol", "eve"])
def test_somebody_elses_job_is_not_there(world: World, what: str, who: str) -> None:
    with pytest.raises(NoSuchJob):
        ACTIONS[what](world.service, world.master(who), sequence_of(world, "dan"))


@pytest.mark.parametrize("what", ACTIONS)
def test_admins_do_everything(world: World, what: str) -> None:
    ACTIONS[what](world.service, world.master("dan"), sequence_of(world, "eve"))


def test_a_job_whose_try_fails_while_it_is_cancelled_is_cancelled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, alice = world.service, world.master("alice")
    uid = service.ledger.enqueue(a_spec(owner=alice.uid, max_attempts=3))
    claim, ask_end = claimed(service), service.ledger.ask_end

    def ask_after_the_try_has_failed(uid: str, reason: str | None = None) -> bool:
        service.ledger.retry(claim, "ValueError", "no", 60)
        return ask_end(uid, reason)

    monkeypatch.setattr(service.ledger, "ask_end", ask_after_the_try_has_failed)
    assert jobs.cancel(service, alice, uid).state == REVOKED
    assert state(service, uid) == REVOKED


def test_who_was_an_admin_looks_at_a_sequence_and_ends_it_and_runs_none(world: World) -> None:
    job = sequence_of(world, "eve")
    assert jobs.check(world.service, world.master("eve"), job).uid == job
    for again in (jobs.run_again, lambda *asked: sequences.resume(*asked, None)):
        with pytest.raises(NotAllowed, match="for admins"):
            again(world.service, world.master("eve"), job)
    jobs.cancel(world.service, world.master("eve"), job)
