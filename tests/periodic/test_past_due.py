"""What has passed is counted, never gone through: exact, and at the same cost whatever the schedule and the pause."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.periodic import schedule_strategies as strategies
from tests.support.examples import examples
from tests.support.schedule_harness import ScheduleHarness, cron, every
from walkabout.periodic.due_times import plan_fires
from walkabout.periodic.policies import Policies
from walkabout.periodic.rules.clock import EPOCH
from walkabout.periodic.rules.kinds import sun
from walkabout.periodic.rules.kinds.crontab import Crontab
from walkabout.periodic.rules.kinds.interval import Interval
from walkabout.periodic.rules.kinds.solar import Solar
from walkabout.periodic.rules.past_due import past_due
from walkabout.periodic.rules.schedule import Schedule, read_schedule

ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = datetime(2027, 3, 28, tzinfo=UTC), datetime(2027, 10, 31, 0, 45, tzinfo=UTC)
SECOND = timedelta(seconds=1)
WALKED_MOST = 400  # calls of next_after that one task may cost one tick; a hundred runs are caught up
RECKONED_MOST = 800  # events of the sun that are reckoned exactly, for ten years at any latitude


def ticks_of(rule: Schedule, after: datetime, until: datetime) -> list[datetime]:
    """Brute force: every fire in its turn, of those of one second the last."""
    seen: dict[int, datetime] = {}
    for fire in takewhile(lambda fire: fire <= until, fires_after(rule, after)):
        seen[-((EPOCH - fire) // SECOND)] = fire
    return list(seen.values())


def fires_after(rule: Schedule, moment: datetime) -> Iterator[datetime]:
    fire = rule.kind.next_after(moment)
    while fire is not None:
        yield fire
        fire = rule.kind.next_after(fire)


@examples(100)
@given(
    st.one_of(
        strategies.crontabs(every_day=True).map(lambda one: one[0]), strategies.crontabs().map(lambda one: one[0])
    ),
    strategies.changes(),
    st.timedeltas(timedelta(0), timedelta(days=5)),
    st.integers(1, 150),
)
@example({"minute": "30", "hour": "2"}, (BERLIN, SPRING), timedelta(1), 1)
@example({"minute": "0,30", "hour": "2,3"}, (BERLIN, SPRING), timedelta(1), 9)
@example({"minute": "30", "hour": "2"}, (BERLIN, AUTUMN), timedelta(1), 1)
def test_a_crontab_counts_what_it_fires_over_changes_of_the_clock(
    conf: dict[str, Any], change: Any, long: timedelta, most: int
) -> None:
    zone, after = change
    try:
        rule = strategies.rule({"type": "crontab", "conf": conf}, zone.key)
    except Exception:
        assume(False)
    whole = ticks_of(rule, after, after + long)
    assert rule.kind.count(after, after + long) == len(whole)
    assert rule.kind.latest(after, after + long, most) == whole[-most:]


@examples(100)
@given(
    st.integers(1, 3_000_000),
    st.sampled_from(["microseconds", "seconds", "minutes", "days"]),
    st.timedeltas(timedelta(seconds=-2), timedelta(seconds=2)),
    st.booleans(),
    st.floats(0, 1),
    st.integers(1, 150),
)
@example(999_999, "microseconds", timedelta(0), True, 1.0, 3)
@example(1_000_001, "microseconds", timedelta(microseconds=1), False, 1.0, 3)
def test_an_interval_counts_what_it_fires(
    number: int, period: str, off: timedelta, starts: bool, part: float, most: int
) -> None:
    assume(period != "days" or number <= 36_525)
    around = {"start_time": ANCHOR.isoformat()} if starts else {}
    rule = read_schedule(every(number, period, **around), anchor=ANCHOR)
    assert isinstance(rule.kind, Interval)
    after = ANCHOR + off
    # As many fires as can be gone through.
    until = after + min(rule.kind.step * int(300 * part), timedelta(days=100_000))
    whole = ticks_of(rule, after, until)
    assert rule.kind.count(after, until) == len(whole)
    assert rule.kind.latest(after, until, most) == whole[-most:]


@examples(15)
@given(
    st.fixed_dictionaries(
        {
            "event": st.sampled_from(sorted(sun.EVENTS)),
            "latitude": st.one_of(st.floats(-90, 90), st.floats(60, 75), st.sampled_from([90.0, -90.0, 66.56, 65.7])),
            "longitude": st.floats(-180, 180),
        }
    ),
    strategies.moments,
    st.integers(0, 300),
    st.integers(1, 150),
)
def test_a_sun_counts_what_it_fires(conf: dict[str, Any], after: datetime, days: int, most: int) -> None:
    rule = strategies.rule({"type": "solar", "conf": conf})
    until = after + timedelta(days=days)
    whole = ticks_of(rule, after, until)
    assert rule.kind.count(after, until) == len(whole)
    assert rule.kind.latest(after, until, most) == whole[-most:]


@examples(50)
@given(st.sampled_from(sorted(sun.EVENTS)), st.floats(-90, 90), st.integers(-60_000, 170_000))
def test_that_an_event_comes_is_told_as_it_is_reckoned(event: str, latitude: float, day: int) -> None:
    assert sun.comes_on(event, latitude, 0.0, day) == (sun.event_on(event, latitude, 0.0, day) is not None)


@examples(50)
@given(strategies.rules(), st.timedeltas(timedelta(0), timedelta(days=3653)), st.sampled_from(["once", "none", "all"]))
@example(read_schedule(every(1, "microseconds"), anchor=ANCHOR), timedelta(days=3653), "all")
@example(read_schedule(cron("*", month_of_year="1"), anchor=ANCHOR), timedelta(days=364), "all")
@example(
    read_schedule(cron("59", hour="23", day_of_month="29", month_of_year="2"), anchor=ANCHOR), timedelta(3653), "all"
)
def test_no_schedule_costs_a_tick_more_than_another(rule: Schedule, pause: timedelta, catch_up: str) -> None:
    """Counted: steps from fire to fire, and events of the sun that are reckoned."""
    first = rule.next_after(ANCHOR)
    assume(first is not None)
    assert first is not None
    steps = 0
    reckoned: set[tuple[Any, ...]] = set()
    event_on = sun.event_on.__wrapped__

    def counting(own: Any) -> Any:
        def step(kind: Any, moment: datetime) -> Any:
            nonlocal steps
            steps += 1
            return own(kind, moment)

        return step

    def reckon(*given: Any) -> Any:
        reckoned.add(given)  # each day once: it is remembered
        return event_on(*given)

    with (
        patch.object(Crontab, "next_after", counting(Crontab.next_after)),
        patch.object(Interval, "next_after", counting(Interval.next_after)),
        patch.object(Solar, "next_after", counting(Solar.next_after)),
        patch.object(sun, "event_on", reckon),
        patch("walkabout.periodic.rules.kinds.solar.event_on", reckon),
    ):
        until = max(first, ANCHOR) + pause
        made = plan_fires(rule, Policies(catch_up=catch_up, grace=86_400.0), first, until)  # type: ignore[arg-type]
        rule.next_after(until)
    assert made.runs or made.missed
    assert steps <= WALKED_MOST
    assert len(reckoned) <= RECKONED_MOST


@pytest.mark.parametrize(
    ("schedule", "count"),
    [
        (cron(), 525_600),
        (cron("*/2"), 262_800),
        (every(1, "seconds"), 31_536_000),
        (every(1, "microseconds"), 31_536_000),
        (every(700_000, "microseconds"), 31_536_000),
        ({"type": "solar", "conf": {"event": "sunset", "latitude": 52.5, "longitude": 13.4}}, 365),
    ],
)
def test_a_year_of_missed_fires_is_counted_to_the_last(schedule: dict[str, Any], count: int) -> None:
    rule = read_schedule(schedule, anchor=ANCHOR)
    first = rule.next_after(ANCHOR)
    assert first is not None
    found = past_due(rule, first, ANCHOR + timedelta(days=365), 1)
    assert found is not None
    assert found.count == count


def test_a_schedule_of_microseconds_fires_once_a_tick_and_stops_nobody(harness: ScheduleHarness) -> None:
    fast = harness.add(every(1, "microseconds"), "fast", overlap="allow")
    other = harness.add(every(1), "other", overlap="allow")
    harness.ticks(5)
    assert harness.told(fast) == [("SUCCESS", float(second)) for second in range(1, 6)]
    assert harness.told(other) == [("SUCCESS", float(second)) for second in range(1, 6)]
    assert [row.missed for row in harness.rows(fast)] == [0] * 5
    # A year in which nobody ticked: one run, that stands for every second of it.
    harness.tick(365 * 86_400.0)
    last = harness.rows(fast)[-1]
    assert (last.fires, last.missed) == (365 * 86_400, 365 * 86_400 - 1)


def test_what_was_due_before_an_edit_is_counted_too(harness: ScheduleHarness) -> None:
    id = harness.add(every(1, "microseconds"), overlap="allow")
    harness.clock.pass_(3600)
    harness.service.periodic_tasks.change(id, {"schedule": every(1, "days")})
    (row,) = harness.rows(id)
    assert (row.state, row.fires, row.reason) == ("MISSED", 3600, "the task was edited before the tick")


def test_an_edit_that_leaves_the_schedule_as_it_is_discards_nothing(harness: ScheduleHarness) -> None:
    id = harness.add(every(60), overlap="allow")
    before = harness.task(id)
    harness.clock.pass_(600)
    harness.service.periodic_tasks.change(id, {"schedule": every(60), "timezone": "UTC", "description": "the same"})
    assert harness.task(id).next_run_at == before.next_run_at
    harness.tick()
    assert [(row.fires, row.missed) for row in harness.rows(id)] == [(10, 9)]


def test_an_edit_that_leaves_the_schedule_as_it_is_does_not_restart_what_is_finished(harness: ScheduleHarness) -> None:
    once = {"type": "clocked", "conf": {"clocked_time": "2027-01-15T08:01:00Z"}}
    id = harness.add(once)
    harness.tick(60)
    harness.service.periodic_tasks.change(id, {"schedule": once, "description": "over"})
    assert harness.task(id).state == "finished"
