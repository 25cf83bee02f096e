"""Walkers inside of requests: a limited number, for a limited time."""

import threading
from collections.abc import Iterator

import pytest

from walkabout.jobs.places import AllTaken, Fairness, Places
from walkabout.walking.foreground import Foreground, OverLimit, ThreadPlace, TimeIsUp

SOON_S = 0.05
LONG_S = 30.0


@pytest.fixture
def foreground() -> Iterator[Foreground]:
    made = Foreground(Places(1, Fairness(0.125, 4), "runs"))
    yield made
    made._pool.shutdown()


def test_what_the_work_gives_is_given(foreground: Foreground) -> None:
    assert foreground.run(lambda place: 5, LONG_S, "ana") == 5


def test_what_the_work_raises_is_raised(foreground: Foreground) -> None:
    def breaks(place: ThreadPlace) -> None:
        raise KeyError("broken")

    with pytest.raises(KeyError):
        foreground.run(breaks, LONG_S, "ana")


def test_no_more_run_than_may(foreground: Foreground) -> None:
    def refused(place: ThreadPlace) -> str:
        with pytest.raises(AllTaken, match="all 1 places"):
            foreground.run(lambda place: None, LONG_S, "bob")
        return "refused"

    assert foreground.run(refused, LONG_S, "ana") == "refused"


def test_a_place_is_free_again_after_a_run(foreground: Foreground) -> None:
    for _ in range(3):
        foreground.run(lambda place: None, LONG_S, "ana")
    assert foreground.places.taken == 0


def test_a_run_is_ended_at_its_limit(foreground: Foreground) -> None:
    ended = threading.Event()

    def goes_on(place: ThreadPlace) -> None:
        place.release()
        try:
            while True:
                sum(range(100))
        finally:
            ended.set()

    with pytest.raises(TimeIsUp):
        foreground.run(goes_on, SOON_S, "ana")
    assert ended.wait(LONG_S)


def test_no_interrupt_falls_where_interrupts_are_held_off(foreground: Foreground) -> None:
    over, went_on = threading.Event(), threading.Event()

    def holds(place: ThreadPlace) -> None:
        place.release()
        place.hold()
        over.wait(LONG_S)
        went_on.set()
        place.release()
        raise AssertionError("it was not ended")

    with pytest.raises(TimeIsUp):
        foreground.run(holds, SOON_S, "ana")
    over.set()
    assert went_on.wait(LONG_S)


def test_a_run_that_is_being_kept_at_its_limit_has_ended_in_time() -> None:
    place = ThreadPlace()
    place.release()
    place.keep()
    assert place.interrupt() is False


def test_a_run_whose_time_is_over_is_not_kept() -> None:
    place = ThreadPlace()
    place.interrupt()
    with pytest.raises(OverLimit):
        place.keep()


def test_a_run_that_starts_again_after_its_limit_is_ended() -> None:
    # The limit came while it was being kept; that met a conflict, and it would run again, without any limit.
    place = ThreadPlace()
    place.release()
    place.keep()
    place.interrupt()
    with pytest.raises(OverLimit):
        place.release()
