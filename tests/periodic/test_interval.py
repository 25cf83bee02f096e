"""Intervals: anchor + n * every, in real time."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from walkabout.periodic.rules.preview import preview
from walkabout.periodic.rules.schedule import read_schedule

ANCHOR = datetime(2026, 11, 24, 21, 20, tzinfo=UTC)


def every(number, period, zone="UTC", anchor=ANCHOR, **around):
    return read_schedule(
        {"type": "interval", "conf": {"every": number, "period": period}} | around, zone, anchor=anchor
    )


@pytest.mark.parametrize(
    ("number", "period", "after", "then"),
    [
        (5, "minutes", "2026-11-24T21:20:00Z", "2026-11-24T21:25:00Z"),  # the anchor itself is no fire
        (5, "minutes", "2026-11-24T21:24:59.999999Z", "2026-11-24T21:25:00Z"),
        (5, "minutes", "2026-11-24T21:25:00Z", "2026-11-24T21:30:00Z"),
        (5, "minutes", "2020-01-01T00:00:00Z", "2026-11-24T21:25:00Z"),  # nothing before the anchor
        (2.0, "hours", "2026-11-24T21:20:00Z", "2026-11-24T23:20:00Z"),  # 2.0 is 2
        (100, "microseconds", "2026-11-24T21:20:00.000150Z", "2026-11-24T21:20:00.000200Z"),
        (7, "seconds", "2126-11-24T21:20:00Z", "2126-11-24T21:20:05Z"),  # a century of sevens, no drift
        (36_525, "days", "2026-11-24T21:20:00Z", "2126-11-25T21:20:00Z"),  # the longest
    ],
)
def test_fires_at_whole_steps_from_the_anchor(number, period, after, then):
    fire = every(number, period).next_after(datetime.fromisoformat(after))
    assert fire == datetime.fromisoformat(then)


def test_the_first_fire_is_the_start_time_itself():
    rule = every(1, "days", start_time="2026-12-01T08:00:30Z")
    assert rule.next_after(ANCHOR) == datetime(2026, 12, 1, 8, 0, 30, tzinfo=UTC)


def test_start_time_counts_as_anchor_when_it_is_long_past():
    rule = every(7, "minutes", start_time="2026-11-24T00:00:30Z")
    assert rule.next_after(ANCHOR) == datetime(2026, 11, 24, 21, 21, 30, tzinfo=UTC)


def test_a_later_creation_moves_nothing_when_there_is_a_start_time():
    start = {"start_time": "2026-01-01T00:00:00Z"}
    early, late = every(11, "hours", **start), every(11, "hours", anchor=ANCHOR + timedelta(hours=1), **start)
    assert early.next_after(ANCHOR) == late.next_after(ANCHOR)


def test_a_day_is_24_hours_over_a_clock_change():
    rule = every(1, "days", "Europe/Berlin", start_time="2026-03-28T12:00")
    assert preview(rule, datetime(2026, 3, 28, tzinfo=UTC), 2)["next"] == [
        "2026-03-28T12:00:00+01:00",
        "2026-03-29T13:00:00+02:00",
    ]


def test_whole_days_that_move_on_the_clock_are_warned_of_once():
    warnings = preview(every(1, "days", "Europe/Berlin"), ANCHOR, 200)["warnings"]
    assert warnings == [
        "The clock in Europe/Berlin changes by 2027-03-28; a day is 24 hours here, so it fires at 23:20 "
        "instead of 22:20; a crontab keeps the time of day"
    ]


def test_hours_that_move_on_the_clock_are_nothing_to_warn_of():
    assert preview(every(1, "hours", "Europe/Berlin"), datetime(2027, 3, 28, tzinfo=UTC), 5)["warnings"] == []


def test_less_than_a_second_is_previewed_exactly_and_warned_of():
    answer = preview(every(250_000, "microseconds"), ANCHOR, 2)
    assert answer["next"] == ["2026-11-24T21:20:00.250000+00:00", "2026-11-24T21:20:00.500000+00:00"]
    assert "shorter than a second" in answer["warnings"][0]


def test_ends_where_the_calendar_ends():
    assert len(list(islice(every(36_525, "days").fires_after(ANCHOR), 1000))) == 79


@pytest.mark.parametrize(
    ("number", "period", "text"),
    [(1, "minutes", "Every minute"), (5, "minutes", "Every 5 minutes"), (36, "hours", "Every 36 hours")],
)
def test_says_in_words(number, period, text):
    assert every(number, period).kind.describe() == text
