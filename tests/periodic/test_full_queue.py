"""Fires of somebody whose queue is full: noted, and nobody else's concern."""

import pytest

from tests.periodic.desk import START, Desk, at, every
from tests.support.asks import an_ask
from walkabout.jobs.quotas import QueueFull, Quotas


def fill(desk: Desk, leave: int = 0) -> None:
    """Let Ana have as many jobs waiting as she may, but for so many."""
    desk.service.ledger.quotas = Quotas(desk.service.db, 3)
    for _ in range(3 - leave):
        desk.service.ledger.enqueue(an_ask(owner=desk.ana.uid))


def test_a_fire_of_a_full_queue_is_missed_and_says_why(desk: Desk) -> None:
    task = desk.add(every(10))
    fill(desk)
    desk.ticks(20, finish=False)
    assert desk.told(task) == [("MISSED", 20)]
    assert "its owner's queue is full: 3 jobs" in (desk.rows(task)[0].reason or "")
    assert desk.task(task).state == "active"


def test_fires_go_on_when_there_is_room_again(desk: Desk) -> None:
    task = desk.add(every(10))
    fill(desk)
    desk.ticks(10, finish=False)
    desk.finish_all()
    desk.ticks(10)
    assert desk.told(task) == [("MISSED", 10), ("SUCCESS", 20)]


def test_the_fires_of_others_go_on(desk: Desk) -> None:
    full = desk.add(every(10), "full")
    fill(desk)
    bob = desk.service.new_master("bob@example.com", "correct-horse", "Bob")
    desk.ana = bob
    free = desk.add(every(10), "free")
    desk.tick(10)
    assert desk.told(full) == [("MISSED", 10)]
    assert desk.told(free) == [("PENDING", 10)]


def test_a_task_with_one_time_says_why_it_finished_without_a_run(desk: Desk) -> None:
    task = desk.add(at("2027-01-15T08:00:10"))
    fill(desk)
    desk.tick(10)
    assert desk.clock() == START + 10
    assert "finished without a run: its owner's queue is full" in desk.task(task).note


def test_a_run_that_would_be_replaced_stays_where_no_other_may_follow(desk: Desk) -> None:
    task = desk.add(every(10), overlap="replace")
    fill(desk, leave=1)
    desk.ticks(20, finish=False)
    assert desk.told(task) == [("PENDING", 10), ("MISSED", 20)]


def test_a_run_by_hand_is_refused(desk: Desk) -> None:
    task = desk.add(every(10))
    fill(desk)
    with pytest.raises(QueueFull):
        desk.service.periodic_tasks.run_now(task)
    assert desk.told(task) == []
