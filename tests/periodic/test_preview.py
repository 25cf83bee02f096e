"""Previews: fires with offsets, words, and warnings of what may surprise."""

from datetime import UTC, datetime

import pytest

from walkabout.periodic.rules.preview import preview
from walkabout.periodic.rules.schedule import read_schedule

AFTER = datetime(2026, 11, 24, 21, 20, tzinfo=UTC)


def of(line, zone="Europe/Berlin", after=AFTER, count=5, **around):
    minute, hour, day, month, weekday = line.split()
    conf = {"minute": minute, "hour": hour, "day_of_month": day, "month_of_year": month, "day_of_week": weekday}
    return preview(read_schedule({"type": "crontab", "conf": conf} | around, zone, anchor=after), after, count)


def test_answers_words_zone_and_fires_with_the_offset_of_the_zone():
    assert of("0 3 * * *", count=2) == {
        "text": "Every day at 03:00 (Europe/Berlin)",
        "timezone": "Europe/Berlin",
        "next": ["2026-11-25T03:00:00+01:00", "2026-11-26T03:00:00+01:00"],
        "warnings": [],
    }


def test_a_one_off_has_one_fire():
    assert of("0 3 * * *", one_off=True)["next"] == ["2026-11-25T03:00:00+01:00"]


def test_has_fewer_fires_when_it_expires():
    assert len(of("0 3 * * *", expires="2026-11-27T03:00")["next"]) == 2


def test_start_time_is_inclusive_and_expires_exclusive():
    answer = of("0 3 * * *", start_time="2026-12-01T03:00", expires="2026-12-02T03:00")
    assert answer["next"] == ["2026-12-01T03:00:00+01:00"]


@pytest.mark.parametrize(
    ("line", "zone", "after", "warning"),
    [
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2027-03-26T12:00Z",
            "On 2027-03-28 the clock in Europe/Berlin goes forward from 02:00 to 03:00: "
            "02:30 is skipped and fires at 03:00 instead",
        ),
        (
            "0,15,30,45 2,3 * * *",
            "Europe/Berlin",
            "2027-03-28T00:30Z",
            "On 2027-03-28 the clock in Europe/Berlin goes forward from 02:00 to 03:00: "
            "02:00, 02:15, 02:30 and 1 more are skipped and fire at 03:00 instead",
        ),
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-23T12:00Z",
            "On 2026-10-25 the clock in Europe/Berlin goes back from 03:00 to 02:00: "
            "02:30 occurs twice and fires once, the first time",
        ),
        (
            "*/30 * * * *",
            "Europe/Berlin",
            "2027-03-28T00:20Z",
            "On 2027-03-28 the clock in Europe/Berlin goes forward from 02:00 to 03:00: 02:00, 02:30 are skipped",
        ),
        (
            "45 * * * *",
            "Australia/Lord_Howe",
            "2027-04-03T14:00Z",
            "On 2027-04-04 the clock in Australia/Lord_Howe goes back from 02:00 to 01:30: "
            "01:45 occurs twice and fires twice",
        ),
        (
            "0 0 29 2 mon",
            "UTC",
            "2026-11-24T21:20Z",
            "Does not fire within two years: the first time is 2044-02-29 00:00",
        ),
        ("0 3 1 1 *", "UTC", "2028-02-01T00:00Z", None),
        ("*/5 * * * *", "Europe/Berlin", "2027-03-28T01:00Z", None),  # asked right after the gap
        ("0 12 * * *", "Europe/Berlin", "2027-03-26T12:00Z", None),  # the changes touch none of its times
        ("*/30 5 * * *", "Europe/Berlin", "2026-10-24T00:00Z", None),
    ],
)
def test_warns_of_what_may_surprise_and_of_nothing_else(line, zone, after, warning):
    assert of(line, zone, datetime.fromisoformat(after))["warnings"] == ([warning] if warning else [])


def test_a_time_that_every_clock_change_leaves_out_never_fires_and_says_why():
    answer = of("*/30 2 8-14 3 sun", "America/New_York")
    assert answer["next"] == []
    assert answer["warnings"][0] == "Never fires: none of its times is later than 2026-11-24 16:20"
    assert "2027-03-14" in answer["warnings"][1]


def test_an_end_before_the_first_time_never_fires():
    assert of("0 0 1 1 *", expires="2026-12-31T23:59")["warnings"] == [
        "Never fires: it expires before the first time, which would be 2027-01-01 00:00"
    ]


def test_many_warnings_are_cut():
    warnings = of("30 2 * * *", count=10_000)["warnings"]
    assert len(warnings) == 11
    assert warnings[-1] == "And 45 more like this"


def test_a_leap_day_on_a_weekday_is_found_over_a_century_without_one():
    fires = of("0 0 29 2 mon", "UTC", datetime(2072, 3, 1, tzinfo=UTC), count=2)["next"]
    assert fires == ["2112-02-29T00:00:00+00:00", "2140-02-29T00:00:00+00:00"]


def test_a_moment_without_offset_is_no_moment():
    rule = read_schedule({"type": "crontab", "conf": {}}, anchor=AFTER)
    with pytest.raises(ValueError, match="has no offset"):
        preview(rule, datetime(2026, 1, 1), 1)
