"""Confs that can't be: a table by kind and field. Each row: the wrong value and words that the answer must have."""

import re

import pytest

from tests.support.refusals import MOMENT, NOW, assert_refused
from walkabout.periodic.rules.schedule import read_schedule
from walkabout.problems import Invalid

MINUTE = "is not a minute; use 0 to 59, a list, a range or */step"
HOUR = "is not an hour; use 0 to 23, a list, a range or */step"
WEEKDAY = "is not a day of the week; use 0 to 7 (0 and 7 are Sunday), sun to sat, a list, a range or */step"
DAY = "is not a day of the month; use 1 to 31, a list, a range or */step"
MONTH = "is not a month; use 1 to 12, jan to dec, a list, a range or */step"
LATITUDE = "is not a latitude; use a number of degrees from -90 to 90, north positive"
LONGITUDE = "is not a longitude; use a number of degrees from -180 to 180, east positive"

CRONTAB = {
    "minute": [
        ("60", f'"60" {MINUTE}'),
        ("61", f'"61" {MINUTE}'),
        ("-1", f'"-1" {MINUTE}'),
        (60, f'"60" {MINUTE}'),
        (-1, f'"-1" {MINUTE}'),
        (5.5, f"5.5 {MINUTE}"),
        (True, f"true {MINUTE}"),
        (None, f"null {MINUTE}"),
        ([], f"[] {MINUTE}"),
        ({}, f"{{}} {MINUTE}"),
        ([1, 2], f"[1, 2] {MINUTE}"),
        (float("nan"), f"NaN {MINUTE}"),
        (float("inf"), f"Infinity {MINUTE}"),
        ("", '"" has no value; use 0 to 59'),
        (" ", '"" has no value'),
        (",", '"," has an empty item in its list'),
        ("1,,2", '"1,,2" has an empty item'),
        ("1,", '"1," has an empty item'),
        (",1", '",1" has an empty item'),
        ("*/0", '"*/0" steps by 0; use a step from 1 to 59'),
        ("*/60", '"*/60" steps by 60; use a step from 1 to 59'),
        ("*/99999999999999999999", MINUTE),
        ("0-30/0", "steps by 0"),
        ("0-30/60", "steps by 60"),
        ("*/", f'"*/" {MINUTE}'),
        ("*/-5", MINUTE),
        ("*/2.5", MINUTE),
        ("*/a", MINUTE),
        ("*/5/5", MINUTE),
        ("/5", MINUTE),
        ("5/15", '"5/15" is a step without a range; use a range like 5-59/15, or */15'),
        ("59/15", "a range like 59/15"),
        ("30-10", '"30-10" runs backwards; write two: 30-59,0-10'),
        ("1-60", '"60" in "1-60" is not a minute'),
        ("1-", f'"1-" {MINUTE}'),
        ("-5", MINUTE),
        ("1-2-3", MINUTE),
        ("*-5", MINUTE),
        ("5-*", MINUTE),
        ("**", MINUTE),
        ("5,61", f'"61" {MINUTE}'),
        ("mon", '"mon" is not a minute: it belongs in day_of_week; use 0 to 59'),
        ("jan", "it belongs in month_of_year"),
        ("a", MINUTE),
        ("1.5", MINUTE),
        ("0x1", MINUTE),
        ("1_0", MINUTE),
        ("+5", MINUTE),
        ("٣", MINUTE),
        ("½", MINUTE),
        ("?", MINUTE),
        ("L", MINUTE),
        ("@hourly", MINUTE),
        ("1;2", MINUTE),
        ("*/5 * * * *", "is more than one field"),
        ("1 2", '"1 2" is more than one field'),
        ("1 - 5", "is more than one field"),
        ("0" * 501, "is too long; use at most 500 characters"),
        ("1\x00", MINUTE),
    ],
    "hour": [
        ("24", f'"24" {HOUR}'),
        (24, f'"24" {HOUR}'),
        (-1, HOUR),
        (False, f"false {HOUR}"),
        (None, HOUR),
        (0.5, HOUR),
        ("", "has no value"),
        ("*/24", '"*/24" steps by 24; use a step from 1 to 23'),
        ("*/0", "steps by 0"),
        ("22-5", '"22-5" runs backwards; write two: 22-23,0-5'),
        ("23-0", '"23-0" runs backwards; write two: 23,0'),
        ("8/2", "a range like 8-23/2, or */2"),
        ("0-24", '"24" in "0-24" is not an hour'),
        ("3am", HOUR),
        ("03:00", HOUR),
        ("noon", HOUR),
        ("sat", "it belongs in day_of_week"),
    ],
    "day_of_week": [
        ("8", f'"8" {WEEKDAY}'),
        (8, f'"8" {WEEKDAY}'),
        (-1, WEEKDAY),
        (True, WEEKDAY),
        (None, WEEKDAY),
        ("", "has no value"),
        ("fri-sun", '"fri-sun" runs backwards; write two: fri-sat,sun'),
        ("sat-mon", '"sat-mon" runs backwards; write two: sat,sun-mon'),
        ("6-0", '"6-0" runs backwards; write two: 6-7,0'),
        ("5-1", "runs backwards; write two: 5-7,0-1"),
        ("7-1", "runs backwards; write two: 7,0-1"),
        ("sat-sun", "write two: sat,sun"),
        ("*/8", "steps by 8; use a step from 1 to 7"),
        ("*/0", "steps by 0"),
        ("mon/2", '"mon/2" is a step without a range; use a range like mon-sat/2, or */2'),
        ("jan", "it belongs in month_of_year"),
        ("monday", '"monday" is not a day of the week, did you mean mon? Use 0 to 7'),
        ("mom", "did you mean mon?"),
        ("mo", "is not a day of the week"),
        ("mon,tues", "did you mean tue?"),
        ("mon-frii", '"frii" in "mon-frii" is not a day of the week, did you mean fri?'),
        ("mon#1", WEEKDAY),
        ("5L", WEEKDAY),
        ("mon fri", "is more than one field"),
        ("weekdays", "is not a day of the week"),
    ],
    "day_of_month": [
        ("0", f'"0" {DAY}'),
        (0, f'"0" {DAY}'),
        ("32", DAY),
        (32, DAY),
        (-1, DAY),
        (1.5, DAY),
        (True, DAY),
        (None, DAY),
        ("", "has no value"),
        ("0-5", '"0" in "0-5" is not a day of the month'),
        ("*/32", "steps by 32; use a step from 1 to 31"),
        ("*/0", "steps by 0"),
        ("28-3", '"28-3" runs backwards; write two: 28-31,1-3'),
        ("1/7", "a range like 1-31/7, or */7"),
        ("L", DAY),
        ("last", DAY),
        ("15W", DAY),
        ("mon", "it belongs in day_of_week"),
        ("1st", DAY),
    ],
    "month_of_year": [
        ("0", f'"0" {MONTH}'),
        ("13", f'"13" {MONTH}'),
        (13, MONTH),
        (0, MONTH),
        (True, MONTH),
        (None, MONTH),
        ("", "has no value"),
        ("*/13", "steps by 13; use a step from 1 to 12"),
        ("*/0", "steps by 0"),
        ("nov-feb", '"nov-feb" runs backwards; write two: nov-dec,jan-feb'),
        ("dec-jan", "write two: dec,jan"),
        ("11-2", "runs backwards; write two: 11-12,1-2"),
        ("jan/3", "a range like jan-dec/3"),
        ("mon", "it belongs in day_of_week"),
        ("june", "did you mean jun?"),
        ("foo", MONTH),
    ],
}
INTERVAL = {
    "every": [
        (0, "0 is not a number of periods; use a whole number, 1 or more"),
        (-1, "-1 is not a number of periods"),
        (1.5, "1.5 is not a number of periods"),
        (0.0, "0.0 is not a number of periods"),
        (True, "true is not a number of periods"),
        (False, "false is not a number of periods"),
        (None, "null is not a number of periods"),
        ("2", '"2" is not a number of periods'),
        ("", '"" is not a number of periods'),
        ([5], "[5] is not a number of periods"),
        ({}, "{} is not a number of periods"),
        (float("nan"), "NaN is not a number of periods"),
        (float("inf"), "Infinity is not a number of periods"),
        (36_526, "36526 days is beyond 100 years; use 36525 or less"),
        (10**12, "is beyond 100 years"),
        (1e300, "is beyond 100 years"),
        (10**5000, "is beyond 100 years"),
    ],
    "period": [
        ("day", '"day" is not a period, did you mean days? Use days, hours, minutes, seconds or microseconds'),
        ("Days", "did you mean days?"),
        ("weeks", '"weeks" is not a period'),
        ("months", '"months" is not a period'),
        ("milliseconds", "did you mean microseconds?"),
        ("", '"" is not a period; use days'),
        (1, "1 is not a period"),
        (None, "null is not a period"),
        (["days"], '["days"] is not a period'),
    ],
}
SOLAR = {
    "event": [
        ("sunris", "did you mean sunrise? Use dawn_astronomical, dawn_nautical, dawn_civil, sunrise"),
        ("Sunset", "did you mean sunset?"),
        ("noon", '"noon" is not a solar event'),
        ("dusk", "is not a solar event"),
        ("moonrise", "is not a solar event"),
        ("", '"" is not a solar event; use'),
        (None, "null is not a solar event"),
        (3, "3 is not a solar event"),
        ({}, "{} is not a solar event"),
    ],
    "latitude": [
        (90.0001, f"90.0001 {LATITUDE}"),
        (-91, f"-91 {LATITUDE}"),
        (10**400, LATITUDE),
        (float("nan"), f"NaN {LATITUDE}"),
        (float("-inf"), LATITUDE),
        ("52.5", f'"52.5" {LATITUDE}'),
        ("52N", LATITUDE),
        ("", LATITUDE),
        (True, LATITUDE),
        (None, LATITUDE),
        ([52], LATITUDE),
    ],
    "longitude": [
        (180.5, f"180.5 {LONGITUDE}"),
        (-181, LONGITUDE),
        (360, LONGITUDE),
        (float("nan"), LONGITUDE),
        ("13", LONGITUDE),
        (False, LONGITUDE),
        (None, LONGITUDE),
    ],
}
CLOCKED = {
    "clocked_time": [
        ("tomorrow", f'"tomorrow" {MOMENT}'),
        ("", f'"" {MOMENT}'),
        ("2030-12-24", MOMENT),
        ("18:00", MOMENT),
        ("24.12.2030 18:00", MOMENT),
        ("2030-13-01T00:00:00Z", MOMENT),
        ("2030-02-29T00:00:00Z", MOMENT),
        ("2030-12-24T24:00:00Z", MOMENT),
        ("2030-12-24T18:60:00Z", MOMENT),
        ("2030-12-24T18:00:00+25:00", MOMENT),
        ("2030-12-24T18:00:00 Europe/Berlin", MOMENT),
        ("2030-12-24T18:00:00Z ", MOMENT),
        ("2030-W52-2T18:00", MOMENT),
        ("20301224T180000Z", MOMENT),
        ("0001-01-01T00:00:00+14:00", MOMENT),
        ("9999-12-31T23:59:59-12:00", MOMENT),
        ("٢٠٣٠-12-24T18:00:00Z", MOMENT),
        (1_924_365_600, MOMENT),
        (True, MOMENT),
        (None, MOMENT),
        (["2030-12-24T18:00:00Z"], MOMENT),
        ("2026-11-24T21:19:59Z", "2026-11-24T21:19:59+00:00 is past; use a later moment, or run it now"),
        ("2026-11-24T21:20:00Z", "is past"),
        ("2020-01-01 00:00", "is past"),
    ],
}
CONFS = {
    "crontab": ({}, CRONTAB),
    "interval": ({"every": 1, "period": "days"}, INTERVAL),
    "solar": ({"event": "sunset", "latitude": 52.5, "longitude": 13.4}, SOLAR),
    "clocked": ({"clocked_time": "2030-12-24T18:00:00Z"}, CLOCKED),
}
ROWS = [
    pytest.param(
        kind, {**conf, field: value}, f"schedule.conf.{field}", words, id=f"{kind} {field} {str(value)[:30]!a}"[:60]
    )
    for kind, (conf, table) in CONFS.items()
    for field, rows in table.items()
    for value, words in rows
    if not isinstance(value, int) or abs(value) < 10**4000
]
IMPOSSIBLE_DAYS = [("30", "2"), ("30,31", "feb"), ("31", "4"), ("31", "apr,jun,sep,nov"), ("31", "2,4"), ("30-31", "2")]
UNKNOWN = [
    ("interval", {"evry": 1, "every": 1, "period": "days"}, "schedule.conf.evry", "unknown, did you mean every?"),
    ("interval", {"minute": 1, "every": 1, "period": "days"}, "schedule.conf.minute", "unknown; use every or period"),
    ("crontab", {"minutes": "5"}, "schedule.conf.minutes", "unknown, did you mean minute?"),
    ("crontab", {"weekday": "5"}, "schedule.conf.weekday", "unknown"),
    ("crontab", {"second": "5"}, "schedule.conf.second", "unknown"),
    ("crontab", {"year": "2030"}, "schedule.conf.year", "unknown"),
    ("crontab", {"timezone": "UTC"}, "schedule.conf.timezone", "unknown"),
    ("solar", {**CONFS["solar"][0], "lat": 5}, "schedule.conf.lat", "unknown, did you mean latitude?"),
    ("clocked", {**CONFS["clocked"][0], "time": 5}, "schedule.conf.time", "unknown; use clocked_time"),
    ("interval", {"period": "days"}, "schedule.conf.every", "missing; use a whole number, 1 or more"),
    ("interval", {"every": 1}, "schedule.conf.period", "missing; use days, hours"),
    ("interval", {}, "schedule.conf.every", "missing"),
    ("solar", {"latitude": 1, "longitude": 1}, "schedule.conf.event", "missing"),
    ("solar", {"event": "sunset", "longitude": 1}, "schedule.conf.latitude", "missing"),
    ("solar", {"event": "sunset", "latitude": 1}, "schedule.conf.longitude", "missing"),
    ("clocked", {}, "schedule.conf.clocked_time", "missing; use a date with a time"),
    ("crontab", [], "schedule.conf", "[] is not an object; use the fields of the kind"),
    ("crontab", "* * * * *", "schedule.conf", '"* * * * *" is not an object'),
    ("crontab", None, "schedule.conf", "null is not an object"),
    ("interval", 5, "schedule.conf", "5 is not an object"),
]


