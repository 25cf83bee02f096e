"""The board: an order reaches the run that it is for, and no other."""

import os

import pytest

from walkabout.jobs.worker.scoreboard import CANCEL, LIMIT, STOP, Interrupted, Scoreboard, WorkerSlot


@pytest.fixture
def scoreboard() -> Scoreboard:
    return Scoreboard(2)


def running(scoreboard: Scoreboard, job: int = 7, attempt: int = 1, limit_s: float | None = None) -> WorkerSlot:
    """A worker in a run that may be interrupted."""
    place = scoreboard.worker_slot(scoreboard.reserve())
    place.sit_down()
    place.begin(job, attempt, limit_s)
    place.release()
    return place


@pytest.mark.parametrize("order", [CANCEL, LIMIT])
def test_a_run_obeys_its_order(scoreboard: Scoreboard, order: int) -> None:
    place = running(scoreboard)
    scoreboard.order(scoreboard.entry(0), order)
    with pytest.raises(Interrupted) as caught:
        place.obey()
    assert caught.value.order == order


def test_a_run_without_an_order_goes_on(scoreboard: Scoreboard) -> None:
    running(scoreboard).obey()


def test_an_order_waits_while_interrupts_are_held_off(scoreboard: Scoreboard) -> None:
    place = running(scoreboard)
    place.hold()
    scoreboard.order(scoreboard.entry(0), CANCEL)
    place.obey()
    with pytest.raises(Interrupted):
        place.release()


@pytest.mark.parametrize(("job", "attempt"), [(8, 1), (7, 2)])
def test_a_late_order_does_not_hit_the_next_run(scoreboard: Scoreboard, job: int, attempt: int) -> None:
    place = running(scoreboard)
    seen = scoreboard.entry(0)
    place.end()
    place.begin(job, attempt, None)
    place.release()
    scoreboard.order(seen, CANCEL)
    place.obey()


def test_an_idle_worker_obeys_nothing(scoreboard: Scoreboard) -> None:
    place = running(scoreboard)
    seen = scoreboard.entry(0)
    place.end()
    scoreboard.order(seen, CANCEL)
    place.obey()


def test_an_order_is_obeyed_once(scoreboard: Scoreboard) -> None:
    place = running(scoreboard)
    scoreboard.order(scoreboard.entry(0), CANCEL)
    with pytest.raises(Interrupted):
        place.obey()
    place.release()


def test_a_worker_that_is_told_to_stop_ends_its_run(scoreboard: Scoreboard) -> None:
    place = running(scoreboard)
    scoreboard.end_runs()
    with pytest.raises(Interrupted) as caught:
        place.obey()
    assert (caught.value.order, place.was_ordered(STOP)) == (STOP, True)


def test_a_worker_that_is_told_to_stop_while_it_holds_ends_afterwards(scoreboard: Scoreboard) -> None:
    place = running(scoreboard)
    place.hold()
    scoreboard.end_runs()
    place.obey()
    with pytest.raises(Interrupted):
        place.release()


def test_a_cancel_comes_before_a_stop(scoreboard: Scoreboard) -> None:
    place = running(scoreboard)
    place.hold()
    scoreboard.order(scoreboard.entry(0), CANCEL)
    scoreboard.end_runs()
    place.obey()
    with pytest.raises(Interrupted) as caught:
        place.release()
    assert caught.value.order == CANCEL


def test_no_walkers_own_handler_keeps_an_interrupt() -> None:
    assert not issubclass(Interrupted, Exception)


def test_a_deadline_is_the_begin_and_the_limit(scoreboard: Scoreboard) -> None:
    running(scoreboard, limit_s=2.5)
    entry = scoreboard.entry(0)
    assert entry.deadline_s == pytest.approx(entry.begun_ns / 1e9 + 2.5)


def test_without_a_limit_there_is_no_deadline(scoreboard: Scoreboard) -> None:
    running(scoreboard)
    assert scoreboard.entry(0).deadline_s is None


@pytest.mark.parametrize("limit_s", [1e10, 1e300, float("inf")])
def test_a_limit_beyond_all_times_is_no_error(scoreboard: Scoreboard, limit_s: float) -> None:
    running(scoreboard, limit_s=limit_s)


def test_slots_are_reserved_until_their_worker_has_started(scoreboard: Scoreboard) -> None:
    slot = scoreboard.reserve()
    assert (scoreboard.complete(), scoreboard.entries()) == (False, [])
    scoreboard.worker_slot(slot).sit_down()
    assert (scoreboard.complete(), [entry.pid for entry in scoreboard.entries()]) == (True, [os.getpid()])


def test_there_are_no_more_workers_than_slots(scoreboard: Scoreboard) -> None:
    scoreboard.reserve()
    scoreboard.reserve()
    with pytest.raises(RuntimeError, match="2 workers"):
        scoreboard.reserve()


def test_a_slot_that_was_given_back_is_reserved_again(scoreboard: Scoreboard) -> None:
    running(scoreboard)
    scoreboard.free(0)
    assert (scoreboard.reserve(), scoreboard.entry(0).job) == (0, 0)
