"""What stands around all kinds and can't be, by field. Each row: what is wrong and words that the answer must have."""

import pytest

from tests.support.refusals import MOMENT, NOW, assert_refused
from walkabout.periodic.rules.schedule import read_schedule
from walkabout.problems import Invalid

HOURLY = {"type": "interval", "conf": {"every": 1, "period": "hours"}}
CLOCKED_ONCE = {"type": "clocked", "conf": {"clocked_time": "2030-12-24T18:00:00Z"}}
OUTSIDE = [
    (None, "schedule", "null is not an object; use one with type, conf, one_off, start_time or expires"),
    ([], "schedule", "[] is not an object"),
    ("hourly", "schedule", '"hourly" is not an object'),
    ({}, "schedule.type", "missing; use clocked, crontab, interval or solar"),
    ({"type": "interval"}, "schedule.conf", "missing; use the fields of the kind"),
    (HOURLY | {"type": "intervall"}, "schedule.type", "did you mean interval? Use clocked, crontab, interval or solar"),
    (HOURLY | {"type": "Crontab"}, "schedule.type", "did you mean crontab?"),
    (HOURLY | {"type": "daily"}, "schedule.type", '"daily" is not a kind of schedule'),
    (HOURLY | {"type": ""}, "schedule.type", '"" is not a kind of schedule'),
    (HOURLY | {"type": None}, "schedule.type", "null is not a kind of schedule"),
    (HOURLY | {"type": 1}, "schedule.type", "1 is not a kind of schedule"),
    (HOURLY | {"type": ["interval"]}, "schedule.type", '["interval"] is not a kind of schedule'),
    (HOURLY | {"oneoff": True}, "schedule.oneoff", "unknown, did you mean one_off?"),
    (HOURLY | {"start": "2030-01-01T00:00"}, "schedule.start", "unknown, did you mean start_time?"),
    (HOURLY | {"timezone": "UTC"}, "schedule.timezone", "unknown; use type, conf"),
    (HOURLY | {"every": 5}, "schedule.every", "unknown"),
    (HOURLY | {"one_off": 1}, "schedule.one_off", "1 is not a boolean; use true or false"),
    (HOURLY | {"one_off": 0}, "schedule.one_off", "0 is not a boolean"),
    (HOURLY | {"one_off": "true"}, "schedule.one_off", '"true" is not a boolean'),
    (HOURLY | {"one_off": None}, "schedule.one_off", "null is not a boolean"),
    (HOURLY | {"start_time": "soon"}, "schedule.start_time", f'"soon" {MOMENT}'),
    (HOURLY | {"start_time": "2030-01-01"}, "schedule.start_time", MOMENT),
    (HOURLY | {"start_time": ""}, "schedule.start_time", MOMENT),
    (HOURLY | {"start_time": 1_900_000_000}, "schedule.start_time", MOMENT),
    (HOURLY | {"start_time": True}, "schedule.start_time", MOMENT),
    (HOURLY | {"expires": "2030-02-30T00:00:00Z"}, "schedule.expires", MOMENT),
    (HOURLY | {"expires": 60}, "schedule.expires", MOMENT),
    (HOURLY | {"expires": {}}, "schedule.expires", MOMENT),
    (
        CLOCKED_ONCE | {"one_off": False},
        "schedule.one_off",
        "false is not possible, because this kind always fires once",
    ),
    (CLOCKED_ONCE | {"one_off": "false"}, "schedule.one_off", "is not a boolean"),
]
BOUNDS = [
    ("2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
    ("2030-01-01T00:00:00Z", "2029-12-31T23:59:59Z"),
    ("2030-01-01T00:00:00+01:00", "2029-12-31T23:00:00Z"),
    ("2030-01-01T00:00:00", "2030-01-01T00:30:00+01:00"),
]
ZONES = [
    ("Europe/Berln", '"Europe/Berln" is not a time zone, did you mean Europe/Berlin? Use an IANA name'),
    ("europe/berlin", "did you mean Europe/Berlin?"),
    ("Berlin", "did you mean Europe/Berlin?"),
    ("Asia/Calcuta", "did you mean Asia/Calcutta?"),
    ("Mars/Olympus", '"Mars/Olympus" is not a time zone'),
    ("", '"" is not a time zone; use an IANA name like Europe/Berlin or UTC'),
    ("+01:00", "is not a time zone"),
    ("Europe", "is not a time zone"),
    ("../UTC", "is not a time zone"),
    ("/etc/localtime", "is not a time zone"),
    ("right/Europe/Berlin", "is not a time zone"),
    ("posix/UTC", "is not a time zone"),
    ("localtime", "is not a time zone"),
    ("UTC\x00", "is not a time zone"),
    (" UTC", "is not a time zone"),
    (None, "null is not a time zone"),
    (1, "1 is not a time zone"),
    (["UTC"], '["UTC"] is not a time zone'),
]


@pytest.mark.parametrize(("schedule", "field", "words"), OUTSIDE)
def test_what_stands_around_the_kind_is_refused_by_its_field(schedule, field, words):
    assert_refused(schedule, field, words)


@pytest.mark.parametrize(("start_time", "expires"), BOUNDS)
def test_expires_that_is_not_after_start_time_is_refused(start_time, expires):
    schedule = HOURLY | {"start_time": start_time, "expires": expires}
    assert_refused(schedule, "schedule.expires", "is not after start_time; use a later moment", "America/New_York")


@pytest.mark.parametrize(("name", "words"), ZONES)
def test_an_unknown_zone_is_refused(name, words):
    assert_refused(HOURLY, "timezone", words, name)


def test_every_wrong_field_is_named_at_once():
    schedule = {"type": "crontab", "conf": {"minute": "61", "hour": "24", "day": "1"}, "one_off": 1, "expires": ""}
    with pytest.raises(Invalid) as refused:
        read_schedule(schedule, "Nowhere", anchor=NOW)
    assert [problem.path for problem in refused.value.problems] == [
        "timezone",
        "schedule.one_off",
        "schedule.expires",
        "schedule.conf.day",
    ]
