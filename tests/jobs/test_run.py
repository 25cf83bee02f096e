"""A run from its claim to its outcome."""

import asyncio
import json

import pytest

from tests.support.clock import Clock
from tests.support.jobs import a_spec, claimed, started, state, task
from walkabout.database.connections import Conflict, ConstraintRefused, Unavailable
from walkabout.jobs.hooks import Hooks
from walkabout.jobs.quotas import QueueFull
from walkabout.jobs.run import Outcome, Runner, Target
from walkabout.jobs.specs import Claim
from walkabout.jobs.worker.scoreboard import CANCEL, LIMIT, STOP, Interrupted, Scoreboard, WorkerSlot
from walkabout.service import Service

TRIES = 3
RAISED = Outcome("{}", error=("ValueError", "no"))


@pytest.fixture
def scoreboard() -> Scoreboard:
    return Scoreboard(1)


@pytest.fixture
def place(scoreboard: Scoreboard) -> WorkerSlot:
    made = scoreboard.worker_slot(scoreboard.reserve())
    made.sit_down()
    return made


def run(service: Service, place: WorkerSlot, claim: Claim, target: Target) -> Outcome | None:
    """One run of a claim, as a worker does it."""
    runner = Runner(service.ledger, {"test": target}, service.events, service.masker, TRIES, lambda: None, lambda: None)
    place.begin(claim.id, claim.attempt, claim.limit_s)
    try:
        return runner.run(claim, place)
    finally:
        place.end()


def gives(outcome: Outcome) -> Target:
    return lambda claim, hooks: outcome


def applying(service: Service, *errors: Exception) -> tuple[Target, list[int]]:
    """A target whose changes meet these errors, one each time, and then none; and a list of its runs."""
    runs: list[int] = []
    left = list(errors)

    def apply() -> None:
        if left:
            raise left.pop(0)

    def target(claim: Claim, hooks: Hooks) -> Outcome:
        runs.append(claim.attempt)
        return Outcome("{}", apply=apply)

    return target, runs


def error_of(service: Service, uid: str) -> dict[str, str]:
    return dict(json.loads(task(service, uid).error or "{}"))


def test_a_run_that_ends_well_is_a_success_with_its_result(service: Service, place: WorkerSlot) -> None:
    claim = started(service)
    assert run(service, place, claim, gives(Outcome('{"a":1}'))) is not None
    row = task(service, claim.uid)
    assert (row.state, row.result) == ("SUCCESS", '{"a":1}')


def test_a_run_that_raises_is_a_failure_with_its_error(service: Service, place: WorkerSlot) -> None:
    claim = started(service)
    run(service, place, claim, gives(RAISED))
    assert state(service, claim.uid) == "FAILURE"
    assert error_of(service, claim.uid) == {"type": "ValueError", "message": "no"}


def test_what_a_run_that_raised_wanted_to_change_is_not_applied(service: Service, place: WorkerSlot) -> None:
    applied: list[str] = []
    outcome = Outcome("{}", apply=lambda: applied.append("changed"), error=("ValueError", "no"))
    run(service, place, started(service), gives(outcome))
    assert applied == []


def test_a_run_that_raises_waits_twice_as_long_each_time(service: Service, place: WorkerSlot, clock: Clock) -> None:
    uid = service.ledger.enqueue(a_spec(max_attempts=4, backoff_s=5.0))
    waits = []
    for _ in range(3):
        run(service, place, claimed(service), gives(RAISED))
        row = task(service, uid)
        assert (row.state, row.wait_until is not None) == ("RETRY", True)
        waits.append((row.wait_until or 0) - clock())
        clock.pass_(waits[-1])
        service.ledger.release_due()
    assert waits == [5, 10, 20]


def test_a_run_that_raises_for_the_last_time_is_a_failure(service: Service, place: WorkerSlot) -> None:
    uid = service.ledger.enqueue(a_spec(max_attempts=2))
    for expected in ("RETRY", "FAILURE"):
        service.ledger.release_due()
        run(service, place, claimed(service), gives(RAISED))
        assert state(service, uid) == expected


def test_a_lost_worker_is_no_run_that_raised(service: Service, place: WorkerSlot) -> None:
    claim = started(service, max_attempts=2)
    service.ledger.rescue("consumer-1", 17, 2)
    run(service, place, claimed(service), gives(RAISED))
    assert state(service, claim.uid) == "RETRY"


def test_a_run_with_a_conflict_starts_again_from_the_beginning(service: Service, place: WorkerSlot) -> None:
    claim = started(service)
    target, runs = applying(service, Conflict("a"), Conflict("a"))
    run(service, place, claim, target)
    assert (state(service, claim.uid), len(runs)) == ("SUCCESS", 3)


