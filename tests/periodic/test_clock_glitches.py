"""A clock that goes wrong for seconds and comes back silences nothing, and fires nothing twice."""

from collections import Counter

import pytest

from tests.periodic.desk import START, Desk, at, cron, every
from tests.support.clock import Clock
from walkabout.api.dispatch import ApiRequest, Call
from walkabout.api.schedules import schedule_why
from walkabout.service import build

HOUR = 3600.0


def glitch(desk: Desk, ahead: float, seconds: int = 3) -> None:
    """The clock is ahead for some ticks, then it is right again."""
    desk.clock.pass_(ahead)
    desk.ticks(seconds)
    desk.clock.pass_(-ahead)


def due(desk: Desk, id: int) -> list[float]:
    return [row.scheduled_for - START for row in desk.rows(id) if row.scheduled_for is not None]


@pytest.mark.parametrize("ahead", [61.0 + 600, HOUR, 400 * 86_400.0])
def test_schedules_go_on_when_the_clock_is_right_again(desk: Desk, ahead: float) -> None:
    schedules = {"interval": every(60), "crontab": cron(), "fast": every(1, "microseconds")}
    ids = {name: desk.add(schedule, name, overlap="allow") for name, schedule in schedules.items()}
    desk.ticks(61)
    glitch(desk, ahead)
    desk.ticks(200)
    for name in ("interval", "crontab"):
        assert {60.0, 120.0, 180.0, 240.0} <= set(due(desk, ids[name]))
    assert {70.0 + second for second in range(100)} <= set(due(desk, ids["fast"]))


def test_what_was_fired_in_the_meantime_stays_one_run(desk: Desk) -> None:
    id = desk.add(every(60), overlap="allow")
    desk.ticks(30)
    glitch(desk, HOUR)
    desk.ticks(int(HOUR) + 120)
    fires = Counter(due(desk, id))
    assert set(fires.values()) == {1}
    # All minutes of the hour are there, the one that was fired too early among them.
    assert {60.0 * minute for minute in range(1, 63)} == set(fires)


@pytest.mark.parametrize("terms", [{"catch_up": "none"}, {"catch_up": "all"}, {"grace": 5.0}, {"overlap": "skip"}])
def test_rows_for_what_was_not_run_do_not_stand_in_the_way(desk: Desk, terms: dict[str, object]) -> None:
    id = desk.add(every(60), **{"overlap": "allow", **terms})
    desk.ticks(30)
    glitch(desk, HOUR)
    desk.ticks(int(HOUR) + 130, finish=terms != {"overlap": "skip"})
    assert desk.task(id).note == ""
    assert max(due(desk, id)) >= HOUR + 60
    assert set(Counter(due(desk, id)).values()) == {1}


def test_what_ended_by_a_wrong_clock_goes_on(desk: Desk) -> None:
    ends = desk.add(every(60, expires="2027-01-15T08:30:00Z"), "ends", overlap="allow")
    glitch(desk, HOUR)
    assert desk.task(ends).state == "expired"
    desk.ticks(70)
    assert desk.task(ends).state == "active"
    assert 60.0 in due(desk, ends)


def test_what_is_over_stays_over(desk: Desk) -> None:
    once = desk.add(at("2027-01-15T08:30:00Z"), "once")
    glitch(desk, HOUR)
    desk.ticks(5)
    assert desk.task(once).state == "finished"
    assert due(desk, once) == [1800.0]


def test_what_was_made_while_the_clock_was_wrong_counts_from_now(desk: Desk) -> None:
    desk.clock.pass_(HOUR)
    id = desk.add(every(60), overlap="allow")
    daily = desk.add(at("2027-01-15T10:00:00Z"), "later")
    desk.tick(1)
    desk.clock.pass_(-HOUR)
    desk.ticks(130)
    assert due(desk, id) == [62.0, 122.0]
    assert desk.task(daily).next_run_at == START + 2 * HOUR


def test_a_restart_in_between_changes_nothing(desk: Desk, clock: Clock) -> None:
    id = desk.add(every(60), overlap="allow")
    glitch(desk, HOUR)
    other = build(desk.service.settings, clock=clock)
    for _ in range(130):
        clock.pass_(1.0)
        other.firing.tick(clock())
    other.close()
    assert {60.0, 120.0} <= set(due(desk, id))


def test_a_pause_of_the_machine_is_no_wrong_clock(desk: Desk) -> None:
    id = desk.add(every(60), overlap="allow")
    desk.ticks(61)
    desk.tick(HOUR)
    assert [(row.fires, row.missed) for row in desk.rows(id)][-1] == (60, 59)
    assert desk.task(id).anew_at is None


def test_a_clock_that_is_put_right_by_less_than_a_minute_changes_nothing(desk: Desk) -> None:
    id = desk.add(every(300))
    desk.ticks(301)
    before = desk.task(id)
    desk.tick(-59)
    assert desk.task(id) == before


def test_a_clock_that_went_back_for_a_while_fires_nothing_twice(desk: Desk) -> None:
    id = desk.add(every(60), overlap="allow")
    desk.ticks(600)
    desk.clock.pass_(-HOUR)
    desk.ticks(10)
    desk.clock.pass_(HOUR)
    desk.ticks(130)
    fires = Counter(due(desk, id))
    assert set(fires.values()) == {1}
    assert {60.0 * minute for minute in range(1, 13)} == set(fires)


def test_a_broken_row_does_not_stop_the_others(desk: Desk) -> None:
    broken, other = desk.add(every(60), "broken"), desk.add(every(60), "other", overlap="allow")
    glitch(desk, HOUR)
    desk.service.db.change("UPDATE schedule SET schedule = '[' WHERE id = ?", (broken,))
    desk.ticks(61)
    assert 60.0 in due(desk, other)
    assert "can't be reckoned" in desk.task(broken).note


def test_why_says_so(desk: Desk) -> None:
    id = desk.add(cron(), overlap="allow")
    desk.ticks(61)
    glitch(desk, HOUR)
    desk.ticks(130)

    def why(moment: str) -> str:
        return str(schedule_why(Call(desk.service, desk.ana, ApiRequest(), {}), moment, id=id)["text"])

    said = "due times that came from a clock 0:59:57 ahead were reckoned anew at 2027-01-15 08:01:05."
    assert said in why("2027-01-15T08:02:00Z")
    assert said in why("2027-01-15T08:30:00Z")
    assert "went wrong" not in why("2027-01-15T07:00:00Z")
    assert "went wrong" not in why("2027-01-15T12:00:00Z")
