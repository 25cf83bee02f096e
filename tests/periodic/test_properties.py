"""What holds for every schedule, zone and moment."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from tests.periodic import schedule_strategies as strategies
from tests.support.examples import examples
from walkabout.periodic.rules.preview import preview
from walkabout.periodic.rules.schedule import Schedule, read_schedule
from walkabout.problems import Invalid

ANCHOR = datetime(2026, 11, 24, 21, 20, tzinfo=UTC)
any_moment = st.datetimes(timezones=st.just(UTC))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
some_of_it = st.fixed_dictionaries(
    {"type": st.sampled_from(["interval", "cron", "solar", "clocked"]) | json_values},
    optional={
        "conf": st.dictionaries(
            st.sampled_from(["every", "period", "minute", "day_of_week", "event", "latitude", "clocked_time"]),
            st.sampled_from(["days", "sunset", "*/5", "2030-01-01T00:00Z", "mon-fri", 1, 2.0]) | json_values,
        )
        | json_values,
        "one_off": json_values,
        "start_time": json_values | any_moment.map(datetime.isoformat),
        "expires": json_values | any_moment.map(datetime.isoformat),
    },
)


@examples(100)
@given(strategies.rules(), strategies.moments)
def test_the_next_fire_is_later_than_the_moment(rule, moment):
    fire = rule.next_after(moment)
    assert fire is None or fire > moment


@examples(40)
@given(strategies.rules(), any_moment)
@example(strategies.rule({"type": "crontab", "conf": {}}, "Pacific/Apia"), datetime.min.replace(tzinfo=UTC))
@example(strategies.rule({"type": "crontab", "conf": {}}, "Pacific/Apia"), datetime.max.replace(tzinfo=UTC))
@example(
    strategies.rule({"type": "crontab", "conf": {"hour": "1", "minute": 0}}, "Asia/Manila"),
    datetime(9997, 12, 31, tzinfo=UTC),
)
def test_the_ends_of_the_calendar_are_no_error(rule, moment):
    fire = rule.next_after(moment)
    assert fire is None or fire > moment


@examples(40)
@given(strategies.rules(), strategies.changes())
def test_no_moment_comes_twice_and_none_earlier_than_the_one_before(rule, change):
    fires = list(islice(rule.fires_after(change[1]), 50))
    assert all(later > fire for fire, later in pairwise(fires))


@examples(40)
@given(strategies.rules(), strategies.changes(), st.timedeltas(timedelta(0), timedelta(days=3)))
def test_a_later_moment_has_no_earlier_fire_and_none_between_is_lost(rule, change, later):
    moment = change[1]
    first, second = rule.next_after(moment), rule.next_after(moment + later)
    if first is not None and first > moment + later:
        assert second == first
    elif first is not None and second is not None:
        assert second > first


@examples(20)
@given(strategies.rules(), strategies.changes())
def test_a_preview_is_its_steps(rule, change):
    fires, moment = [], change[1]
    while len(fires) < 30 and (moment := rule.next_after(moment)) is not None:
        fires.append(moment)
    assert [datetime.fromisoformat(fire) for fire in preview(rule, change[1], 30)["next"]] == fires


@examples(40)
@given(strategies.rules())
def test_a_rule_reads_the_same_from_its_own_json(rule):
    again = read_schedule(rule.as_json(), rule.zone.key, anchor=ANCHOR)
    assert again.as_json() == rule.as_json()
    assert again.describe() == rule.describe()


@examples(100)
@given(some_of_it | json_values, st.sampled_from(["UTC", "Europe/Berlin"]) | json_values)
def test_whatever_is_given_is_a_rule_or_refused(schedule, timezone):
    try:
        rule = read_schedule(schedule, timezone, anchor=ANCHOR, now=ANCHOR)
    except Invalid as refused:
        assert refused.errors
    else:
        assert isinstance(rule, Schedule)
        assert preview(rule, ANCHOR, 3)["text"]


def test_a_preview_of_a_thousand_fires_is_a_thousand_steps():
    rule = strategies.rule({"type": "crontab", "conf": {"minute": "*/20", "hour": "0-3"}}, "Africa/Cairo")
    moment, fires = ANCHOR, []
    for _ in range(1000):
        moment = rule.next_after(moment)
        fires.append(moment.astimezone(rule.zone).isoformat())
    assert preview(rule, ANCHOR, 1000)["next"] == fires
