"""Reading a whole schedule: the part around all kinds."""

from datetime import UTC, datetime

import pytest

from walkabout.periodic.rules.schedule import read_schedule, schedule_schema

ANCHOR = datetime(2026, 11, 24, 21, 20, tzinfo=UTC)
DAILY = {"type": "crontab", "conf": {"minute": 0, "hour": 3}}


def test_cron_is_accepted_for_crontab():
    assert read_schedule(DAILY | {"type": "cron"}, anchor=ANCHOR).as_json()["type"] == "crontab"


@pytest.mark.parametrize("field", ["start_time", "expires"])
def test_a_bound_that_is_null_is_none(field):
    assert getattr(read_schedule(DAILY | {field: None}, anchor=ANCHOR), field) is None


def test_a_bound_without_offset_is_on_the_zones_clock():
    rule = read_schedule(DAILY | {"start_time": "2026-12-01T00:00"}, "Asia/Kathmandu", anchor=ANCHOR)
    assert rule.start_time == datetime(2026, 11, 30, 18, 15, tzinfo=UTC)


def test_fields_left_out_are_stars():
    rule = read_schedule({"type": "crontab", "conf": {}}, anchor=ANCHOR)
    assert set(rule.as_json()["conf"].values()) == {"*"}


@pytest.mark.parametrize("minute", ["5", 5, 5.0, "05", " 5 ", "5,5", "5-5"])
def test_a_number_is_the_same_as_text_and_as_a_whole_float(minute):
    rule = read_schedule({"type": "crontab", "conf": {"minute": minute}}, anchor=ANCHOR)
    assert rule.next_after(ANCHOR) == datetime(2026, 11, 24, 22, 5, tzinfo=UTC)


@pytest.mark.parametrize("sunday", ["0", "7", 0, 7, "sun", "SUN", "Sun", "7-7", "0,7", "*/7"])
def test_sunday_is_0_and_7_and_its_name_in_any_case(sunday):
    rule = read_schedule({"type": "crontab", "conf": {"hour": 0, "minute": 0, "day_of_week": sunday}}, anchor=ANCHOR)
    assert rule.next_after(ANCHOR) == datetime(2026, 11, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "text"), [("day_of_week", "5-7"), ("day_of_week", "fri-sat,sun"), ("day_of_week", "fri-7")]
)
def test_a_weekend_may_end_in_7(field, text):
    rule = read_schedule({"type": "crontab", "conf": {"hour": 0, "minute": 0, field: text}}, anchor=ANCHOR)
    days = [fire.isoweekday() for fire, _ in zip(rule.fires_after(ANCHOR), range(4), strict=False)]
    assert days == [5, 6, 7, 5]


def test_its_json_is_complete_and_carries_offsets():
    schedule = DAILY | {"start_time": "2026-12-01T00:00"}
    assert read_schedule(schedule, "Europe/Berlin", anchor=ANCHOR).as_json() == {
        "type": "crontab",
        "conf": {"minute": 0, "hour": 3, "day_of_week": "*", "day_of_month": "*", "month_of_year": "*"},
        "one_off": False,
        "start_time": "2026-12-01T00:00:00+01:00",
        "expires": None,
    }


def test_its_bounds_are_in_its_words():
    schedule = DAILY | {"start_time": "2026-12-01T00:00", "expires": "2027-12-01T00:00:30", "one_off": True}
    assert read_schedule(schedule, anchor=ANCHOR).describe() == (
        "Every day at 03:00 (UTC), from 2026-12-01 00:00 on, until 2027-12-01 00:00:30, once"
    )


def test_a_year_later_than_can_be_reckoned_with_has_no_fire():
    assert read_schedule(DAILY, anchor=ANCHOR).next_after(datetime(9998, 1, 1, tzinfo=UTC)) is None


def test_its_schema_has_one_form_for_each_kind():
    forms = schedule_schema()["oneOf"]
    assert [form["properties"]["type"]["enum"] for form in forms] == [
        ["clocked"],
        ["crontab", "cron"],
        ["interval"],
        ["solar"],
    ]
    assert forms[2]["properties"]["conf"]["properties"]["every"]["minimum"] == 1
