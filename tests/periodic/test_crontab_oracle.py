"""Crontabs against two other ways to find the same times."""

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

from cronsim import CronSim
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.periodic import schedule_strategies as strategies
from tests.periodic.cron_brute_force import fires
from tests.support.examples import examples
from walkabout.periodic.rules.schedule import read_schedule
from walkabout.problems import Invalid

ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)


def rule_of(conf, zone):
    try:
        return read_schedule({"type": "crontab", "conf": conf}, zone, anchor=ANCHOR)
    except Invalid as refused:
        # Well written, but it can't be: nothing to compare.
        assume("is a day that no month of the schedule has" not in str(refused))
        raise


def assert_walk_agrees(crontab, zone, after):
    conf, times = crontab
    until = after + timedelta(days=2)
    found = list(takewhile(lambda fire: fire <= until, rule_of(conf, zone.key).fires_after(after)))
    assert found == list(fires(times, zone, after, until))


@examples(80)
@given(strategies.crontabs(every_day=True), strategies.changes())
def test_a_walk_over_every_minute_agrees_near_clock_changes(crontab, change):
    assert_walk_agrees(crontab, *change)


@examples(50)
@given(strategies.crontabs(), strategies.changes())
def test_a_walk_over_every_minute_agrees_for_all_five_fields(crontab, change):
    assert_walk_agrees(crontab, *change)


@examples(50)
@given(strategies.crontabs(), strategies.moments, st.sampled_from(["day_of_week", "day_of_month"]))
def test_cronsim_agrees_where_no_clock_changes_and_one_day_field_is_free(crontab, after, free):
    conf, times = crontab
    # cronsim gets the numbers: it reads some ranges of one number in another way.
    order = (times.minutes, times.hours, times.days, times.months, times.weekdays)
    line = [",".join(map(str, sorted(numbers))) for numbers in order]
    line[2 if free == "day_of_month" else 4] = "*"
    found = islice(rule_of(conf | {free: "*"}, "UTC").fires_after(after), 5)
    assert list(found) == list(islice(CronSim(" ".join(line), after), 5))