@pytest.mark.parametrize(("kind", "conf", "field", "words"), ROWS)
def test_a_wrong_value_is_refused_by_its_field(kind, conf, field, words):
    assert_refused({"type": kind, "conf": conf}, field, words)


@pytest.mark.parametrize(("kind", "conf", "field", "words"), UNKNOWN)
def test_unknown_and_missing_fields_are_refused(kind, conf, field, words):
    assert_refused({"type": kind, "conf": conf}, field, words)


@pytest.mark.parametrize(("day", "month"), IMPOSSIBLE_DAYS)
def test_a_day_that_no_month_has_is_refused(day, month):
    conf = {"day_of_month": day, "month_of_year": month}
    assert_refused({"type": "crontab", "conf": conf}, "schedule.conf.day_of_month", "is a day that no month")


def test_a_number_of_thousands_of_digits_is_refused_without_its_digits():
    schedule = {"type": "interval", "conf": {"every": 10**5000, "period": "days"}}
    assert_refused(schedule, "schedule.conf.every", "this int days is beyond 100 years")


def test_both_wrong_texts_of_a_crontab_are_named_at_once():
    with pytest.raises(Invalid) as refused:
        read_schedule({"type": "crontab", "conf": {"minute": "61", "hour": "24"}}, anchor=NOW)
    assert refused.value.errors == [f'schedule.conf.minute: "61" {MINUTE}', f'schedule.conf.hour: "24" {HOUR}']


def test_a_long_value_is_cut_so_that_the_remedy_stays_in_sight():
    with pytest.raises(Invalid, match=re.escape("xxx... is not a minute; use 0 to 59")):
        read_schedule({"type": "crontab", "conf": {"minute": ["x" * 10_000]}}, anchor=NOW)
