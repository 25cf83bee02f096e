"""Who works the queue off: names, and whether they are alive."""

from dataclasses import replace

import pytest

from tests.support.clock import Clock
from walkabout.jobs.worker.consumers import Consumer, Consumers
from walkabout.jobs.worker.machine import Process, this_process
from walkabout.service import Service


@pytest.fixture
def consumers(service: Service, clock: Clock) -> Consumers:
    return Consumers(service.db, clock, pulse_max_s=10, host="box")


def names(consumers: Consumers) -> list[str]:
    return [consumer.name for consumer in consumers.alive()]


def joined(consumers: Consumers, **changes: object) -> Consumer:
    me = replace(consumers.join("worker", 2))
    for column, value in changes.items():
        consumers.db.change(f"UPDATE consumer SET {column} = ? WHERE uid = ?", (value, me.uid))
    return me


def test_consumers_of_a_machine_have_different_names(consumers: Consumers) -> None:
    made = [consumers.join("worker", 1).name for _ in range(3)]
    assert made == ["huey@box", "huey@box-2", "huey@box-3"]


def test_a_name_that_is_free_again_is_given_again(consumers: Consumers) -> None:
    first = consumers.join("worker", 1)
    consumers.join("worker", 1)
    consumers.leave(first.uid)
    assert consumers.join("worker", 1).name == "huey@box"


def test_web_processes_have_names_of_their_own(consumers: Consumers) -> None:
    consumers.join("worker", 1)
    assert consumers.join("web", 0).name == "web@box"


def test_who_was_struck_off_and_enters_again_takes_no_name_that_is_taken(consumers: Consumers) -> None:
    first = consumers.join("worker", 1)
    consumers.leave(first.uid)
    consumers.join("worker", 1)
    consumers.enter(first)
    assert len({consumer.name for consumer in consumers.all()}) == 2


def test_a_consumer_is_alive_from_its_first_pulse_on(consumers: Consumers) -> None:
    me = joined(consumers)
    assert names(consumers) == []
    consumers.pulse(me.uid)
    assert names(consumers) == ["huey@box"]


def test_an_old_pulse_counts_as_dead(consumers: Consumers, clock: Clock) -> None:
    consumers.pulse(joined(consumers).uid)
    clock.pass_(10)
    assert names(consumers) == ["huey@box"]
    clock.pass_(0.1)
    assert names(consumers) == []


def test_a_consumer_that_stops_takes_no_more_runs(consumers: Consumers) -> None:
    me = joined(consumers)
    consumers.pulse(me.uid)
    consumers.stopping(me.uid)
    assert names(consumers) == []


def test_a_web_process_is_no_worker(consumers: Consumers) -> None:
    consumers.pulse(consumers.join("web", 0).uid)
    assert names(consumers) == []


def test_a_dead_process_is_seen_at_once(consumers: Consumers) -> None:
    me = joined(consumers, process_started="long ago")
    consumers.pulse(me.uid)
    assert names(consumers) == []


def test_of_another_machine_only_the_pulse_tells(consumers: Consumers) -> None:
    me = joined(consumers, machine="another", process_started="unknown here")
    consumers.pulse(me.uid)
    assert names(consumers) == ["huey@box"]


def test_a_pulse_moves_the_beat(consumers: Consumers) -> None:
    me = joined(consumers)
    consumers.pulse(me.uid)
    consumers.pulse(me.uid)
    assert consumers.all()[0].beat == 2


def test_who_was_struck_off_learns_it_from_its_pulse(consumers: Consumers) -> None:
    me = joined(consumers)
    consumers.leave(me.uid)
    assert consumers.pulse(me.uid) is False


def test_this_process_is_here_and_alive() -> None:
    me = this_process()
    assert (me.here(), me.alive()) == (True, True)


def test_a_process_that_is_not_there_is_not_alive() -> None:
    assert not Process(this_process().machine, 2**22 + 1, "1").alive()
