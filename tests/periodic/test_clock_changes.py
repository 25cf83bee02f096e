"""Crontabs when the clock is changed: a table of the rule, zone by zone. Each row: the last fire, the next."""

from datetime import datetime

import pytest

from walkabout.periodic.rules.schedule import read_schedule

GAPS_OF_FIXED_TIMES = [
    ("30 2 * * *", "Europe/Berlin", "2026-03-28T02:30+01:00", "2026-03-29T03:00+02:00"),  # right after the gap
    ("30 2 * * *", "Europe/Berlin", "2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"),  # and the next day as ever
    ("0 2 * * *", "Europe/Berlin", "2026-03-28T02:00+01:00", "2026-03-29T03:00+02:00"),  # first missing minute
    ("59 2 * * *", "Europe/Berlin", "2026-03-28T02:59+01:00", "2026-03-29T03:00+02:00"),  # last missing minute
    ("59 1 * * *", "Europe/Berlin", "2026-03-28T01:59+01:00", "2026-03-29T01:59+01:00"),  # last minute before
    ("0 3 * * *", "Europe/Berlin", "2026-03-28T03:00+01:00", "2026-03-29T03:00+02:00"),  # first minute after
    ("0,30 2,3 * * *", "Europe/Berlin", "2026-03-29T03:00+02:00", "2026-03-29T03:30+02:00"),  # merged with 03:00
    ("30 2 29 3 *", "Europe/Berlin", "2025-12-01T00:00+01:00", "2026-03-29T03:00+02:00"),  # that day only
    ("30 2 * * sun", "Europe/Berlin", "2026-03-22T02:30+01:00", "2026-03-29T03:00+02:00"),
    ("30 2 * * mon", "Europe/Berlin", "2026-03-23T02:30+01:00", "2026-03-30T02:30+02:00"),  # Sunday's gap is not its
    ("30 2 * * *", "America/New_York", "2026-03-08T01:59-05:00", "2026-03-08T03:00-04:00"),
    ("30 2 8-14 3 sun", "America/New_York", "2026-03-08T03:00-04:00", "2027-03-14T03:00-04:00"),  # missing each year
    ("15 2 * * *", "Australia/Lord_Howe", "2026-10-04T01:59+10:30", "2026-10-04T02:30+11:00"),  # half an hour
    ("30 2 * * *", "Australia/Lord_Howe", "2026-10-04T01:59+10:30", "2026-10-04T02:30+11:00"),
    ("45 2 * * *", "Australia/Lord_Howe", "2026-10-03T02:45+10:30", "2026-10-04T02:45+11:00"),  # exists
    ("0 0 * * *", "Africa/Cairo", "2027-04-29T00:00+02:00", "2027-04-30T01:00+03:00"),  # midnight
    ("0 0 * * fri", "Africa/Cairo", "2027-04-23T00:00+02:00", "2027-04-30T01:00+03:00"),
    ("0 0 * * thu", "Africa/Cairo", "2027-04-29T00:00+02:00", "2027-05-06T00:00+03:00"),
    ("30 0 30 4 *", "Africa/Cairo", "2026-12-01T00:00+02:00", "2027-04-30T01:00+03:00"),
    ("0 0 * * *", "America/Santiago", "2026-09-05T00:00-04:00", "2026-09-06T01:00-03:00"),
    ("15 0 * * *", "America/Havana", "2027-03-13T00:15-05:00", "2027-03-14T01:00-04:00"),
    ("30 0 * * *", "Asia/Beirut", "2027-03-27T00:30+02:00", "2027-03-28T01:00+03:00"),
    ("30 0 * * *", "Atlantic/Azores", "2026-03-28T00:30-01:00", "2026-03-29T01:00+00:00"),
    ("30 23 * * *", "America/Nuuk", "2027-03-26T23:30-02:00", "2027-03-28T00:00-01:00"),  # the next day's first moment
    ("30 23 * * sat", "America/Nuuk", "2027-03-20T23:30-02:00", "2027-03-28T00:00-01:00"),  # a Sunday, for Saturday
    ("0 23 * * *", "America/Scoresbysund", "2026-03-27T23:00-02:00", "2026-03-29T00:00-01:00"),
    ("30 22 * * *", "Pacific/Easter", "2026-09-04T22:30-06:00", "2026-09-05T23:00-05:00"),
    ("15 3 * * *", "Pacific/Chatham", "2026-09-26T03:15+12:45", "2026-09-27T03:45+13:45"),
    ("45 2 * * *", "Pacific/Chatham", "2026-09-26T02:45+12:45", "2026-09-27T03:45+13:45"),
    ("30 1 * * *", "Antarctica/Troll", "2026-03-28T01:30+00:00", "2026-03-29T03:00+02:00"),  # two hours
    ("59 2 * * *", "Antarctica/Troll", "2026-03-28T02:59+00:00", "2026-03-29T03:00+02:00"),
    ("0,59 1,2 * * *", "Antarctica/Troll", "2026-03-29T03:00+02:00", "2026-03-30T01:00+02:00"),
    ("30 2 * * *", "Asia/Jerusalem", "2026-03-26T02:30+02:00", "2026-03-27T03:00+03:00"),
    ("45 2 * * *", "America/Caracas", "2016-04-30T02:45-04:30", "2016-05-01T03:00-04:00"),
    ("45 23 * * *", "Asia/Pyongyang", "2018-05-03T23:45+08:30", "2018-05-05T00:00+09:00"),
    ("5 0 * * *", "Asia/Kathmandu", "1985-12-31T00:05+05:30", "1986-01-01T00:15+05:45"),  # a quarter of an hour
    ("30 0 * * *", "America/St_Johns", "2010-03-13T00:30-03:30", "2010-03-14T01:01-02:30"),  # at one minute past
    ("30 0 * * *", "Africa/Monrovia", "1972-01-06T00:30-00:44:30", "1972-01-07T00:44:30+00:00"),  # seconds
    ("0 12 * * *", "Pacific/Apia", "2011-12-29T12:00-10:00", "2011-12-31T00:00+14:00"),  # a whole day is missing
    ("0 12 30 12 *", "Pacific/Apia", "2011-06-01T00:00-11:00", "2011-12-31T00:00+14:00"),
    ("0 12 * * *", "Pacific/Apia", "2011-12-31T00:00+14:00", "2011-12-31T12:00+14:00"),
    ("0,30 0-23 30 12 *", "Pacific/Apia", "2011-12-31T00:00+14:00", "2012-12-30T00:00+14:00"),  # 48 times, one fire
    ("0 8 * * *", "Pacific/Kwajalein", "1993-08-20T08:00-12:00", "1993-08-22T00:00+12:00"),
]
DOUBLED_FIXED_TIMES = [
    ("30 2 * * *", "Europe/Berlin", "2026-10-24T02:30+02:00", "2026-10-25T02:30+02:00"),  # the first
    ("30 2 * * *", "Europe/Berlin", "2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"),  # and only the first
    ("30 2 * * *", "Europe/Berlin", "2026-10-25T02:10+01:00", "2026-10-26T02:30+01:00"),  # asked in the second pass
    ("0 3 * * *", "Europe/Berlin", "2026-10-25T02:59+02:00", "2026-10-25T03:00+01:00"),  # after both passes
    ("0-59/30 2 * * *", "Europe/Berlin", "2026-10-25T02:30+02:00", "2026-10-26T02:00+01:00"),  # no wildcard
    ("0 0-23 * * *", "Europe/Berlin", "2026-10-25T02:00+02:00", "2026-10-25T03:00+01:00"),  # no wildcard: hourly, once
    ("30 2 25 10 *", "Europe/Berlin", "2026-10-25T02:30+02:00", "2027-10-25T02:30+02:00"),
    ("30 1 1-7 11 sun", "America/New_York", "2026-11-01T01:30-04:00", "2027-11-07T01:30-04:00"),
    ("45 1 * * *", "Australia/Lord_Howe", "2027-04-04T01:45+11:00", "2027-04-05T01:45+10:30"),
    ("30 1 * * *", "Australia/Lord_Howe", "2027-04-04T01:30+11:00", "2027-04-05T01:30+10:30"),
    ("0 2 * * *", "Australia/Lord_Howe", "2027-04-04T01:45+11:00", "2027-04-04T02:00+10:30"),
    ("30 23 * * *", "Africa/Cairo", "2026-10-29T23:30+03:00", "2026-10-30T23:30+02:00"),
    ("0 0 * * *", "Africa/Cairo", "2026-10-29T23:30+03:00", "2026-10-30T00:00+02:00"),
    ("0 0 * * *", "America/Havana", "2026-11-01T00:00-04:00", "2026-11-02T00:00-05:00"),
    ("30 23 * * sat", "America/Santiago", "2027-04-03T23:30-03:00", "2027-04-10T23:30-04:00"),
    ("15 3 * * *", "Pacific/Chatham", "2027-04-04T03:15+13:45", "2027-04-05T03:15+12:45"),
    ("30 1 * * *", "Antarctica/Troll", "2026-10-25T01:30+02:00", "2026-10-26T01:30+00:00"),
    ("30 23 * * *", "America/St_Johns", "2010-11-06T23:30-02:30", "2010-11-07T23:30-03:30"),
    ("0 0 * * *", "America/St_Johns", "2010-11-07T00:00-02:30", "2010-11-08T00:00-03:30"),  # a midnight that came twice
]
TIMES_THAT_FOLLOW = [
    ("30 * * * *", "Europe/Berlin", "2026-03-29T01:30+01:00", "2026-03-29T03:30+02:00"),
    ("*/30 2 * * *", "Europe/Berlin", "2026-03-28T02:30+01:00", "2026-03-30T02:00+02:00"),  # left out
    ("* 2 29 3 *", "Europe/Berlin", "2025-03-29T02:59+01:00", "2027-03-29T02:00+02:00"),  # left out with its year
    ("30 */2 * * *", "Europe/Berlin", "2026-03-29T00:30+01:00", "2026-03-29T04:30+02:00"),
    ("30 * * * *", "Europe/Berlin", "2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"),
    ("30 * * * *", "Europe/Berlin", "2026-10-25T02:30+01:00", "2026-10-25T03:30+01:00"),
    ("*/30 2 * * *", "Europe/Berlin", "2026-10-25T02:30+02:00", "2026-10-25T02:00+01:00"),
    ("*/20,5 2 * * *", "Europe/Berlin", "2026-10-25T02:40+02:00", "2026-10-25T02:00+01:00"),  # starts with a star
    ("30 *,2 * * *", "Europe/Berlin", "2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"),
    ("5,*/20 2 * * *", "Europe/Berlin", "2026-10-25T02:40+02:00", "2026-10-26T02:00+01:00"),  # doesn't start with it
    ("*/20 * * * *", "Australia/Lord_Howe", "2026-10-04T01:40+10:30", "2026-10-04T02:40+11:00"),
    ("*/20 * * * *", "Australia/Lord_Howe", "2027-04-04T01:40+11:00", "2027-04-04T01:40+10:30"),
    ("0 */3 * * 5,6", "Africa/Cairo", "2027-04-24T21:00+02:00", "2027-04-30T03:00+03:00"),
    ("0 * * * *", "Pacific/Chatham", "2026-09-27T02:00+12:45", "2026-09-27T04:00+13:45"),
    ("0 * * * *", "Antarctica/Troll", "2026-03-29T00:00+00:00", "2026-03-29T03:00+02:00"),
    ("0 * * * *", "Antarctica/Troll", "2026-10-25T02:00+02:00", "2026-10-25T01:00+00:00"),
    ("0 */12 * * *", "Pacific/Apia", "2011-12-29T12:00-10:00", "2011-12-31T00:00+14:00"),
    ("* 12 30 12 *", "Pacific/Apia", "2010-12-30T12:59-10:00", "2012-12-30T12:00+14:00"),
    ("*/30 * * * *", "America/St_Johns", "2010-11-07T00:00-02:30", "2010-11-06T23:30-03:30"),  # back over midnight
    ("*/5 0 * * *", "Asia/Kathmandu", "1985-12-31T00:55+05:30", "1986-01-01T00:15+05:45"),
]


@pytest.mark.parametrize(("line", "zone", "last", "then"), GAPS_OF_FIXED_TIMES)
def test_a_fixed_time_in_a_gap_fires_at_its_end(line, zone, last, then):
    assert next_after(line, zone, last) == datetime.fromisoformat(then)


@pytest.mark.parametrize(("line", "zone", "last", "then"), DOUBLED_FIXED_TIMES)
def test_a_fixed_time_that_comes_twice_fires_once(line, zone, last, then):
    assert next_after(line, zone, last) == datetime.fromisoformat(then)


@pytest.mark.parametrize(("line", "zone", "last", "then"), TIMES_THAT_FOLLOW)
def test_a_wildcard_follows_real_time(line, zone, last, then):
    assert next_after(line, zone, last) == datetime.fromisoformat(then)


def next_after(line, zone, last):
    minute, hour, day, month, weekday = line.split()
    conf = {"minute": minute, "hour": hour, "day_of_month": day, "month_of_year": month, "day_of_week": weekday}
    last = datetime.fromisoformat(last)
    return read_schedule({"type": "crontab", "conf": conf}, zone, anchor=last).next_after(last)
