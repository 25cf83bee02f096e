"""Crontabs in zones whose clocks do odd things, against a walk over every minute; and days that came late or never."""

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest

from tests.periodic.cron_brute_force import Times, fires
from walkabout.periodic.rules.schedule import Schedule, read_schedule

FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
RANGES = {"minute": (0, 59), "hour": (0, 23), "day_of_month": (1, 31), "month_of_year": (1, 12), "day_of_week": (0, 6)}
# Zone, the day on which to begin, and crontab lines: a gap or a fold lies within the next five days.
NEAR_CHANGES = [
    ("Europe/Berlin", "2027-03-26", ["30 2 * * *", "0 3 * * *", "*/20 2 * * *", "0 0-23 * * *", "0 */2 * * *"]),
    ("Europe/Berlin", "2027-10-29", ["30 2 * * *", "*/20 2 * * *", "0 0-23 * * *", "0 */2 * * *", "15,45 * * * *"]),
    ("Europe/Dublin", "2027-03-26", ["30 1 * * *", "*/30 1 * * *"]),
    ("Europe/Dublin", "2027-10-29", ["30 1 * * *", "*/30 1 * * *"]),
    ("America/New_York", "2027-03-12", ["30 2 * * *", "59 1 * * *"]),
    ("America/New_York", "2027-11-05", ["30 1 * * *", "*/15 1 * * *"]),
    ("Australia/Lord_Howe", "2027-10-01", ["15 2 * * *", "10 2 * * *", "*/10 1-2 * * *", "0 2 * * 0"]),
    ("Australia/Lord_Howe", "2027-04-02", ["45 1 * * *", "30 1 * * *", "*/10 1-2 * * *", "0 2 * * 0"]),
    ("Africa/Cairo", "2027-04-27", ["0 0 * * *", "30 0 * * *", "*/30 0 * * *", "0 0 30 * *"]),
    ("Asia/Beirut", "2027-03-26", ["0 0 * * *", "30 0 * * *", "*/30 0 * * *"]),
    ("America/Havana", "2027-03-12", ["0 0 * * *", "30 0 * * *"]),
    ("America/Santiago", "2027-09-03", ["0 0 * * *", "30 0 * * 0"]),
    ("America/Nuuk", "2027-03-26", ["0 23 * * *", "30 22 * * *"]),
    ("America/Scoresbysund", "2027-03-26", ["30 0 * * *", "*/30 0 * * *"]),
    ("Atlantic/Azores", "2027-03-26", ["0 0 * * *", "30 0 * * *"]),
    ("Antarctica/Troll", "2027-03-26", ["0 1-3 * * *", "*/40 1-3 * * *"]),
    ("Antarctica/Troll", "2027-10-29", ["0 1-3 * * *", "*/40 1-3 * * *"]),
    ("Pacific/Chatham", "2027-09-24", ["45 2 * * *", "15 3 * * *"]),
    ("Pacific/Chatham", "2027-04-02", ["45 2 * * *", "0 3 * * *"]),
    ("Africa/Casablanca", "2027-02-05", ["30 2 * * *", "*/30 2 * * *"]),
    ("Asia/Pyongyang", "2018-05-02", ["0 0 * * *", "45 23 * * *"]),
    ("Asia/Kathmandu", "1985-12-29", ["10 0 * * *", "*/5 0 * * *"]),
    ("America/Caracas", "2016-04-29", ["45 2 * * *", "*/15 2 * * *"]),
    ("Pacific/Apia", "2011-12-27", ["0 12 * * *", "*/30 0,23 * * *", "0 12 30 * *"]),
]  # fmt: skip
CASES = [(zone, start, line) for zone, start, lines in NEAR_CHANGES for line in lines]
# Zone, from when on, the crontab, and its next fires on the clock there: written down from a calendar.
FAR = [
    ("UTC", "2027-01-01", "0 3 29 2 *", ["2028-02-29 03:00", "2032-02-29 03:00"]),
    ("UTC", "2096-03-01", "0 3 29 2 *", ["2104-02-29 03:00"]),
    ("UTC", "2027-01-01", "0 0 29 2 mon", ["2044-02-29 00:00"]),
    ("UTC", "2027-02-01", "0 0 30 1-2 *", ["2028-01-30 00:00"]),
    ("Asia/Kolkata", "2027-01-31", "0 0 31 * *", ["2027-03-31 00:00", "2027-05-31 00:00", "2027-07-31 00:00"]),
    ("UTC", "2027-01-01", "0 12 13 * fri", ["2027-08-13 12:00", "2028-10-13 12:00"]),
    ("Pacific/Apia", "2011-12-20", "0 12 * * fri", ["2011-12-23 12:00", "2011-12-31 00:00", "2012-01-06 12:00"]),
    ("Pacific/Apia", "2011-12-27", "*/30 12 30 12 *", ["2012-12-30 12:00", "2012-12-30 12:30"]),
    ("Pacific/Kiritimati", "1994-12-25", "0 9 31 12 *", ["1995-01-01 00:00", "1995-12-31 09:00"]),
    ("Pacific/Kwajalein", "1993-08-15", "0 9 21 8 *", ["1993-08-22 00:00", "1994-08-21 09:00"]),
]  # fmt: skip


def conf_of(line: str) -> dict[str, str]:
    return dict(zip(FIELDS, line.split(), strict=True))


def numbers(field: str, text: str) -> frozenset[int]:
    """What a field stands for, read again without the product: numbers, ranges and steps."""
    found: set[int] = set()
    for item in text.split(","):
        span, _, step = item.partition("/")
        low, _, high = span.partition("-")
        least, most = RANGES[field] if span == "*" else (int(low), int(high or low))
        found.update(range(least, most + 1, int(step or 1)))
    return frozenset(found)


def rule_of(line: str, zone: str) -> Schedule:
    return read_schedule({"type": "crontab", "conf": conf_of(line)}, zone, anchor=datetime(2026, 1, 1, tzinfo=UTC))


def test_there_are_enough_of_them() -> None:
    assert len(CASES) + len(FAR) >= 60


@pytest.mark.parametrize(("zone", "start", "line"), CASES)
def test_a_walk_over_every_minute_agrees(zone: str, start: str, line: str) -> None:
    conf = conf_of(line)
    order = ("minute", "hour", "day_of_week", "day_of_month", "month_of_year")
    times = Times(*(numbers(field, conf[field]) for field in order), follows=line[0] == "*" or conf["hour"][0] == "*")
    after = datetime.fromisoformat(start).replace(tzinfo=UTC)
    until = after + timedelta(days=5, hours=7)
    expected = list(fires(times, ZoneInfo(zone), after, until))
    rule = rule_of(line, zone)
    assert list(takewhile(lambda fire: fire <= until, rule.fires_after(after))) == expected
    assert rule.kind.count(after, until) == len(expected)
    assert rule.kind.latest(after, until, 3) == expected[-3:]


@pytest.mark.parametrize(("zone", "start", "line", "expected"), FAR)
def test_days_that_are_rare_skipped_or_missing(zone: str, start: str, line: str, expected: list[str]) -> None:
    rule = rule_of(line, zone)
    after = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert [rule.local_text(fire) for fire in islice(rule.fires_after(after), len(expected))] == expected
