"""A row of a task's history says for how many fires it stands, from every API that shows one."""

from typing import Any

import pytest

from tests.support.schedule_harness import ScheduleHarness, every
from walkabout.api.families import dispatcher_of
from walkabout.api.parameters import ApiRequest

EIGHT = "2027-01-15T08:{}+00:00"


def ask(harness: ScheduleHarness, name: str, **given: Any) -> list[dict[str, Any]]:
    """The rows that an API tells, as the owner asks it."""
    dispatcher = dispatcher_of(harness.service)
    answer = dispatcher.ask_as(dispatcher.apis[name], harness.ana, ApiRequest(values=given))
    assert answer.status == 200, answer.body
    return list(answer.body["runs" if name == "schedule_why" else "data"])


def counted(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("state", "first", "last", "count", "missed"))


@pytest.mark.parametrize(
    ("policies", "row"),
    [
        ({"catch_up": "once"}, ("PENDING", EIGHT.format("01:00"), EIGHT.format("10:00"), 10, 9)),
        ({"catch_up": "none"}, ("MISSED", EIGHT.format("01:00"), EIGHT.format("09:00"), 9, 0)),
        ({"grace": 1}, ("MISSED", EIGHT.format("01:00"), EIGHT.format("09:00"), 9, 0)),
    ],
)
def test_a_row_after_a_pause(harness: ScheduleHarness, policies: dict[str, Any], row: tuple[Any, ...]) -> None:
    id = harness.add(every(1, "minutes"), **policies)
    harness.tick(600)
    rows = {name: [counted(one) for one in ask(harness, name, id=id, **more)] for name, more in (
        ("schedule_runs", {}), ("schedule_why", {"at": "2027-01-15T08:01:00Z"}))}  # fmt: skip
    assert row in rows["schedule_runs"]
    assert row in rows["schedule_why"]
    assert row in [counted(one) for one in ask(harness, "jobs_list")]


def test_a_row_of_skipped_fires(harness: ScheduleHarness) -> None:
    id = harness.add(every(1, "minutes"))
    for _ in range(4):
        harness.tick(60)
    row = ("SKIPPED", EIGHT.format("02:00"), EIGHT.format("04:00"), 3, 0)
    assert [counted(one) for one in ask(harness, "schedule_runs", id=id, state="SKIPPED")] == [row]
    assert [counted(one) for one in ask(harness, "schedule_why", id=id, at="2027-01-15T08:03:00Z")] == [row]
    assert [counted(one) for one in ask(harness, "jobs_list", state="skipped")] == [row]


def test_a_single_run_stands_for_itself(harness: ScheduleHarness) -> None:
    id = harness.add(every(1, "minutes"))
    harness.tick(60)
    row = ("PENDING", EIGHT.format("01:00"), EIGHT.format("01:00"), 1, 0)
    assert [counted(one) for one in ask(harness, "schedule_runs", id=id)] == [row]
    harness.service.periodic_tasks.run_now(id)
    by_hand = next(one for one in ask(harness, "schedule_runs", id=id) if one["scheduled_for"] is None)
    assert (by_hand["first"], by_hand["last"], by_hand["count"], by_hand["missed"]) == (None, None, 1, 0)
