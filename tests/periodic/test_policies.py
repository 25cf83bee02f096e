"""What becomes of due times: tables of the rules, without clock or database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.schedule_harness import every
from walkabout.jobs.queries import OpenRun
from walkabout.periodic.due_times import FirePlan, apply_overlap, plan_fires
from walkabout.periodic.policies import Policies
from walkabout.periodic.rules.past_due import past_due
from walkabout.periodic.rules.schedule import Schedule, read_schedule

ANCHOR = datetime(2027, 1, 15, 8, tzinfo=UTC)


def rule_of(number: int, period: str = "seconds", **around: Any) -> Schedule:
    return read_schedule(every(number, period, **around), anchor=ANCHOR)


def after(seconds: float) -> datetime:
    return ANCHOR + timedelta(seconds=seconds)


def planned(until: float, step: int = 10, first: float = 10, **terms: Any) -> FirePlan:
    return plan_fires(rule_of(step), Policies(**terms), after(first), after(until))


def runs(plan_fires: FirePlan) -> list[tuple[float, int]]:
    return [((due.at - ANCHOR).total_seconds(), due.missed) for due in plan_fires.runs]


def missed(plan_fires: FirePlan) -> list[tuple[float, float, int]]:
    spans = [
        ((span.first - ANCHOR).total_seconds(), (span.last - ANCHOR).total_seconds()) for span in plan_fires.missed
    ]
    return [(*span, whole.count) for span, whole in zip(spans, plan_fires.missed, strict=True)]


@pytest.mark.parametrize(
    ("until", "terms", "runs_", "missed_"),
    [
        # On time, or nearly: a run, whatever the rule for pauses.
        (10, {"catch_up": "once"}, [(10, 0)], []),
        (12, {"catch_up": "none"}, [(10, 0)], []),
        (12, {"catch_up": "all"}, [(10, 0)], []),
        # Late: missed.
        (13, {"catch_up": "once"}, [(10, 1)], []),
        (13, {"catch_up": "none"}, [], [(10, 10, 1)]),
        (13, {"catch_up": "all"}, [(10, 0)], []),
        # Several, none of them on time.
        (45, {"catch_up": "once"}, [(40, 4)], []),
        (45, {"catch_up": "none"}, [], [(10, 40, 4)]),
        (45, {"catch_up": "all"}, [(10, 0), (20, 0), (30, 0), (40, 0)], []),
        # Several, the last of them on time.
        (40, {"catch_up": "once"}, [(40, 3)], []),
        (40, {"catch_up": "none"}, [(40, 0)], [(10, 30, 3)]),
        (40, {"catch_up": "all"}, [(10, 0), (20, 0), (30, 0), (40, 0)], []),
        # Grace comes first: what is later is missed, the rest goes on.
        (15, {"grace": 5}, [(10, 1)], []),
        (16, {"grace": 5}, [], [(10, 10, 1)]),
        (45, {"grace": 20}, [(40, 2)], [(10, 20, 2)]),
        (45, {"grace": 20, "catch_up": "all"}, [(30, 0), (40, 0)], [(10, 20, 2)]),
        (45, {"grace": 20, "catch_up": "none"}, [], [(10, 20, 2), (30, 40, 2)]),
        (45, {"grace": 3}, [], [(10, 40, 4)]),
        (42, {"grace": 1}, [], [(10, 40, 4)]),
    ],
)
def test_late_fires(until: float, terms: dict[str, Any], runs_: list[Any], missed_: list[Any]) -> None:
    made = planned(until, **terms)
    assert (runs(made), missed(made)) == (runs_, missed_)


def test_at_most_a_hundred_missed_times_are_run() -> None:
    made = planned(10_005, catch_up="all")
    assert (len(made.runs), runs(made)[0], runs(made)[-1]) == (100, (9010, 0), (10_000, 0))
    assert missed(made) == [(10, 9000, 900)]


def test_a_year_of_missed_seconds_is_counted_at_once() -> None:
    year = 365 * 86_400
    made = planned(year, step=1, first=1)
    assert (made.runs[0].fires, made.runs[0].missed) == (year, year - 1)


def test_nothing_is_due_before_its_time() -> None:
    assert planned(9) == FirePlan((), ())


def test_a_late_one_off_is_one_fire() -> None:
    made = plan_fires(rule_of(10, one_off=True), Policies(), after(10), after(100))
    assert runs(made) == [(10, 1)]


def test_a_one_off_beyond_its_grace_is_missed() -> None:
    made = plan_fires(rule_of(10, one_off=True), Policies(grace=5), after(10), after(100))
    assert (runs(made), missed(made)) == ([], [(10, 10, 1)])


def test_what_has_passed_ends_where_the_rule_expires() -> None:
    rule = rule_of(10, expires=after(35).isoformat())
    made = plan_fires(rule, Policies(), after(10), after(100))
    assert runs(made) == [(30, 3)]


def test_a_run_that_is_impossible_leaves_all_its_times_missed() -> None:
    made = planned(45).without_runs("no walker")
    assert (runs(made), missed(made), made.missed[0].reason) == ([], [(10, 40, 4)], "no walker")


@pytest.mark.parametrize(("until", "count", "latest"), [(10, 1, [10]), (29, 2, [10, 20]), (55, 5, [30, 40, 50])])
def test_passed_has_the_count_and_the_latest(until: float, count: int, latest: list[float]) -> None:
    found = past_due(rule_of(10), after(10), after(until), 3)
    assert found is not None
    assert (found.count, [(at - ANCHOR).total_seconds() for at in found.latest]) == (count, latest)


def test_a_long_pause_of_a_crontab_is_found_from_its_end() -> None:
    rule = read_schedule({"type": "crontab", "conf": {}}, anchor=ANCHOR)
    found = past_due(rule, after(60), after(60 * 10_000_000), 1)
    assert found is not None
    assert (found.last, found.count) == (after(60 * 10_000_000), 10_000_000)


def run(due: float | None = 0, state: str = "STARTED", *, held: bool = False, caught_up: bool = False) -> OpenRun:
    at = None if due is None else after(due).timestamp()
    return OpenRun(f"run of {due}", state, at, held, caught_up)


SKIPPED = "the previous run, due 2027-01-15 08:00, is not over (overlap: skip)"


@pytest.mark.parametrize(
    ("overlap", "open_runs", "skip", "held", "cancelled"),
    [
        ("skip", [], "", False, []),
        ("skip", [run()], SKIPPED, False, []),
        ("skip", [run(None)], "the previous run, started by hand, is not over (overlap: skip)", False, []),
        ("allow", [run()], "", False, []),
        ("queue", [], "", False, []),
        ("queue", [run()], "", True, []),
        ("queue", [run(), run(5, "PENDING", held=True)], "08:00:05, is already waiting (overlap: queue)", False, []),
        ("queue", [run(), run(5, "PENDING", held=True, caught_up=True)], "", True, []),
        ("replace", [], "", False, []),
        ("replace", [run()], "", True, ["run of 0"]),
        ("replace", [run(0, "PENDING")], "", False, ["run of 0"]),
        ("replace", [run(), run(5, "PENDING", held=True)], "", True, ["run of 0", "run of 5"]),
        ("replace", [run(0, caught_up=True)], "", True, []),
    ],
)
def test_runs_that_meet(overlap: str, open_runs: list[OpenRun], skip: str, held: bool, cancelled: list[str]) -> None:
    meeting = apply_overlap(overlap, after(10), rule_of(10), open_runs)
    assert skip in meeting.skip
    assert bool(meeting.skip) == bool(skip)
    assert (meeting.held, [older.uid for older in meeting.cancel]) == (held, cancelled)
