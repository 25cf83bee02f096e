"""Runs that meet, in the ledger: what is skipped, what waits, what is cancelled."""

from tests.periodic.desk import Desk, every


def test_a_fire_is_skipped_while_the_run_before_goes_on(desk: Desk) -> None:
    task = desk.add(every(10))
    desk.ticks(30, finish=False)
    assert desk.told(task) == [("PENDING", 10), ("SKIPPED", 30)]


def test_skipped_fires_in_a_row_share_one_entry(desk: Desk) -> None:
    task = desk.add(every(10))
    desk.ticks(50, finish=False)
    skipped = desk.rows(task)[1]
    assert (skipped.fires, skipped.first_for, skipped.scheduled_for) == (4, desk.clock() - 30, desk.clock())
    assert "the run before, of 2027-01-15 08:00:10, is not over" in (skipped.reason or "")


def test_fires_go_on_when_the_run_is_over(desk: Desk) -> None:
    task = desk.add(every(10))
    desk.ticks(20, finish=False)
    desk.finish_all()
    desk.ticks(10)
    assert desk.told(task) == [("SUCCESS", 10), ("SKIPPED", 20), ("SUCCESS", 30)]


def test_skips_because_of_another_run_are_another_entry(desk: Desk) -> None:
    task = desk.add(every(10))
    desk.ticks(20, finish=False)
    desk.finish_all()
    desk.ticks(20, finish=False)
    assert [state for state, _ in desk.told(task)] == ["SUCCESS", "SKIPPED", "PENDING", "SKIPPED"]


def test_a_run_that_waits_for_another_attempt_is_not_over(desk: Desk) -> None:
    task = desk.add(every(10), max_attempts=2)
    desk.tick(10)
    claim = desk.claim()
    assert claim is not None
    desk.service.ledger.retry(claim, "ValueError", "no", 60)
    desk.tick(10)
    assert desk.told(task) == [("RETRY", 10), ("SKIPPED", 20)]


def test_allow_lets_them_run_side_by_side(desk: Desk) -> None:
    task = desk.add(every(10), overlap="allow")
    desk.ticks(20, finish=False)
    assert desk.told(task) == [("PENDING", 10), ("PENDING", 20)]
    assert desk.claim() is not None
    assert desk.claim() is not None


def test_queue_lets_one_wait_and_skips_the_next(desk: Desk) -> None:
    task = desk.add(every(10), overlap="queue")
    desk.ticks(30, finish=False)
    assert desk.told(task) == [("PENDING", 10), ("PENDING", 20), ("SKIPPED", 30)]


def test_the_run_that_waits_goes_when_the_one_before_is_over(desk: Desk) -> None:
    desk.add(every(10), overlap="queue")
    desk.ticks(20, finish=False)
    first = desk.claim()
    assert first is not None
    assert desk.claim() is None
    desk.finish(first)
    assert desk.claim() is not None


def test_replace_revokes_a_run_that_waits(desk: Desk) -> None:
    task = desk.add(every(10), overlap="replace")
    desk.ticks(20, finish=False)
    assert desk.told(task) == [("REVOKED", 10), ("PENDING", 20)]
    assert desk.rows(task)[0].reason == "replaced by the run of 2027-01-15 08:00:20 (overlap: replace)"


def test_replace_asks_a_running_one_to_end_and_waits_for_it(desk: Desk) -> None:
    task = desk.add(every(10), overlap="replace")
    desk.tick(10)
    claim = desk.claim()
    assert claim is not None
    desk.tick(10)
    assert desk.service.ledger.cancelled("consumer") == [(claim.id, 1)]
    assert desk.claim() is None
    desk.service.ledger.revoke_running(claim.id, claim.attempt, "cancelled")
    assert desk.service.ledger.release_held() == 1
    assert desk.told(task) == [("REVOKED", 10), ("PENDING", 20)]
    assert "replaced by" in (desk.rows(task)[0].reason or "")


def test_a_one_off_that_is_skipped_is_finished_and_says_so(desk: Desk) -> None:
    task = desk.add(every(10, one_off=True))
    desk.service.periodic_tasks.run_now(task)
    desk.tick(10)
    assert desk.told(task) == [("PENDING", None), ("SKIPPED", 10)]
    assert desk.task(task).note.startswith("finished without a run: the run before, by hand, is not over")


def test_runs_of_other_tasks_count_for_nothing(desk: Desk) -> None:
    one, other = desk.add(every(10), "one"), desk.add(every(20), "other")
    desk.ticks(20, finish=False)
    assert desk.told(other) == [("PENDING", 20)]
    assert desk.told(one)[1] == ("SKIPPED", 20)


def test_after_a_pause_all_missed_times_run_one_after_another(desk: Desk) -> None:
    task = desk.add(every(10), catch_up="all")
    desk.tick(35)
    assert [state for state, _ in desk.told(task)] == ["PENDING"] * 3
    first = desk.claim()
    assert first is not None
    assert desk.claim() is None
    desk.finish(first)
    desk.finish_all()
    assert desk.told(task) == [("SUCCESS", 10), ("SUCCESS", 20), ("SUCCESS", 30)]


def test_missed_times_that_run_later_are_never_replaced(desk: Desk) -> None:
    task = desk.add(every(10), catch_up="all", overlap="replace")
    desk.tick(25)
    desk.tick(5)
    assert desk.finish_all() == 3
    assert desk.told(task) == [("SUCCESS", 10), ("SUCCESS", 20), ("SUCCESS", 30)]


def test_missed_times_in_a_row_share_one_entry(desk: Desk) -> None:
    task = desk.add(every(10), catch_up="none")
    desk.tick(35)
    desk.tick(30)
    rows = desk.rows(task)
    assert [(row.state, row.fires, row.first_for, row.scheduled_for) for row in rows] == [
        ("MISSED", 6, desk.clock() - 55, desk.clock() - 5)
    ]


def test_a_one_off_that_is_missed_is_finished_and_says_so(desk: Desk) -> None:
    task = desk.add(every(10, one_off=True), grace=5)
    desk.tick(60)
    assert (desk.task(task).state, desk.task(task).note) == (
        "finished",
        "finished without a run: later than its grace of 5 s",
    )
