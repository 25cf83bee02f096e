"""Clocked: once, at a moment."""

from datetime import UTC, datetime

import pytest

from walkabout.periodic.rules.preview import preview
from walkabout.periodic.rules.schedule import read_schedule

BEFORE = datetime(2026, 11, 24, tzinfo=UTC)


def at(time, zone="UTC", **around):
    return read_schedule({"type": "clocked", "conf": {"clocked_time": time}} | around, zone, anchor=BEFORE)


@pytest.mark.parametrize(
    ("time", "zone", "moment"),
    [
        ("2026-12-24T18:00:00Z", "Europe/Berlin", "2026-12-24T18:00:00Z"),
        ("2026-12-24t18:00:00z", "UTC", "2026-12-24T18:00:00Z"),
        ("2026-12-24T18:00", "Europe/Berlin", "2026-12-24T17:00:00Z"),  # on the zone's clock
        ("2026-12-24 18:00:00", "Asia/Kathmandu", "2026-12-24T12:15:00Z"),
        ("2026-12-24T18:00:00.250+05:45", "UTC", "2026-12-24T12:15:00.250Z"),
        ("2026-12-24T18:00:00-0930", "UTC", "2026-12-25T03:30:00Z"),
        ("2027-03-28T02:30", "Europe/Berlin", "2027-03-28T01:00:00Z"),  # in a gap: its end
        ("2027-10-31T02:30", "Europe/Berlin", "2027-10-31T00:30:00Z"),  # comes twice: the first
        ("2027-10-31T02:30+01:00", "Europe/Berlin", "2027-10-31T01:30:00Z"),  # the offset tells which
    ],
)
def test_fires_at_its_moment(time, zone, moment):
    assert at(time, zone).next_after(BEFORE) == datetime.fromisoformat(moment)


@pytest.mark.parametrize("after", ["2026-12-24T18:00:00Z", "2026-12-24T18:00:01Z", "2030-01-01T00:00:00Z"])
def test_does_not_fire_at_or_after_its_moment(after):
    assert at("2026-12-24T18:00:00Z").next_after(datetime.fromisoformat(after)) is None


@pytest.mark.parametrize("around", [{}, {"one_off": True}])
def test_is_one_off_by_itself(around):
    assert at("2026-12-24T18:00:00Z", **around).one_off


def test_an_old_one_can_still_be_read():
    assert at("2020-01-01T00:00:00Z").next_after(BEFORE) is None


def test_a_start_time_after_its_moment_leaves_nothing():
    answer = preview(at("2026-12-24T18:00:00Z", start_time="2026-12-24T18:00:01Z"), BEFORE, 5)
    assert answer["next"] == []
    assert answer["warnings"] == ["Never fires: none of its times is later than 2026-12-24 18:00:01"]


def test_says_in_words_on_the_clock_of_its_zone():
    assert at("2026-12-24T18:00:00Z", "Europe/Berlin").describe() == "Once, on 2026-12-24 at 19:00 (Europe/Berlin)"
