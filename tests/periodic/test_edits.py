"""An edit changes what it says, and nothing else: due times, the end of a task and what it has missed stay."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.periodic import schedule_strategies as strategies
from tests.support.examples import examples
from tests.support.schedule_harness import START, ScheduleHarness, at, cron, every
from walkabout.periodic.edits import same_json
from walkabout.periodic.rules.schedule import Schedule
from walkabout.problems import Invalid

ONCE = at("2027-01-15T08:01:00Z")


def same_values(harness: ScheduleHarness, id: int) -> dict[str, Any]:
    """All that can be edited, as it is."""
    task = harness.task(id)
    whole = {"name": task.name, "argument": task.argument_object(), "schedule": task.schedule_object()}
    return whole | {"timezone": task.timezone, **task.policies.by_name()}


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(strategies.rules(), st.integers(0, 100_000), st.floats(0, 86_400), st.booleans())
def test_an_edit_with_the_same_values_changes_nothing(
    harness: ScheduleHarness, rule: Schedule, later: int, jitter: float, is_off: bool
) -> None:
    periodic_tasks = harness.service.periodic_tasks
    try:
        id = harness.add(rule.as_json(), timezone=rule.zone.key, jitter=jitter, grace=1_234_567.0)
    except Invalid:
        return  # its moment has passed
    if is_off and harness.task(id).state == "active":
        periodic_tasks.disable(id, "on holiday")
    before = harness.task(id)
    harness.clock.pass_(later)
    assert periodic_tasks.change(id, same_values(harness, id), revision=before.revision) == before
    assert harness.task(id) == before
    assert harness.rows(id) == []
    periodic_tasks.delete(id)


@pytest.mark.parametrize("schedule", [ONCE, cron("1", one_off=True), cron(1, one_off=True)])  # type: ignore[arg-type]
def test_a_finished_task_stays_so_when_something_else_is_edited(
    harness: ScheduleHarness, schedule: dict[str, Any]
) -> None:
    schedule = {**schedule, "one_off": True}
    schedule["conf"].pop("one_off", None)
    id = harness.add(schedule)
    harness.tick(60)
    assert harness.task(id).state == "finished"
    harness.clock.pass_(600)
    edits = same_values(harness, id) | {"schedule": schedule, "description": "over"}
    edited = harness.service.periodic_tasks.change(id, edits)
    assert (edited.state, edited.next_run_at, edited.policies.description) == ("finished", None, "over")
    moved = harness.service.periodic_tasks.change(id, edits | {"timezone": "Asia/Tokyo"})
    assert (moved.state, moved.timezone) == ("finished", "Asia/Tokyo")


def test_the_same_moment_and_the_same_number_are_no_other_schedule(harness: ScheduleHarness) -> None:
    clocked, numbered = harness.add(ONCE, "clocked"), harness.add(cron("5"), "numbered")
    harness.clock.pass_(3600)
    for id, schedule in ((clocked, at("2027-01-15T09:01:00+01:00")), (numbered, cron(5))):  # type: ignore[arg-type]
        before = harness.task(id)
        assert harness.service.periodic_tasks.change(id, {"schedule": schedule}) == before


def test_a_walker_that_is_gone_is_no_reason_to_refuse_a_description(harness: ScheduleHarness) -> None:
    id = harness.add(every(10))
    harness.service.sentinel.walkers().pop("echo")
    edits = same_values(harness, id) | {"description": "x"}
    assert harness.service.periodic_tasks.change(id, edits).policies.description == "x"


def test_what_was_due_before_another_schedule_is_one_row(harness: ScheduleHarness) -> None:
    id = harness.add(every(60), catch_up="all")
    harness.clock.pass_(605)
    harness.service.periodic_tasks.change(id, {"schedule": every(3600)})
    (row,) = harness.rows(id)
    assert (row.state, row.first_for, row.scheduled_for, row.fires) == ("MISSED", START + 60, START + 600, 10)
    harness.tick()
    assert len(harness.rows(id)) == 1


def test_what_a_broken_task_has_missed_is_not_forgotten_when_it_is_put_right(harness: ScheduleHarness) -> None:
    id = harness.add(every(60))
    harness.service.db.change("UPDATE schedule SET schedule = '{' WHERE id = ?", (id,))
    harness.tick(60)
    assert "can't be computed" in harness.task(id).note
    harness.service.periodic_tasks.change(id, {"schedule": every(60)})
    assert harness.told(id) == [("MISSED", 60)]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 1, "b": [1.0]}, {"b": [1], "a": 1}, True),
        (True, 1, False),
        ([False], [0], False),
        ([1], [1, 2], False),
        ({"a": None}, {}, False),
        ("1", 1, False),
        (None, None, True),
    ],
)
def test_json_says_the_same(one: Any, other: Any, same: bool) -> None:
    assert same_json(one, other) is same
