"""Whose runs may be taken over, and when. Time is a clock that the test moves."""

import sqlite3
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from tests.support.clock import Clock
from tests.support.jobs import a_spec, claimed, state
from walkabout.database.connections import Unavailable
from walkabout.jobs.worker.consumers import Consumer
from walkabout.jobs.worker.leases import Leases
from walkabout.jobs.worker.machine import Process, machine_id, start_of
from walkabout.service import Service
from walkabout.setting_groups.jobs import JobSettings

ELSEWHERE = Process("another-machine/1", 1, "1")


@pytest.fixture
def monotonic() -> Clock:
    return Clock(1000.0)


@pytest.fixture
def leases(service: Service, monotonic: Clock) -> Leases:
    return Leases(
        service.db,
        service.ledger,
        service.consumers,
        service.events,
        JobSettings(lease_s=15, max_takeovers=2),
        monotonic=monotonic,
    )


def joined(service: Service, process: Process, uid: str = "other") -> Consumer:
    consumer = Consumer(uid, "worker", f"huey@{uid}", process, 1)
    service.consumers.enter(consumer)
    service.consumers.pulse(uid)
    return consumer


def looks_for(leases: Leases, monotonic: Clock, seconds: int) -> list[str]:
    """Look as often as a supervisor does; who is lost in the end."""
    found = list(leases.lost())
    for _ in range(seconds // 2):
        monotonic.pass_(2)
        found = list(leases.lost())
    return found


def dead_process() -> Process:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        process = Process(machine_id(), child.pid, start_of(child.pid))
        child.communicate(b"\n")
    return process


def test_a_consumer_elsewhere_is_lost_when_its_beat_stands_still_for_the_lease(
    service: Service, leases: Leases, monotonic: Clock
) -> None:
    joined(service, ELSEWHERE)
    assert looks_for(leases, monotonic, 14) == []
    assert looks_for(leases, monotonic, 4) == ["other"]


def test_time_in_which_nobody_looked_takes_nothing_over(service: Service, leases: Leases, monotonic: Clock) -> None:
    joined(service, ELSEWHERE)
    leases.lost()
    monotonic.pass_(86400)  # the watcher itself stood still, as everybody did
    assert list(leases.lost()) == []


@pytest.mark.sqlite
def test_a_look_without_the_write_lock_is_none(service: Service, leases: Leases, monotonic: Clock) -> None:
    joined(service, ELSEWHERE)
    leases.lost()
    with sqlite3.connect(str(service.db.path), isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        service.db.rows("PRAGMA busy_timeout = 1")
        for _ in range(20):
            monotonic.pass_(2)
            with pytest.raises(Unavailable):
                leases.lost()
    other.close()
    assert list(leases.lost()) == []


def test_no_lease_is_shorter_than_two_pulses(service: Service, leases: Leases, monotonic: Clock) -> None:
    leases.settings = JobSettings(lease_s=1.0)
    joined(service, ELSEWHERE)
    assert looks_for(leases, monotonic, 4) == []
    assert looks_for(leases, monotonic, 2) == ["other"]


def test_a_beat_that_moves_keeps_the_lease(service: Service, leases: Leases, monotonic: Clock) -> None:
    joined(service, ELSEWHERE)
    for _ in range(5):
        leases.lost()
        monotonic.pass_(14)
        service.consumers.pulse("other")
    assert list(leases.lost()) == []


def test_a_step_of_the_wall_clock_takes_nothing_over(service: Service, leases: Leases, clock: Clock) -> None:
    joined(service, ELSEWHERE)
    leases.lost()
    clock.pass_(86400 * 365)
    assert list(leases.lost()) == []


def test_who_has_just_started_to_watch_takes_nothing_over(service: Service, leases: Leases, clock: Clock) -> None:
    joined(service, ELSEWHERE)
    clock.pass_(86400)
    assert leases.rescue_lost() == 0


def test_a_dead_process_on_this_machine_is_lost_at_once(service: Service, leases: Leases) -> None:
    joined(service, dead_process())
    assert list(leases.lost()) == ["other"]


def test_another_process_with_the_same_id_is_not_the_one_that_died(service: Service, leases: Leases) -> None:
    me = service.consumers.join("worker", 1)
    joined(service, replace(me.process, started="long ago"))
    assert list(leases.lost()) == ["other"]


def test_a_run_of_a_consumer_that_has_no_row_is_lost_after_the_lease(
    service: Service, leases: Leases, monotonic: Clock
) -> None:
    service.ledger.enqueue(a_spec())
    claim = claimed(service, consumer="gone")
    service.consumers.leave("gone")
    assert looks_for(leases, monotonic, 16) == ["gone"]
    assert leases.rescue_lost() == 1
    assert state(service, claim.uid) == "PENDING"


def test_a_lost_consumer_is_struck_off_with_its_runs_given_back(service: Service, leases: Leases) -> None:
    joined(service, dead_process())
    service.ledger.enqueue(a_spec())
    claim = claimed(service, consumer="other")
    assert leases.rescue_lost() == 1
    assert (state(service, claim.uid), service.consumers.all()) == ("PENDING", [])


def test_nobody_takes_itself_for_lost(service: Service, leases: Leases, monotonic: Clock) -> None:
    joined(service, ELSEWHERE)
    assert looks_for(leases, monotonic, 16) == ["other"]
    assert leases.rescue_lost("other") == 0
    assert len(service.consumers.all()) == 1


def test_each_run_that_is_taken_over_is_told(service: Service, leases: Leases) -> None:
    told: list[tuple[str, object]] = []
    service.events.listen(lambda name, fields: told.append((name, fields.get("job"))))
    joined(service, dead_process())
    service.ledger.enqueue(a_spec())
    claim = claimed(service, consumer="other")
    leases.rescue_lost()
    assert told == [("job.rescued", claim.uid)]


def test_a_consumer_that_wakes_while_others_are_taken_over_keeps_its_runs(
    service: Service, leases: Leases, monotonic: Clock
) -> None:
    # Two were silent for the lease. While the first is taken over, the second pulses and takes its run.
    for uid in ("dead", "sleeper"):
        joined(service, ELSEWHERE, uid)
    service.ledger.enqueue(a_spec())
    given_back = claimed(service, consumer="dead").uid

    def wake(name: str, fields: dict[str, Any]) -> None:
        if fields.get("job") == given_back and state(service, given_back) == "PENDING":
            service.consumers.pulse("sleeper")
            claimed(service, consumer="sleeper")

    service.events.listen(wake)
    looks_for(leases, monotonic, 16)
    leases.rescue_lost()
    assert (state(service, given_back), [one.uid for one in service.consumers.all()]) == ("STARTED", ["sleeper"])
