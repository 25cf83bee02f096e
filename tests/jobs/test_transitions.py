"""Every transition has an expected old state; from any other one it loses, and changes nothing."""

from collections.abc import Callable

import pytest

from tests.support.clock import Clock
from tests.support.jobs import CONSUMER, PID, a_spec, claimed, entered, state, task
from walkabout.jobs import notes, queries
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.specs import Claim, Fire, LeaseLost, Unfired
from walkabout.jobs.transitions import transitions_of
from walkabout.service import Service

Move = Callable[[Service, Claim], bool]


def succeed(service: Service, claim: Claim) -> bool:
    try:
        service.ledger.succeed(claim, "{}")
    except LeaseLost:
        return False
    return True


def clean_up(service: Service, claim: Claim) -> bool:
    waits = (
        "UPDATE job SET cleans_up = 1, attempt = attempt + 1"
        " WHERE uid = ? AND state != 'STARTED' AND held = 0 AND ended_at IS NULL"
    )
    service.db.change(waits, (claim.uid,))  # as one that has begun
    return service.ledger.clean_up(claim.uid)


MOVES: dict[str, Move] = {
    "claim": lambda service, claim: service.ledger.claim(entered(service.db, "other"), "huey@box-2", 18) is not None,
    "release_due": lambda service, claim: service.ledger.release_due() > 0,
    "release_held": lambda service, claim: service.ledger.release_held() > 0,
    "revoke_waiting": lambda service, claim: service.ledger.revoke_waiting(claim.uid, "cancelled"),
    "succeed": succeed,
    "fail": lambda service, claim: service.ledger.fail(claim.id, claim.attempt, "ValueError", "no"),
    "retry": lambda service, claim: service.ledger.retry(claim, "ValueError", "no", 60),
    "requeue": lambda service, claim: service.ledger.requeue(claim) is not None,
    "rescue": lambda service, claim: bool(service.ledger.rescue(CONSUMER, PID, 2)),
    "rescue_all": lambda service, claim: bool(service.ledger.rescue(CONSUMER, None, 2)),
    "revoke_running": lambda service, claim: service.ledger.revoke_running(claim.id, claim.attempt, "cancelled"),
    "ask_cancel": lambda service, claim: service.ledger.ask_cancel(claim.uid),
    "ask_end": lambda service, claim: service.ledger.ask_end(claim.uid),
    "clean_up": clean_up,
}
MARKS = {"ask_cancel", "ask_end"}  # change no state
KINDS = {"DELAYED": "PENDING", "DUE": "PENDING", "HELD": "PENDING", "RETRY_DUE": "RETRY"}
STATES = (*KINDS, "PENDING", "STARTED", "RETRY", "SUCCESS", "FAILURE", "REVOKED")
ENDS = {"SUCCESS": "succeed", "FAILURE": "fail", "REVOKED": "revoke_running", "RETRY": "retry", "RETRY_DUE": "retry"}
ALLOWED = {
    "claim": {"PENDING": "STARTED"},
    "release_due": dict.fromkeys(("DUE", "RETRY_DUE"), "PENDING"),
    "release_held": {"HELD": "PENDING"},
    "revoke_waiting": dict.fromkeys(("PENDING", "DELAYED", "DUE", "HELD", "RETRY", "RETRY_DUE"), "REVOKED"),
    "succeed": {"STARTED": "SUCCESS"},
    "fail": {"STARTED": "FAILURE"},
    "retry": {"STARTED": "RETRY"},
    "requeue": {"STARTED": "PENDING"},
    "rescue": {"STARTED": "PENDING"},
    "rescue_all": {"STARTED": "PENDING"},
    "revoke_running": {"STARTED": "REVOKED"},
    "ask_cancel": {"STARTED": "STARTED"},
    "ask_end": {"STARTED": "STARTED"},
    "clean_up": dict.fromkeys(("PENDING", "DELAYED", "DUE", "RETRY", "RETRY_DUE"), "PENDING"),
}
DECLARED = {one.name: one for one in transitions_of(Ledger)}
UNFIRED = Unfired(1, "test", "echo", "nobody", 1.0, 1.0, 1, 1.0, "why")
BEGINNINGS: dict[str, Callable[[Ledger], object]] = {
    "enqueue": lambda ledger: ledger.enqueue(a_spec()),
    "enqueue_claimed": lambda ledger: ledger.enqueue_claimed(a_spec(), CONSUMER, "huey@box", PID),
    "fire": lambda ledger: ledger.fire(a_spec(), Fire(1, 1.0, 1.0)),
    "skip": lambda ledger: ledger.skip(UNFIRED),
    "miss": lambda ledger: ledger.miss(UNFIRED),
}


def brought_to(service: Service, clock: Clock, name: str) -> Claim:
    """A run in a state; the claim of its last attempt (one of nobody's if it was never taken)."""
    if name in ("DELAYED", "DUE"):
        uid = service.ledger.enqueue(a_spec(eta=clock() + 10))
        clock.pass_(10 if name == "DUE" else 0)
        return _of(uid)
    if name == "HELD":
        held = a_spec()
        service.ledger.fire(held, Fire(1, 1.0, 1.0, held=True))
        return _of(held.uid)
    uid = service.ledger.enqueue(a_spec(max_attempts=2))
    if name == "PENDING":
        return _of(uid)
    claim = claimed(service)
    if name in ENDS:
        assert MOVES[ENDS[name]](service, claim)
    clock.pass_(60 if name == "RETRY_DUE" else 0)
    return claim


def _of(uid: str) -> Claim:
    return Claim(1, uid, "test", "echo", "nobody", "{}", 1, 0, 1, 0.0, None, True)


