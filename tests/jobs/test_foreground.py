"""Walkers inside of requests: a limited number, for a limited time."""

import threading
from collections.abc import Iterator

import pytest

from tests.support.until import until
from walkabout.jobs.foreground import Foreground, NotWritten, TimeIsUp
from walkabout.jobs.places import AllTaken, Fairness, Places
from walkabout.jobs.thread_place import OverLimit, ThreadPlace

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


def test_a_run_may_take_longer_than_its_limit_when_it_is_given_more(foreground: Foreground) -> None:
    over = threading.Event()

    def work(place: ThreadPlace) -> str:
        place.release()
        for _ in range(3):
            place.lengthen(60)
            over.wait(0.05)  # past the limit each time
        return "done"

    assert foreground.run(work, 0.01, "somebody") == "done"


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


def test_a_try_to_write_that_is_under_way_at_the_limit_says_how_the_run_went(foreground: Foreground) -> None:
    writing, may_end = threading.Event(), threading.Event()

    def writes(place: ThreadPlace) -> str:
        place.release()
        place.keep()
        writing.set()
        assert may_end.wait(LONG_S)
        return "kept"

    def let_end() -> None:
        assert writing.wait(LONG_S)
        until(lambda: all(place._order for place in places))
        may_end.set()

    places: list[ThreadPlace] = []

    def work(place: ThreadPlace) -> str:
        places.append(place)
        return writes(place)

    threading.Thread(target=let_end, daemon=True).start()
    assert foreground.run(work, SOON_S, "ana") == "kept"


def test_a_run_whose_try_to_write_failed_after_its_limit_keeps_nothing_and_says_so(foreground: Foreground) -> None:
    told, tries = threading.Event(), []

    def work(place: ThreadPlace) -> None:
        place.release()
        for number in range(2):
            place.keep()
            tries.append(number)
            until(lambda: place._order is not None)

    def outcome_is_written_later(place: ThreadPlace) -> None:
        try:
            work(place)
        finally:
            assert told.wait(LONG_S)

    with pytest.raises(NotWritten, match="could not be written"):
        foreground.run(outcome_is_written_later, SOON_S, "ana")
    told.set()
    assert tries == [0]
