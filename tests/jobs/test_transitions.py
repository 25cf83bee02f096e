"""Every transition has an expected old state; from any other one it loses, and changes nothing."""

from collections.abc import Callable

import pytest

from tests.support.clock import Clock
from tests.support.jobs import CONSUMER, PID, a_spec, claimed, entered, state, task
from walkabout.jobs.ledger import Claim, LeaseLost
from walkabout.service import Service

Move = Callable[[Service, Claim], bool]


def succeed(service: Service, claim: Claim) -> bool:
    try:
        service.ledger.succeed(claim, "{}")
    except LeaseLost:
        return False
    return True


MOVES: dict[str, Move] = {
    "claim": lambda service, claim: service.ledger.claim(entered(service.db, "other"), "huey@box-2", 18) is not None,
    "come_due": lambda service, claim: service.ledger.release_due() > 0,
    "revoke_waiting": lambda service, claim: service.ledger.revoke_waiting(claim.uid, "cancelled"),
    "succeed": succeed,
    "fail": lambda service, claim: service.ledger.fail(claim.id, claim.attempt, "ValueError", "no"),
    "retry": lambda service, claim: service.ledger.retry(claim, "ValueError", "no", 60),
    "give_back": lambda service, claim: service.ledger.requeue(claim) is not None,
    "take_over": lambda service, claim: bool(service.ledger.rescue(CONSUMER, PID, 2)),
    "take_over_all": lambda service, claim: bool(service.ledger.rescue(CONSUMER, None, 2)),
    "revoke_running": lambda service, claim: service.ledger.revoke_running(claim.id, claim.attempt, "cancelled"),
    "ask_cancel": lambda service, claim: service.ledger.ask_cancel(claim.uid),
}
STATES = ("PENDING", "DELAYED", "DUE", "STARTED", "RETRY", "SUCCESS", "FAILURE", "REVOKED")
ENDS = {"SUCCESS": "succeed", "FAILURE": "fail", "REVOKED": "revoke_running", "RETRY": "retry"}
ALLOWED = {
    "claim": {"PENDING": "STARTED"},
    "come_due": {"DUE": "PENDING"},
    "revoke_waiting": dict.fromkeys(("PENDING", "DELAYED", "DUE", "RETRY"), "REVOKED"),
    "succeed": {"STARTED": "SUCCESS"},
    "fail": {"STARTED": "FAILURE"},
    "retry": {"STARTED": "RETRY"},
    "give_back": {"STARTED": "PENDING"},
    "take_over": {"STARTED": "PENDING"},
    "take_over_all": {"STARTED": "PENDING"},
    "revoke_running": {"STARTED": "REVOKED"},
    "ask_cancel": {"STARTED": "STARTED"},
}


def brought_to(service: Service, clock: Clock, name: str) -> Claim:
    """A run in a state; the claim of its last attempt (one of nobody's if it was never taken)."""
    if name in ("DELAYED", "DUE"):
        uid = service.ledger.enqueue(a_spec(eta=clock() + 10))
        clock.pass_(10 if name == "DUE" else 0)
        return _of(uid)
    uid = service.ledger.enqueue(a_spec(max_attempts=2))
    if name == "PENDING":
        return _of(uid)
    claim = claimed(service)
    if name in ENDS:
        assert MOVES[ENDS[name]](service, claim)
    return claim


def _of(uid: str) -> Claim:
    return Claim(1, uid, "test", "echo", "nobody", "{}", 1, 0, 1, 0.0, None, True)


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("move", MOVES)
def test_a_transition_wins_from_its_own_states_only(service: Service, clock: Clock, move: str, before: str) -> None:
    claim = brought_to(service, clock, before)
    row = task(service, claim.uid)
    won = MOVES[move](service, claim)
    assert won is (before in ALLOWED[move])
    if won:
        assert state(service, claim.uid) == ALLOWED[move][before]
    else:
        assert task(service, claim.uid) == row


