"""The tick: what is due is fired once, and what comes next is known."""

from datetime import UTC, datetime

import pytest

from tests.support.schedule_harness import START, ScheduleHarness, at, cron, every
from walkabout.jids import jid
from walkabout.periodic import due_tasks
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import SEQUENCE


def test_nothing_fires_before_its_time(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    assert harness.tick(9.9) == START + 10
    assert harness.rows(task) == []


def test_fires_at_its_time_and_knows_the_next(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    assert harness.tick(10) == START + 20
    assert harness.told(task) == [("PENDING", 10)]
    assert harness.task(task).next_run_at == START + 20


def test_ticks_on_whole_seconds(harness: ScheduleHarness) -> None:
    task = harness.add(every(1_500_000, "microseconds"))
    assert harness.tick(1.9) == START + 2
    assert harness.rows(task) == []
    harness.tick(0.1)
    assert harness.told(task) == [("PENDING", 1.5)]


def test_a_second_tick_in_the_same_second_fires_nothing(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.tick(10)
    harness.tick(0.5)
    assert len(harness.rows(task)) == 1


def test_the_run_is_the_walker_with_its_argument_in_its_masters_name(harness: ScheduleHarness) -> None:
    harness.add(every(1))
    harness.tick(1)
    claim = harness.claim()
    assert claim is not None
    assert (claim.kind, claim.name, claim.owner) == ("walker", "echo", harness.ana.uid)
    assert claim.argument == f'{{"name":"echo","nd":"{harness.ana.active_graph}","ctx":{{}}}}'


def test_the_terms_of_the_task_go_to_its_run(harness: ScheduleHarness) -> None:
    harness.add(every(1), max_attempts=3, backoff=5, time_limit=7, priority=4)
    harness.tick(1)
    claim = harness.claim()
    assert claim is not None
    assert (claim.max_attempts, claim.backoff_s, claim.limit_s) == (3, 5, 7)


def test_counts_runs_and_remembers_the_last(harness: ScheduleHarness) -> None:
    task = harness.add(every(2))
    harness.ticks(6)
    assert (harness.task(task).total_run_count, harness.task(task).last_run_at) == (3, START + 6)


def test_shorter_than_a_second_fires_once_a_tick(harness: ScheduleHarness) -> None:
    task = harness.add(every(100_000, "microseconds"), catch_up="all")
    harness.ticks(3)
    assert [(row.state, row.fires, row.missed) for row in harness.rows(task)] == [("SUCCESS", 1, 0)] * 3


def test_a_clocked_task_fires_once_and_is_finished(harness: ScheduleHarness) -> None:
    task = harness.add(at("2027-01-15T08:00:05Z"))
    harness.ticks(20)
    assert harness.told(task) == [("SUCCESS", 5)]
    assert (harness.task(task).state, harness.task(task).next_run_at) == ("finished", None)


def test_a_one_off_of_any_kind_fires_once(harness: ScheduleHarness) -> None:
    task = harness.add(every(5, one_off=True))
    harness.ticks(20)
    assert harness.told(task) == [("SUCCESS", 5)]


def test_a_task_without_a_further_time_is_expired(harness: ScheduleHarness) -> None:
    task = harness.add(every(5, expires="2027-01-15T08:00:12Z"))
    harness.ticks(20)
    assert harness.told(task) == [("SUCCESS", 5), ("SUCCESS", 10)]
    assert harness.task(task).state == "expired"


def test_a_task_that_never_fires_says_so_at_once(harness: ScheduleHarness) -> None:
    task = harness.add({"type": "solar", "conf": {"event": "sunrise", "latitude": 90, "longitude": 0}})
    assert harness.task(task).state == "never"


def test_jitter_fires_later_by_the_tasks_own_offset_and_keeps_the_due_time(harness: ScheduleHarness) -> None:
    harness.service.periodic_tasks.random = lambda: 0.5
    task = harness.add(every(10), jitter=8)
    assert harness.task(task).next_run_at == START + 10
    assert harness.tick(13) == START + 14
    harness.tick(1)
    row = harness.rows(task)[0]
    assert (row.scheduled_for, row.late_s, row.missed) == (START + 10, 0, 0)
    assert harness.task(task).fire_at == START + 24


@pytest.mark.parametrize(("share", "offset"), [(0.0, 0), (0.5, 4), (0.999, 8)])
def test_jitter_stays_within_its_seconds(harness: ScheduleHarness, share: float, offset: float) -> None:
    harness.service.periodic_tasks.random = lambda: share
    assert harness.task(harness.add(every(10), jitter=8)).offset_s == offset


def test_a_fire_that_is_in_the_ledger_already_is_not_made_twice(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.ticks(10)
    harness.clock.pass_(-10)  # set back, and edited: the same due time is reckoned again
    harness.service.periodic_tasks.change(task, {"schedule": every(5)})
    harness.ticks(10)
    assert harness.told(task) == [("SUCCESS", 10), ("SUCCESS", 5)]


def test_a_clock_set_back_repeats_nothing(harness: ScheduleHarness) -> None:
    task = harness.add(every(60))
    harness.ticks(60)
    harness.clock.pass_(-3600)
    harness.ticks(3600)
    told = [due for _, due in harness.told(task)]
    # It goes on by the clock as it is now; the one due time that comes again has its run already.
    assert told == [60.0, *(60.0 * minute for minute in range(-58, 1))]
    harness.ticks(60)
    assert harness.told(task)[-1] == ("SUCCESS", 120)


def test_a_clock_set_forward_is_a_pause(harness: ScheduleHarness) -> None:
    task = harness.add(every(1, "minutes"))
    harness.tick(3600 + 30)
    row = harness.rows(task)[0]
    assert (row.scheduled_for, row.fires, row.missed) == (START + 3600, 60, 60)


def test_a_row_that_cannot_be_reckoned_is_put_off_an_hour_and_says_why(harness: ScheduleHarness) -> None:
    broken, sound = harness.add(every(10), "broken"), harness.add(every(10), "sound")
    harness.service.db.change("UPDATE schedule SET schedule = '{' WHERE id = ?", (broken,))
    harness.tick(10)
    assert harness.told(sound) == [("PENDING", 10)]
    assert harness.task(broken).fire_at == START + 10 + 3600
    assert "it is tried again in an hour" in harness.task(broken).note


def test_a_row_that_was_put_off_goes_on_when_it_can(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.service.db.change("UPDATE schedule SET timezone = 'Nowhere' WHERE id = ?", (task,))
    harness.tick(10)
    harness.service.db.change("UPDATE schedule SET timezone = 'UTC' WHERE id = ?", (task,))
    harness.tick(3600)
    assert [(row.state, row.missed) for row in harness.rows(task)] == [("PENDING", 360)]
    assert harness.task(task).note == ""


def test_a_walker_that_is_gone_makes_its_fires_missed_until_it_is_back(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    walkers = harness.service.sentinel.walkers()
    echo = walkers.pop("echo")
    harness.ticks(20)
    walkers["echo"] = echo
    harness.ticks(10)
    assert [(row.state, row.fires) for row in harness.rows(task)] == [("MISSED", 2), ("SUCCESS", 1)]
    assert 'name: no walker "echo"' in (harness.rows(task)[0].reason or "")


def test_a_node_that_is_gone_is_named(harness: ScheduleHarness) -> None:
    harness.service.aliases.register(harness.ana.uid, "home", jid(harness.ana.active_graph or ""))
    body = {"name": "echo", "mst": jid(harness.ana.uid), "nd": "home"}
    task = harness.service.periodic_tasks.create(Draft("task", "ScheduledWalker", body, every(10))).id
    harness.ticks(10)
    harness.service.aliases.delete(harness.ana.uid, "home")
    harness.ticks(10)
    assert [row.state for row in harness.rows(task)] == ["SUCCESS", "MISSED"]
    assert harness.rows(task)[1].reason == 'nd: "home" is neither a jid nor one of your aliases'


@pytest.mark.parametrize(
    ("statement", "note"),
    [
        ("DELETE FROM master WHERE uid = ?", "its owner was deleted"),
        ("UPDATE master SET is_activated = 0 WHERE uid = ?", "its owner was disabled"),
    ],
)
def test_a_task_whose_owner_is_gone_is_disabled_and_says_why(
    harness: ScheduleHarness, statement: str, note: str
) -> None:
    task = harness.add(every(10))
    harness.service.db.change(statement, (harness.ana.uid,))
    harness.tick(10)
    assert (harness.task(task).state, harness.task(task).note) == ("disabled", note)
    assert [(row.state, row.reason) for row in harness.rows(task)] == [("MISSED", note)]


def test_a_sequence_is_fired_as_a_job_that_runs_it(harness: ScheduleHarness) -> None:
    harness.service.masters.promote(harness.ana.uid)
    draft = Draft("task", SEQUENCE, {"requests": []}, every(10), asker=harness.ana.uid)
    task = harness.service.periodic_tasks.create(draft).id
    harness.ticks(10)
    assert [row.state for row in harness.rows(task)] == ["SUCCESS"]


def test_crontab_times_are_those_of_the_zone(harness: ScheduleHarness) -> None:
    task = harness.task(harness.add(cron("30", hour="9"), timezone="Europe/Berlin"))
    assert task.next_run_at == datetime(2027, 1, 15, 8, 30, tzinfo=UTC).timestamp()


def test_one_tick_sees_to_a_limited_number_and_the_next_comes_at_once(harness: ScheduleHarness) -> None:
    for number in range(501):
        harness.add(every(10), f"task {number}")
    assert harness.tick(10) == START + 10
    assert harness.tick() == START + 20
    assert due_tasks.next_fire(harness.service.db) == START + 20