def test_a_run_that_always_has_a_conflict_fails_and_names_the_object(service: Service, place: WorkerSlot) -> None:
    claim = started(service)
    target, runs = applying(service, *[Conflict("the-object")] * 9)
    run(service, place, claim, target)
    assert (state(service, claim.uid), len(runs)) == ("FAILURE", TRIES)
    assert "the-object" in error_of(service, claim.uid)["message"]
    assert "CONFLICT_TRIES" in error_of(service, claim.uid)["message"]


def test_a_run_that_has_sent_does_not_start_again_after_a_conflict(service: Service, place: WorkerSlot) -> None:
    claim = started(service)
    target, runs = applying(service, Conflict("the-object"))

    def sends(claim: Claim, hooks: Hooks) -> Outcome:
        hooks.about_to_send("POST http://shop/orders")
        return target(claim, hooks)

    run(service, place, claim, sends)
    message = error_of(service, claim.uid)["message"]
    assert (state(service, claim.uid), len(runs)) == ("FAILURE", 1)
    assert "the-object" in message
    assert "POST http://shop/orders" in message


def test_a_run_that_is_not_repeatable_does_not_start_again_after_a_conflict(
    service: Service, place: WorkerSlot
) -> None:
    claim = started(service, repeatable=False)
    target, runs = applying(service, Conflict("the-object"))
    run(service, place, claim, target)
    assert (state(service, claim.uid), len(runs)) == ("FAILURE", 1)


def test_a_run_that_has_sent_and_raises_is_not_run_again_by_itself(service: Service, place: WorkerSlot) -> None:
    claim = started(service, max_attempts=3)

    def sends(claim: Claim, hooks: Hooks) -> Outcome:
        hooks.about_to_send("POST http://shop/orders")
        return RAISED

    run(service, place, claim, sends)
    assert state(service, claim.uid) == "FAILURE"


@pytest.mark.parametrize(("order", "expected"), [(CANCEL, "REVOKED"), (LIMIT, "FAILURE")])
def test_an_order_ends_the_run(
    service: Service, place: WorkerSlot, scoreboard: Scoreboard, order: int, expected: str
) -> None:
    claim = started(service, limit_s=5.0)

    def ordered(claim: Claim, hooks: Hooks) -> Outcome:
        scoreboard.order(scoreboard.entry(0), order)
        place.obey()
        raise AssertionError("the order was not obeyed")

    assert run(service, place, claim, ordered) is None
    assert state(service, claim.uid) == expected


def test_a_run_over_its_limit_names_the_limit(service: Service, place: WorkerSlot, scoreboard: Scoreboard) -> None:
    claim = started(service, limit_s=5.0)

    def ordered(claim: Claim, hooks: Hooks) -> Outcome:
        scoreboard.order(scoreboard.entry(0), LIMIT)
        with hooks.guard():
            pass
        raise AssertionError("the order was not obeyed")

    run(service, place, claim, ordered)
    assert error_of(service, claim.uid)["type"] == "TimeLimit"
    assert "5 s" in error_of(service, claim.uid)["message"]


def test_a_worker_that_is_told_to_stop_gives_its_run_back(
    service: Service, place: WorkerSlot, scoreboard: Scoreboard
) -> None:
    claim = started(service)

    def stopped(claim: Claim, hooks: Hooks) -> Outcome:
        scoreboard.end_runs()
        place.obey()
        raise AssertionError("it did not stop")

    run(service, place, claim, stopped)
    row = service.db.first("SELECT state, raised, takeovers FROM job WHERE uid = ?", (claim.uid,))
    assert row == ("PENDING", 0, 0)


@pytest.mark.parametrize("order", [STOP, CANCEL, LIMIT])
def test_an_interrupt_that_nobody_ordered_is_a_failure(service: Service, place: WorkerSlot, order: int) -> None:
    claim = started(service)

    def interrupts_itself(claim: Claim, hooks: Hooks) -> Outcome:
        raise Interrupted(order)

    run(service, place, claim, interrupts_itself)
    assert state(service, claim.uid) == "FAILURE"


def test_an_order_that_comes_while_the_outcome_is_written_does_not_undo_it(
    service: Service, place: WorkerSlot, scoreboard: Scoreboard
) -> None:
    claim = started(service)

    def apply() -> None:
        scoreboard.order(scoreboard.entry(0), LIMIT)
        place.obey()

    run(service, place, claim, gives(Outcome("{}", apply=apply)))
    assert state(service, claim.uid) == "SUCCESS"


def test_a_cancel_that_comes_before_the_outcome_is_written_wins(service: Service, place: WorkerSlot) -> None:
    claim = started(service)
    service.ledger.ask_cancel(claim.uid)
    assert run(service, place, claim, gives(Outcome("{}"))) is None
    assert state(service, claim.uid) == "REVOKED"


@pytest.mark.parametrize("attempts", [1, 3])
def test_a_cancel_wins_over_a_run_that_raises(service: Service, place: WorkerSlot, attempts: int) -> None:
    claim = started(service, max_attempts=attempts)
    service.ledger.ask_cancel(claim.uid)
    run(service, place, claim, gives(RAISED))
    assert state(service, claim.uid) == "REVOKED"


