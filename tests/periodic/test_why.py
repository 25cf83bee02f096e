"""Why it ran then, or why not, in words."""

import pytest

from tests.support.schedule_harness import START, ScheduleHarness, cron, every
from walkabout.jobs.queries import due_between
from walkabout.periodic.periodic_task import moment
from walkabout.periodic.why import WhyQuestion, why

WEEK_S = 7 * 86_400


def told(harness: ScheduleHarness, id: int, seconds: float) -> str:
    """What is said about the moment so many seconds after START."""
    asked = WhyQuestion.about(moment(START + seconds))
    rows = due_between(harness.service.db, id, asked.start.timestamp(), asked.end.timestamp())
    return why(harness.task(id), asked, rows, harness.clock(), WEEK_S)


def test_a_run_that_ended_well(harness: ScheduleHarness) -> None:
    id = harness.add(every(10))
    harness.ticks(10)
    assert told(harness, id, 10) == "Due 2027-01-15 08:00:10: started 2027-01-15 08:00:10, SUCCESS, it succeeded."


def test_a_run_that_failed_has_its_error(harness: ScheduleHarness) -> None:
    id = harness.add(every(10))
    harness.tick(10)
    claim = harness.claim()
    assert claim is not None
    harness.service.ledger.fail(claim.id, claim.attempt, "ValueError", "no")
    assert told(harness, id, 10).endswith("FAILURE, it failed: ValueError: no.")


def test_a_late_run_says_what_it_stands_for(harness: ScheduleHarness) -> None:
    id = harness.add(every(10))
    harness.tick(35)
    harness.finish_all()
    assert told(harness, id, 20) == (
        "Due 2027-01-15 08:00:30, for 3 missed runs: started 2027-01-15 08:00:35 5.0 s late, SUCCESS, it succeeded."
    )


def test_skipped_times_have_their_reason(harness: ScheduleHarness) -> None:
    id = harness.add(every(10))
    harness.ticks(40, finish=False)
    assert told(harness, id, 30) == (
        "Due 2027-01-15 08:00:40 (3 times since 2027-01-15 08:00:20): SKIPPED, "
        "the previous run, due 2027-01-15 08:00:10, is not over (overlap: skip)."
    )


def test_a_moment_without_seconds_is_its_whole_minute(harness: ScheduleHarness) -> None:
    id = harness.add(every(20))
    harness.ticks(60)
    assert told(harness, id, 0).count("it succeeded") == 2


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (3600, "It will run then: due 2027-01-15 09:00."),
        (60, "It will not run then: that is not one of its times; the next one is 2027-01-15 09:00."),
    ],
)
def test_the_time_to_come(harness: ScheduleHarness, seconds: float, words: str) -> None:
    assert told(harness, harness.add(cron("0")), seconds) == words


def test_the_time_to_come_of_a_task_that_is_disabled(harness: ScheduleHarness) -> None:
    id = harness.add(cron("0"))
    harness.service.periodic_tasks.disable(id, "on holiday")
    assert told(harness, id, 3600) == "It will not run then: it is disabled (on holiday)."


def test_a_one_off_comes_only_once(harness: ScheduleHarness) -> None:
    id = harness.add(cron("0", hour="*") | {"one_off": True})
    assert told(harness, id, 3600).startswith("It will run then")
    assert told(harness, id, 7200).startswith("It will not run then")


def test_jitter_is_told(harness: ScheduleHarness) -> None:
    harness.service.periodic_tasks.random = lambda: 0.99
    assert told(harness, harness.add(cron("0"), jitter=9), 3600).endswith("09:00, 9 s later by its jitter.")


def test_before_it_was_made(harness: ScheduleHarness) -> None:
    assert told(harness, harness.add(cron("0")), -3600) == "It did not run then: it was created at 2027-01-15 08:00."


def test_none_of_its_times(harness: ScheduleHarness) -> None:
    id = harness.add(cron("0"))
    harness.ticks(600)
    assert told(harness, id, 300) == (
        "It did not run then: that is not one of its times; the next one is 2027-01-15 09:00."
    )


def test_while_it_was_disabled(harness: ScheduleHarness) -> None:
    id = harness.add(every(10))
    harness.service.periodic_tasks.disable(id, "on holiday")
    harness.clock.pass_(60)
    assert told(harness, id, 10) == "Due 2027-01-15 08:00:10, but it did not run: it is disabled (on holiday)."


def test_not_seen_to_yet(harness: ScheduleHarness) -> None:
    id = harness.add(every(10))
    harness.clock.pass_(60)
    assert told(harness, id, 10) == "Due 2027-01-15 08:00:10, but not handled yet: no worker has been running since."


def test_longer_ago_than_history_goes(harness: ScheduleHarness) -> None:
    id = harness.add(every(10))
    harness.ticks(10)
    harness.clock.pass_(2 * WEEK_S)
    harness.service.ledger.forget_ended(harness.clock() - WEEK_S)
    assert told(harness, id, 10) == "Due 2027-01-15 08:00:10, but nothing is known: history is kept for 7 days."


def test_another_schedule_then(harness: ScheduleHarness) -> None:
    id = harness.add(every(3600))
    harness.clock.pass_(60)
    harness.service.periodic_tasks.change(id, {"schedule": every(10)})
    assert told(harness, id, 10) == (
        "By its current schedule it would have been due 2027-01-15 08:00:10, but it was disabled, finished or had another "
        "schedule then; it was edited last at 2027-01-15 08:01."
    )
