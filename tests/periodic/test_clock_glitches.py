"""A clock that goes wrong for seconds and comes back silences nothing, and fires nothing twice."""

from collections import Counter

import pytest

from tests.support.clock import Clock
from tests.support.schedule_harness import START, ScheduleHarness, at, cron, every
from walkabout.api.dispatch import Call
from walkabout.api.parameters import ApiRequest
from walkabout.api.schedules import schedule_why
from walkabout.service import build

HOUR = 3600.0


def glitch(harness: ScheduleHarness, ahead: float, seconds: int = 3) -> None:
    """The clock is ahead for some ticks, then it is right again."""
    harness.clock.pass_(ahead)
    harness.ticks(seconds)
    harness.clock.pass_(-ahead)


def due(harness: ScheduleHarness, id: int) -> list[float]:
    return [row.scheduled_for - START for row in harness.rows(id) if row.scheduled_for is not None]


@pytest.mark.parametrize("ahead", [61.0 + 600, HOUR, 400 * 86_400.0])
def test_schedules_go_on_when_the_clock_is_right_again(harness: ScheduleHarness, ahead: float) -> None:
    schedules = {"interval": every(60), "crontab": cron(), "fast": every(1, "microseconds")}
    ids = {name: harness.add(schedule, name, overlap="allow") for name, schedule in schedules.items()}
    harness.ticks(61)
    glitch(harness, ahead)
    harness.ticks(200)
    for name in ("interval", "crontab"):
        assert {60.0, 120.0, 180.0, 240.0} <= set(due(harness, ids[name]))
    assert {70.0 + second for second in range(100)} <= set(due(harness, ids["fast"]))


def test_what_was_fired_in_the_meantime_stays_one_run(harness: ScheduleHarness) -> None:
    id = harness.add(every(60), overlap="allow")
    harness.ticks(30)
    glitch(harness, HOUR)
    harness.ticks(int(HOUR) + 120)
    fires = Counter(due(harness, id))
    assert set(fires.values()) == {1}
    # All minutes of the hour are there, the one that was fired too early among them.
    assert {60.0 * minute for minute in range(1, 63)} == set(fires)


@pytest.mark.parametrize("terms", [{"catch_up": "none"}, {"catch_up": "all"}, {"grace": 5.0}, {"overlap": "skip"}])
def test_rows_for_what_was_not_run_do_not_stand_in_the_way(harness: ScheduleHarness, terms: dict[str, object]) -> None:
    id = harness.add(every(60), **{"overlap": "allow", **terms})
    harness.ticks(30)
    glitch(harness, HOUR)
    harness.ticks(int(HOUR) + 130, finish=terms != {"overlap": "skip"})
    assert harness.task(id).note == ""
    assert max(due(harness, id)) >= HOUR + 60
    assert set(Counter(due(harness, id)).values()) == {1}


def test_what_ended_by_a_wrong_clock_goes_on(harness: ScheduleHarness) -> None:
    ends = harness.add(every(60, expires="2027-01-15T08:30:00Z"), "ends", overlap="allow")
    glitch(harness, HOUR)
    assert harness.task(ends).state == "expired"
    harness.ticks(70)
    assert harness.task(ends).state == "active"
    assert 60.0 in due(harness, ends)


def test_what_is_over_stays_over(harness: ScheduleHarness) -> None:
    once = harness.add(at("2027-01-15T08:30:00Z"), "once")
    glitch(harness, HOUR)
    harness.ticks(5)
    assert harness.task(once).state == "finished"
    assert due(harness, once) == [1800.0]


def test_what_was_made_while_the_clock_was_wrong_counts_from_now(harness: ScheduleHarness) -> None:
    harness.clock.pass_(HOUR)
    id = harness.add(every(60), overlap="allow")
    daily = harness.add(at("2027-01-15T10:00:00Z"), "later")
    harness.tick(1)
    harness.clock.pass_(-HOUR)
    harness.ticks(130)
    assert due(harness, id) == [62.0, 122.0]
    assert harness.task(daily).next_run_at == START + 2 * HOUR


def test_a_restart_in_between_changes_nothing(harness: ScheduleHarness, clock: Clock) -> None:
    id = harness.add(every(60), overlap="allow")
    glitch(harness, HOUR)
    other = build(harness.service.settings, clock=clock)
    for _ in range(130):
        clock.pass_(1.0)
        other.firing.tick(clock())
    other.close()
    assert {60.0, 120.0} <= set(due(harness, id))


def test_a_pause_of_the_machine_is_no_wrong_clock(harness: ScheduleHarness) -> None:
    id = harness.add(every(60), overlap="allow")
    harness.ticks(61)
    harness.tick(HOUR)
    assert [(row.fires, row.missed) for row in harness.rows(id)][-1] == (60, 59)
    assert harness.task(id).repaired_at is None


def test_a_clock_that_is_put_right_by_less_than_a_minute_changes_nothing(harness: ScheduleHarness) -> None:
    id = harness.add(every(300))
    harness.ticks(301)
    before = harness.task(id)
    harness.tick(-59)
    assert harness.task(id) == before


def test_a_clock_that_went_back_for_a_while_fires_nothing_twice(harness: ScheduleHarness) -> None:
    id = harness.add(every(60), overlap="allow")
    harness.ticks(600)
    harness.clock.pass_(-HOUR)
    harness.ticks(10)
    harness.clock.pass_(HOUR)
    harness.ticks(130)
    fires = Counter(due(harness, id))
    assert set(fires.values()) == {1}
    assert {60.0 * minute for minute in range(1, 13)} == set(fires)


def test_a_broken_row_does_not_stop_the_others(harness: ScheduleHarness) -> None:
    broken, other = harness.add(every(60), "broken"), harness.add(every(60), "other", overlap="allow")
    glitch(harness, HOUR)
    harness.service.db.change("UPDATE schedule SET schedule = '[' WHERE id = ?", (broken,))
    harness.ticks(61)
    assert 60.0 in due(harness, other)
    assert "can't be computed" in harness.task(broken).note


def test_why_says_so(harness: ScheduleHarness) -> None:
    id = harness.add(cron(), overlap="allow")
    harness.ticks(61)
    glitch(harness, HOUR)
    harness.ticks(130)

    def why(moment: str) -> str:
        return str(schedule_why(Call(harness.service, harness.ana, ApiRequest(), {}, "", {}), moment, id=id)["text"])

    said = "due times from a clock 0:59:57 ahead were computed again at 2027-01-15 08:01:05."
    assert said in why("2027-01-15T08:02:00Z")
    assert said in why("2027-01-15T08:30:00Z")
    assert "went wrong" not in why("2027-01-15T07:00:00Z")
    assert "went wrong" not in why("2027-01-15T12:00:00Z")
