"""Fires of somebody whose queue is full: noted, and nobody else's concern."""

import pytest

from tests.support.jobs import a_spec
from tests.support.schedule_harness import START, ScheduleHarness, at, every
from walkabout.jobs.quotas import QueueFull, Quotas


def fill(harness: ScheduleHarness, leave: int = 0) -> None:
    """Let Ana have as many jobs waiting as she may, but for so many."""
    harness.service.ledger.quotas = Quotas(harness.service.db, 3)
    for _ in range(3 - leave):
        harness.service.ledger.enqueue(a_spec(owner=harness.ana.uid))


def test_a_fire_of_a_full_queue_is_missed_and_says_why(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    fill(harness)
    harness.ticks(20, finish=False)
    assert harness.told(task) == [("MISSED", 20)]
    assert "its owner's queue is full: 3 jobs" in (harness.rows(task)[0].reason or "")
    assert harness.task(task).state == "active"


def test_fires_go_on_when_there_is_room_again(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    fill(harness)
    harness.ticks(10, finish=False)
    harness.finish_all()
    harness.ticks(10)
    assert harness.told(task) == [("MISSED", 10), ("SUCCESS", 20)]


def test_the_fires_of_others_go_on(harness: ScheduleHarness) -> None:
    full = harness.add(every(10), "full")
    fill(harness)
    bob = harness.service.new_master("bob@example.com", "correct-horse", "Bob")
    harness.ana = bob
    free = harness.add(every(10), "free")
    harness.tick(10)
    assert harness.told(full) == [("MISSED", 10)]
    assert harness.told(free) == [("PENDING", 10)]


def test_a_task_with_one_time_says_why_it_finished_without_a_run(harness: ScheduleHarness) -> None:
    task = harness.add(at("2027-01-15T08:00:10"))
    fill(harness)
    harness.tick(10)
    assert harness.clock() == START + 10
    assert "finished without a run: its owner's queue is full" in harness.task(task).note


def test_a_run_that_would_be_replaced_stays_where_no_other_may_follow(harness: ScheduleHarness) -> None:
    task = harness.add(every(10), overlap="replace")
    fill(harness, leave=1)
    harness.ticks(20, finish=False)
    assert harness.told(task) == [("PENDING", 10), ("MISSED", 20)]


def test_a_run_by_hand_is_refused(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    fill(harness)
    with pytest.raises(QueueFull):
        harness.service.periodic_tasks.run_now(task)
    assert harness.told(task) == []
