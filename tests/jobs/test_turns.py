"""Turns: who waited for an object goes first, nobody waits for long, and nothing is left of it."""

from collections.abc import Callable
from contextlib import nullcontext

import pytest

from walkabout.database.connections import Conflict
from walkabout.jobs.foreground import RequestHooks
from walkabout.jobs.run import Outcome, run_until_saved
from walkabout.jobs.thread_place import ThreadPlace
from walkabout.jobs.turns import FIRST_MOST_S, SHORT_S, NotItsTurn, Turn
from walkabout.service import Service


class Ticking:
    """A clock that goes on by so many seconds each time somebody looks."""

    def __init__(self, seconds: float) -> None:
        self.now = 0.0
        self.seconds = seconds

    def __call__(self) -> float:
        self.now += self.seconds
        return self.now


@pytest.fixture
def turn(service: Service) -> Callable[..., Turn]:
    def make(tick_s: float = 0.001) -> Turn:
        return Turn(service.db, nullcontext, Ticking(tick_s))

    return make


def nothing() -> None:
    """What a run writes here."""


def tickets(service: Service) -> list[str]:
    return [row[0] for row in service.db.rows("SELECT object FROM turn ORDER BY id")]


def ran(one: Turn) -> Turn:
    one.come()
    one.behind(nothing, [], minds=True)
    return one


def test_others_do_not_commit_what_somebody_waits_for(turn: Callable[..., Turn]) -> None:
    waits, other = ran(turn()), ran(turn())
    assert waits.draw("x")
    with pytest.raises(NotItsTurn):
        other.behind(nothing, ["y", "x"], minds=True)()
    other.behind(nothing, ["y"], minds=True)()


def test_tickets_go_with_the_commit(service: Service, turn: Callable[..., Turn]) -> None:
    waits, other = ran(turn()), ran(turn())
    waits.draw("x")
    waits.come()
    waits.behind(nothing, ["x"], minds=True)()
    assert tickets(service) == []
    other.behind(nothing, ["x"], minds=True)()


def test_who_comes_first_goes_first(turn: Callable[..., Turn]) -> None:
    first, second = ran(turn()), ran(turn())
    first.draw("x")
    second.draw("x")
    with pytest.raises(NotItsTurn):
        second.behind(nothing, ["x"], minds=True)()
    first.behind(nothing, ["x"], minds=True)()
    second.come()
    second.behind(nothing, ["x"], minds=True)()


def test_who_keeps_others_waiting_is_passed_over(service: Service, turn: Callable[..., Turn]) -> None:
    gone, waits = ran(turn()), ran(turn())
    gone.draw("x")
    waits.draw("x")
    waits.monotonic = Ticking(FIRST_MOST_S / 4)
    waits.come()
    assert tickets(service) == ["x"]


def test_two_that_want_both_of_two_objects_do_not_wait_for_each_other(
    service: Service, turn: Callable[..., Turn]
) -> None:
    one, two = ran(turn()), ran(turn())
    one.draw("x")
    two.draw("y")
    one.draw("y")
    two.draw("x")
    one.come()  # no clock was moved for it: nobody was passed over
    one.behind(nothing, ["x", "y"], minds=True)()
    two.come()
    assert sorted(tickets(service)) == ["x", "y"]


def test_a_run_that_may_not_run_again_is_kept_whoever_waits(turn: Callable[..., Turn]) -> None:
    waits, final = ran(turn()), ran(turn())
    waits.draw("x")
    final.behind(nothing, ["x"], minds=False)()


def test_a_long_run_neither_draws_nor_minds(turn: Callable[..., Turn]) -> None:
    waits, long = ran(turn()), ran(turn(2 * SHORT_S))
    waits.draw("x")
    assert not long.draw("x")
    long.behind(nothing, ["x"], minds=True)()


def test_not_its_turn_is_no_conflict_that_counts(service: Service, turn: Callable[..., Turn]) -> None:
    ran(turn()).draw("x")
    kept: list[str] = []

    def once(mine: Turn) -> Outcome:
        mine.monotonic = Ticking(SHORT_S / 4)
        mine.come()
        return Outcome("{}", apply=lambda: kept.append("once"), objects=("x",))

    def keep(outcome: Outcome) -> None:
        assert outcome.apply is not None
        with service.db.transaction():
            outcome.apply()

    run_until_saved(once, keep, RequestHooks(ThreadPlace()), 1, service.db)
    assert (kept, tickets(service)) == (["once"], [])


def test_of_a_run_that_failed_no_ticket_is_left(service: Service) -> None:
    def always(outcome: Outcome) -> None:
        raise Conflict("x")

    with pytest.raises(Conflict, match="3 times"):
        run_until_saved(lambda mine: Outcome("{}"), always, RequestHooks(ThreadPlace()), 3, service.db)
    assert tickets(service) == []
