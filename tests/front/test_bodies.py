"""Limits of bodies that are being read, with a clock that the tests set."""

import pytest

from walkabout.front.bodies import Bodies, BodyLimits, BodyRefused, IncomingBody

LIMITS = BodyLimits(deadline_s=60, grace_s=5, rate=100, most=3, most_bytes=10_000)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bodies(clock: Clock) -> Bodies:
    return Bodies(LIMITS, clock)


def is_ended(body: IncomingBody) -> bool:
    return body.refused is not None


@pytest.mark.parametrize(("declared", "after"), [(1, 5.01), (1000, 15.0), (5000, 55.0)])
def test_a_body_that_is_read_at_once_has_the_time_that_its_length_needs(
    bodies: Bodies, clock: Clock, declared: int, after: float
) -> None:
    body = bodies.begin(known=False, declared=declared)
    clock.now = after - 0.01
    bodies.end_late()
    assert not is_ended(body)
    clock.now = after
    bodies.end_late()
    assert body.refused is not None
    assert body.refused.status == 408


def test_a_body_in_pieces_brings_enough_in_each_span(bodies: Bodies, clock: Clock) -> None:
    body = bodies.begin(known=True, declared=None)
    for span in range(1, 4):
        bodies.receive(body, 500)
        clock.now = span * 5.0
        bodies.end_late()
        assert not is_ended(body)
    bodies.receive(body, 499)  # what came before does not count for this span
    clock.now = 20.0
    bodies.end_late()
    assert is_ended(body)


def test_no_body_outlives_the_deadline(bodies: Bodies, clock: Clock) -> None:
    body = bodies.begin(known=True, declared=None)
    for span in range(1, 13):
        assert not is_ended(body)
        bodies.receive(body, 600)
        clock.now = span * 5.0
        bodies.end_late()
    assert body.refused is not None
    assert "BODY_DEADLINE_S" in body.refused.text


def test_a_body_that_was_read_is_not_ended(bodies: Bodies, clock: Clock) -> None:
    body = bodies.begin(known=False, declared=10)
    bodies.finish(body)
    clock.now = 1000.0
    bodies.end_late()
    assert not is_ended(body)


def test_of_strangers_the_oldest_makes_room(bodies: Bodies) -> None:
    first, second, *_ = [bodies.begin(known=False, declared=10) for _ in range(3)]
    assert not is_ended(first)
    bodies.begin(known=False, declared=10)
    assert first.refused is not None
    assert first.refused.status == 503
    assert not is_ended(second)


def test_strangers_take_no_place_of_who_is_known(bodies: Bodies) -> None:
    known = [bodies.begin(known=True, declared=None) for _ in range(3)]
    for _ in range(10):
        bodies.begin(known=False, declared=10)
    assert not any(is_ended(body) for body in known)
    with pytest.raises(BodyRefused) as no:
        bodies.begin(known=True, declared=None)
    assert no.value.status == 503
    assert no.value.retry_after_s is not None
    bodies.finish(known[0])
    bodies.begin(known=True, declared=None)


def test_what_is_held_counts_until_it_is_answered(bodies: Bodies) -> None:
    first = bodies.begin(known=True, declared=None)
    bodies.receive(first, 6000)
    bodies.finish(first)
    second = bodies.begin(known=True, declared=None)
    with pytest.raises(BodyRefused) as no:
        bodies.receive(second, 6000)
    assert no.value.status == 503
    with pytest.raises(BodyRefused):
        bodies.begin(known=False, declared=6000)
    bodies.release(first)
    bodies.receive(second, 6000)
    bodies.release(second)
    assert bodies.begin(known=False, declared=10_000).size == 10_000