def test_every_transition_that_the_ledger_declares_is_tried() -> None:
    assert set(DECLARED) == {move.removesuffix("_all") for move in MOVES} - MARKS | set(BEGINNINGS) | {
        "end_all_of",
        "admit",
    }


@pytest.mark.parametrize("move", sorted(set(MOVES) - MARKS))
def test_a_transition_is_declared_as_it_moves(move: str) -> None:
    declared = DECLARED[move.removesuffix("_all")]
    assert set(declared.before) == {KINDS.get(before, before) for before in ALLOWED[move]}
    assert set(ALLOWED[move].values()) <= set(declared.after)


@pytest.mark.parametrize("move", BEGINNINGS)
def test_a_row_begins_in_the_declared_state(service: Service, move: str) -> None:
    BEGINNINGS[move](service.ledger)
    rows = service.db.rows("SELECT state FROM job")
    assert (DECLARED[move].before, rows) == ((), [DECLARED[move].after])


@pytest.mark.parametrize("before", ["PENDING", "DELAYED", "HELD", "RETRY"])
def test_what_waits_of_an_owner_is_revoked(service: Service, clock: Clock, before: str) -> None:
    claim = brought_to(service, clock, before)
    service.ledger.end_all_of("nobody", "its owner was disabled")
    assert state(service, claim.uid) == "REVOKED"
    assert (DECLARED["end_all_of"].before, DECLARED["end_all_of"].after) == (("PENDING", "RETRY"), ("REVOKED",))


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


@pytest.mark.parametrize("move", sorted(set(MOVES) - MARKS))
def test_a_second_time_a_transition_loses(service: Service, clock: Clock, move: str) -> None:
    claim = brought_to(service, clock, next(iter(ALLOWED[move])))
    assert [MOVES[move](service, claim) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("move", ["succeed", "fail", "retry", "requeue", "revoke_running"])
@pytest.mark.parametrize("loss", ["rescue", "requeue"])
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
    notes.save_progress(service.db, late, {"done": 1})
    assert task(service, late.uid).progress is None


def test_a_run_that_has_ended_tells_no_progress(service: Service) -> None:
    service.ledger.enqueue(a_spec())
    claim = claimed(service)
    service.ledger.succeed(claim, "{}")
    notes.save_progress(service.db, claim, {"done": 1})
    assert task(service, claim.uid).progress is None


def test_a_late_attempt_can_not_note_that_it_sends(service: Service) -> None:
    service.ledger.enqueue(a_spec())
    late = claimed(service)
    service.ledger.rescue(CONSUMER, PID, 2)
    with pytest.raises(LeaseLost):
        notes.note_sent(service.db, late, "POST http://shop/orders")


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
    assert queries.cancelled(service.db, CONSUMER) == [(claim.id, claim.attempt)]


def test_a_run_that_has_sent_is_not_given_back(service: Service) -> None:
    service.ledger.enqueue(a_spec())
    claim = claimed(service)
    notes.note_sent(service.db, claim, "POST http://shop/orders")
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


def begun_with_clean_up(service: Service) -> Claim:
    service.ledger.enqueue(a_spec(cleans_up=True, max_attempts=3))
    return claimed(service)


def test_a_run_that_cleans_up_is_only_marked_by_the_first_cancel(service: Service) -> None:
    claim = begun_with_clean_up(service)
    assert service.ledger.ask_end(claim.uid)
    assert queries.cancelled(service.db, CONSUMER) == []
    assert not MOVES["succeed"](service, claim)
    assert not MOVES["fail"](service, claim)
    assert not MOVES["retry"](service, claim)
    assert service.ledger.ask_cancel(claim.uid)
    assert queries.cancelled(service.db, CONSUMER) == [(claim.id, claim.attempt)]
    assert service.ledger.revoke_running(claim.id, claim.attempt, "cancelled")
    assert state(service, claim.uid) == "REVOKED"


@pytest.mark.parametrize("waits", ["retry", "requeue", "rescue"])
def test_a_run_that_has_begun_and_waits_cleans_up_before_it_is_revoked(service: Service, waits: str) -> None:
    claim = begun_with_clean_up(service)
    assert MOVES[waits](service, claim)
    assert not service.ledger.revoke_waiting(claim.uid, "cancelled")
    assert service.ledger.clean_up(claim.uid)
    assert not service.ledger.clean_up(claim.uid)
    again = claimed(service)
    assert (again.uid, again.attempt, bool(again.cancelling)) == (claim.uid, 2, True)


def test_a_second_cancel_revokes_a_run_that_waits_to_clean_up(service: Service) -> None:
    claim = begun_with_clean_up(service)
    service.ledger.requeue(claim)
    assert service.ledger.clean_up(claim.uid)
    assert service.ledger.revoke_waiting(claim.uid, "cancelled")
    assert state(service, claim.uid) == "REVOKED"


def test_a_run_that_never_began_has_nothing_to_clean_up(service: Service) -> None:
    uid = service.ledger.enqueue(a_spec(cleans_up=True))
    assert not service.ledger.clean_up(uid)
    assert service.ledger.revoke_waiting(uid, "cancelled")


def test_a_run_that_was_to_clean_up_and_may_not_run_again_is_revoked(service: Service) -> None:
    claim = begun_with_clean_up(service)
    service.ledger.ask_end(claim.uid)
    assert MOVES["rescue"](service, claim)
    assert state(service, claim.uid) == "PENDING"
    again = claimed(service)
    assert service.ledger.rescue(CONSUMER, PID, 1) == [(again.uid, "REVOKED")]
