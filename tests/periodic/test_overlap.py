"""Runs that meet, in the ledger: what is skipped, what waits, what is cancelled."""

from tests.support.schedule_harness import ScheduleHarness, every
from walkabout.jobs import queries


def test_a_fire_is_skipped_while_the_run_before_goes_on(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.ticks(30, finish=False)
    assert harness.told(task) == [("PENDING", 10), ("SKIPPED", 30)]


def test_skipped_fires_in_a_row_share_one_entry(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.ticks(50, finish=False)
    skipped = harness.rows(task)[1]
    assert (skipped.fires, skipped.first_for, skipped.scheduled_for) == (4, harness.clock() - 30, harness.clock())
    assert "the previous run, due 2027-01-15 08:00:10, is not over" in (skipped.reason or "")


def test_fires_go_on_when_the_run_is_over(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.ticks(20, finish=False)
    harness.finish_all()
    harness.ticks(10)
    assert harness.told(task) == [("SUCCESS", 10), ("SKIPPED", 20), ("SUCCESS", 30)]


def test_skips_because_of_another_run_are_another_entry(harness: ScheduleHarness) -> None:
    task = harness.add(every(10))
    harness.ticks(20, finish=False)
    harness.finish_all()
    harness.ticks(20, finish=False)
    assert [state for state, _ in harness.told(task)] == ["SUCCESS", "SKIPPED", "PENDING", "SKIPPED"]


def test_a_run_that_waits_for_another_attempt_is_not_over(harness: ScheduleHarness) -> None:
    task = harness.add(every(10), max_attempts=2)
    harness.tick(10)
    claim = harness.claim()
    assert claim is not None
    harness.service.ledger.retry(claim, "ValueError", "no", 60)
    harness.tick(10)
    assert harness.told(task) == [("RETRY", 10), ("SKIPPED", 20)]


def test_allow_lets_them_run_side_by_side(harness: ScheduleHarness) -> None:
    task = harness.add(every(10), overlap="allow")
    harness.ticks(20, finish=False)
    assert harness.told(task) == [("PENDING", 10), ("PENDING", 20)]
    assert harness.claim() is not None
    assert harness.claim() is not None


def test_queue_lets_one_wait_and_skips_the_next(harness: ScheduleHarness) -> None:
    task = harness.add(every(10), overlap="queue")
    harness.ticks(30, finish=False)
    assert harness.told(task) == [("PENDING", 10), ("PENDING", 20), ("SKIPPED", 30)]


def test_the_run_that_waits_goes_when_the_one_before_is_over(harness: ScheduleHarness) -> None:
    harness.add(every(10), overlap="queue")
    harness.ticks(20, finish=False)
    first = harness.claim()
    assert first is not None
    assert harness.claim() is None
    harness.finish(first)
    assert harness.claim() is not None


def test_replace_revokes_a_run_that_waits(harness: ScheduleHarness) -> None:
    task = harness.add(every(10), overlap="replace")
    harness.ticks(20, finish=False)
    assert harness.told(task) == [("REVOKED", 10), ("PENDING", 20)]
    assert harness.rows(task)[0].reason == "replaced by the run of 2027-01-15 08:00:20 (overlap: replace)"


def test_replace_asks_a_running_one_to_end_and_waits_for_it(harness: ScheduleHarness) -> None:
    task = harness.add(every(10), overlap="replace")
    harness.tick(10)
    claim = harness.claim()
    assert claim is not None
    harness.tick(10)
    assert queries.cancelled(harness.service.db, "consumer") == [(claim.id, 1)]
    assert harness.claim() is None
    harness.service.ledger.revoke_running(claim.id, claim.attempt, "cancelled")
    assert harness.service.ledger.release_held() == 1
    assert harness.told(task) == [("REVOKED", 10), ("PENDING", 20)]
    assert "replaced by" in (harness.rows(task)[0].reason or "")


def test_one_that_cleans_up_does_so_however_often_it_is_replaced(harness: ScheduleHarness) -> None:
    task, db = harness.add(every(10), overlap="replace"), harness.service.db
    harness.tick(10)
    claim = harness.claim()
    assert claim is not None
    db.change("UPDATE job SET cleans_up = 1 WHERE id = ?", (claim.id,))
    harness.ticks(30, finish=False)
    assert queries.cancelled(db, "consumer") == []
    assert db.rows("SELECT state, cancelling FROM job WHERE id = ?", (claim.id,)) == [("STARTED", 1)]
    harness.service.ledger.revoke_running(claim.id, claim.attempt, "cancelled")
    assert harness.service.ledger.release_held() == 1
    assert harness.told(task)[0] == ("REVOKED", 10)


def test_a_one_off_that_is_skipped_is_finished_and_says_so(harness: ScheduleHarness) -> None:
    task = harness.add(every(10, one_off=True))
    harness.service.periodic_tasks.run_now(task)
    harness.tick(10)
    assert harness.told(task) == [("PENDING", None), ("SKIPPED", 10)]
    assert harness.task(task).note.startswith("finished without a run: the previous run, started by hand, is not over")


def test_runs_of_other_tasks_count_for_nothing(harness: ScheduleHarness) -> None:
    one, other = harness.add(every(10), "one"), harness.add(every(20), "other")
    harness.ticks(20, finish=False)
    assert harness.told(other) == [("PENDING", 20)]
    assert harness.told(one)[1] == ("SKIPPED", 20)


def test_after_a_pause_all_missed_times_run_one_after_another(harness: ScheduleHarness) -> None:
    task = harness.add(every(10), catch_up="all")
    harness.tick(35)
    assert [state for state, _ in harness.told(task)] == ["PENDING"] * 3
    first = harness.claim()
    assert first is not None
    assert harness.claim() is None
    harness.finish(first)
    harness.finish_all()
    assert harness.told(task) == [("SUCCESS", 10), ("SUCCESS", 20), ("SUCCESS", 30)]


def test_missed_times_that_run_later_are_never_replaced(harness: ScheduleHarness) -> None:
    task = harness.add(every(10), catch_up="all", overlap="replace")
    harness.tick(25)
    harness.tick(5)
    assert harness.finish_all() == 3
    assert harness.told(task) == [("SUCCESS", 10), ("SUCCESS", 20), ("SUCCESS", 30)]


def test_missed_times_in_a_row_share_one_entry(harness: ScheduleHarness) -> None:
    task = harness.add(every(10), catch_up="none")
    harness.tick(35)
    harness.tick(30)
    rows = harness.rows(task)
    assert [(row.state, row.fires, row.first_for, row.scheduled_for) for row in rows] == [
        ("MISSED", 6, harness.clock() - 55, harness.clock() - 5)
    ]


def test_a_one_off_that_is_missed_is_finished_and_says_so(harness: ScheduleHarness) -> None:
    task = harness.add(every(10, one_off=True), grace=5)
    harness.tick(60)
    assert (harness.task(task).state, harness.task(task).note) == (
        "finished",
        "finished without a run: late by more than its grace of 5 s",
    )