def test_a_run_that_was_taken_over_writes_nothing(service: Service, place: WorkerSlot) -> None:
    claim = started(service)
    service.ledger.rescue("consumer-1", 17, 2)
    assert run(service, place, claim, gives(Outcome("{}"))) is None
    assert state(service, claim.uid) == "PENDING"


# Whatever goes wrong in a run, its row must not stay STARTED: its worker lives, so nobody would ever give it back.


@pytest.mark.parametrize("error", [RuntimeError("a bug"), ValueError("no JSON"), ConstraintRefused("a constraint")])
def test_a_run_whose_changes_can_not_be_written_is_a_failure(
    service: Service, place: WorkerSlot, error: Exception
) -> None:
    claim = started(service)
    target, _ = applying(service, error)
    run(service, place, claim, target)
    assert state(service, claim.uid) == "FAILURE"


def test_an_outcome_waits_while_the_database_is_away_and_nothing_runs_twice(
    service: Service, place: WorkerSlot
) -> None:
    claim = started(service)
    target, runs = applying(service, Unavailable("database or disk is full"))
    run(service, place, claim, target)
    assert (state(service, claim.uid), len(runs)) == ("SUCCESS", 1)


@pytest.mark.parametrize("error", [RuntimeError("a bug"), asyncio.CancelledError(), GeneratorExit()])
def test_a_target_that_raises_what_it_may_not_is_a_failure(
    service: Service, place: WorkerSlot, error: BaseException
) -> None:
    claim = started(service)

    def breaks(claim: Claim, hooks: Hooks) -> Outcome:
        raise error

    run(service, place, claim, breaks)
    assert state(service, claim.uid) == "FAILURE"


def test_a_job_of_a_kind_that_nobody_knows_is_a_failure(service: Service, place: WorkerSlot) -> None:
    claim = started(service, kind="unheard-of")
    run(service, place, claim, gives(Outcome("{}")))
    assert state(service, claim.uid) == "FAILURE"


def test_progress_is_kept_for_who_looks(service: Service, place: WorkerSlot) -> None:
    claim = started(service)

    def tells(claim: Claim, hooks: Hooks) -> Outcome:
        hooks.tell(1, 2, "half")
        assert json.loads(task(service, claim.uid).progress or "") == {"done": 1, "total": 2, "text": "half"}
        return Outcome("{}")

    run(service, place, claim, tells)
    assert task(service, claim.uid).progress is None


def test_progress_is_written_ten_times_a_second_at_most(service: Service, place: WorkerSlot) -> None:
    claim = started(service)

    def tells(claim: Claim, hooks: Hooks) -> Outcome:
        for done in range(3):
            hooks.tell(done, 3, "")
        assert json.loads(task(service, claim.uid).progress or "")["done"] == 0
        return Outcome("{}")

    run(service, place, claim, tells)


def said(service: Service) -> list[str]:
    names: list[str] = []
    service.events.listen(lambda name, fields: names.append(name))
    return names


@pytest.mark.parametrize(
    ("outcome", "attempts", "event"), [(RAISED, 1, "job.failed"), (RAISED, 2, "job.retry"), (Outcome("{}"), 1, None)]
)
def test_what_happened_is_said(
    service: Service, place: WorkerSlot, outcome: Outcome, attempts: int, event: str | None
) -> None:
    names = said(service)
    run(service, place, started(service, max_attempts=attempts), gives(outcome))
    assert names == ["job.started", *([event] if event else []), "job.saved", "job.finished"]


def test_a_failure_that_was_not_written_is_not_said(service: Service, place: WorkerSlot) -> None:
    claim = started(service)
    service.ledger.rescue("consumer-1", 17, 2)
    names = said(service)
    run(service, place, claim, gives(RAISED))
    assert "job.failed" not in names


def test_a_walkers_request_after_a_cancel_ends_its_run_as_cancelled(service: Service, place: WorkerSlot) -> None:
    # The refusal to send reaches the walker's code as an exception, as any other that it may raise.
    claim = started(service)
    service.ledger.ask_cancel(claim.uid)

    def sends(claim: Claim, hooks: Hooks) -> Outcome:
        try:
            hooks.about_to_send("POST http://shop/orders")
        except Exception as error:
            return Outcome("{}", error=(type(error).__name__, str(error)))
        return Outcome("{}")

    run(service, place, claim, sends)
    assert state(service, claim.uid) == "REVOKED"


def test_a_run_that_asks_for_more_jobs_than_may_wait_is_a_failure_that_says_so(
    service: Service, place: WorkerSlot
) -> None:
    claim = started(service)
    target, runs = applying(service, QueueFull("5 jobs wait"))
    assert run(service, place, claim, target) is None
    assert (state(service, claim.uid), error_of(service, claim.uid)) == (
        "FAILURE",
        {"type": "QueueFull", "message": "5 jobs wait"},
    )
    assert runs == [1]
