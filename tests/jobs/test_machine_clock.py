"""The clock of a machine is compared with the database's, which counts when the machine's is off."""

import multiprocessing
import time
from typing import Any

import pytest

from tests.support.clock import Clock
from tests.support.queries import statements
from walkabout.database.connections import Unavailable
from walkabout.events import Events
from walkabout.jobs.worker.machine_clock import COMPARE_EVERY_S, MachineClock
from walkabout.service import Service

pytestmark = pytest.mark.postgres
OFF_MOST_S = 1.0


class Wrong:
    """The right time, and so many seconds more."""

    ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


class Kit:
    """A clock that is wrong at will, and what is said of it."""

    def __init__(self, service: Service) -> None:
        self.local, self.said = Wrong(), list[tuple[str, dict[str, Any]]]()
        self.monotonic = Clock()
        events = Events()
        events.listen(lambda name, fields: self.said.append((name, fields)))
        self.clock = MachineClock(service.db, events, OFF_MOST_S, self.local, monotonic=self.monotonic, machine="box")

    def later(self, ahead_s: float) -> None:
        """The clock is so far ahead, and it is time to compare."""
        self.local.ahead_s = ahead_s
        self.monotonic.pass_(COMPARE_EVERY_S)
        self.clock.compare()

    def wrong_s(self) -> float:
        """By how much what the service is told is ahead of the time, to a tenth."""
        return round(self.clock() - time.time(), 1)


@pytest.fixture
def kit(service: Service) -> Kit:
    return Kit(service)


def test_a_clock_that_is_right_counts(kit: Kit) -> None:
    kit.later(0.4)
    assert (kit.clock.off_s, kit.wrong_s(), kit.said) == (0.0, 0.4, [])
    assert kit.clock.machines_off() == []


@pytest.mark.parametrize("ahead_s", [5.0, -5.0, 86400.0 * 400])
def test_one_that_is_off_does_not(kit: Kit, ahead_s: float) -> None:
    kit.later(ahead_s)
    assert kit.wrong_s() == 0
    assert [(off.machine, round(off.off_s, 1)) for off in kit.clock.machines_off()] == [("box", ahead_s)]
    assert [(name, fields["machine"], round(fields["ahead_s"], 1)) for name, fields in kit.said] == [
        ("clock.off", "box", ahead_s)
    ]


def test_it_is_said_once_and_again_when_it_is_right(kit: Kit) -> None:
    for ahead_s in (5.0, 5.2, 0.8, 1.2, 0.3, 0.8):
        kit.later(ahead_s)
    # About as far off as it may be, it is neither right nor off by turns.
    assert [name for name, _ in kit.said] == ["clock.off", "clock.off", "clock.right"]
    assert (kit.clock.off_s, kit.clock.machines_off()) == (0.0, [])


def test_a_clock_that_is_set_is_compared_at_once(kit: Kit, service: Service) -> None:
    kit.later(0.0)
    with statements(service.db) as asked:
        kit.clock.compare()
        assert asked == []
        kit.local.ahead_s = 30.0
        kit.clock.compare()
    assert kit.wrong_s() == 0
    kit.local.ahead_s = 0.0
    kit.clock.compare()
    assert kit.wrong_s() == 0


def test_processes_that_were_forked_before_know(kit: Kit) -> None:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()

    def work() -> None:
        theirs.recv()
        theirs.send(kit.clock.off_s)

    child = context.Process(target=work)
    child.start()
    kit.later(7.0)
    ours.send("now")
    assert round(ours.recv(), 1) == 7.0
    child.join()


def test_without_the_database_what_was_found_holds(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    kit.later(5.0)

    def away() -> float:
        raise Unavailable("away")

    monkeypatch.setattr(kit.clock.db, "now", away)
    with pytest.raises(Unavailable):
        kit.later(5.0)
    assert kit.wrong_s() == 0


def test_a_way_that_takes_long_tells_nothing(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    now = kit.clock.db.now

    def slow() -> float:
        kit.monotonic.pass_(OFF_MOST_S)
        return now()

    monkeypatch.setattr(kit.clock.db, "now", slow)
    kit.later(5.0)
    assert (kit.clock.off_s, kit.said) == (0.0, [])


def test_a_machine_that_does_not_tell_any_more_is_forgotten(kit: Kit, service: Service) -> None:
    kit.later(5.0)
    service.db.change("UPDATE machine_clock SET seen_at = seen_at - 100")
    assert kit.clock.machines_off() == []