@pytest.mark.parametrize("move", sorted(set(MOVES) - {"ask_cancel"}))
def test_a_second_time_a_transition_loses(service: Service, clock: Clock, move: str) -> None:
    claim = brought_to(service, clock, next(iter(ALLOWED[move])))
    assert [MOVES[move](service, claim) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("move", ["succeed", "fail", "retry", "give_back", "revoke_running"])
@pytest.mark.parametrize("loss", ["take_over", "give_back"])
def test_a_late_attempt_can_not_write_over_the_one_after_it(service: Service, move: str, loss: str) -> None:
    service.ledger.enqueue(a_spec())
    late = claimed(service)
    MOVES[loss](service, late)
    row = task(service, claimed(service, "other", 18).uid)
    assert MOVES[move](service, late) is False
    assert task(service, late.uid) == row


def test_a_late_attempt_can_not_tell_progress(service: Service) -> None:
    service.ledger.enqueue(a_spec())
    late = claimed(service)
    service.ledger.rescue(CONSUMER, PID, 2)
    service.ledger.tell_progress(late, {"done": 1})
    assert task(service, late.uid).progress is None


def test_a_run_that_has_ended_tells_no_progress(service: Service) -> None:
    service.ledger.enqueue(a_spec())
    claim = claimed(service)
    service.ledger.succeed(claim, "{}")
    service.ledger.tell_progress(claim, {"done": 1})
    assert task(service, claim.uid).progress is None


def test_a_late_attempt_can_not_note_that_it_sends(service: Service) -> None:
    service.ledger.enqueue(a_spec())
    late = claimed(service)
    service.ledger.rescue(CONSUMER, PID, 2)
    with pytest.raises(LeaseLost):
        service.ledger.note_sent(late, "POST http://shop/orders")


def test_what_a_late_attempt_changed_is_not_kept(service: Service) -> None:
    service.ledger.enqueue(a_spec())
    late = claimed(service)
    service.ledger.rescue(CONSUMER, PID, 2)
    applied: list[str] = []
    with pytest.raises(LeaseLost) as caught:
        service.ledger.succeed(late, "{}", lambda: applied.append("too late"))
    assert (applied, caught.value.attempt) == ([], 1)


def test_success_and_changes_are_one(service: Service) -> None:
    service.ledger.enqueue(a_spec())
    claim = claimed(service)

    def fails_half_way() -> None:
        service.ledger.enqueue(a_spec(uid="half"))
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        service.ledger.succeed(claim, "{}", fails_half_way)
    assert state(service, claim.uid) == "STARTED"
    assert service.db.rows("SELECT 1 FROM job WHERE uid = 'half'") == []


def test_a_run_that_is_to_be_cancelled_can_not_succeed(service: Service) -> None:
    service.ledger.enqueue(a_spec())
    claim = claimed(service)
    service.ledger.ask_cancel(claim.uid)
    with pytest.raises(LeaseLost):
        service.ledger.succeed(claim, "{}")
    assert service.ledger.cancelled(CONSUMER) == [(claim.id, claim.attempt)]


def test_a_run_that_has_sent_is_not_given_back(service: Service) -> None:
    service.ledger.enqueue(a_spec())
    claim = claimed(service)
    service.ledger.note_sent(claim, "POST http://shop/orders")
    assert service.ledger.requeue(claim) == "FAILURE"


def test_a_run_that_is_not_repeatable_is_not_given_back(service: Service) -> None:
    # It was interrupted half way: to run again from the start is what it said it can't.
    service.ledger.enqueue(a_spec(repeatable=False))
    assert service.ledger.requeue(claimed(service)) == "FAILURE"


def test_an_ended_run_has_its_times(service: Service, clock: Clock) -> None:
    uid = service.ledger.enqueue(a_spec())
    clock.pass_(1)
    claim = claimed(service)
    clock.pass_(2)
    service.ledger.succeed(claim, "{}")
    row = task(service, uid)
    assert (row.queued_at, row.started_at, row.ended_at) == (clock() - 3, clock() - 2, clock())


def test_a_success_after_a_retry_tells_no_error(service: Service, clock: Clock) -> None:
    uid = service.ledger.enqueue(a_spec(max_attempts=2))
    service.ledger.retry(claimed(service), "ValueError", "no", 0)
    service.ledger.release_due()
    service.ledger.succeed(claimed(service), "{}")
    assert task(service, uid).error is None
