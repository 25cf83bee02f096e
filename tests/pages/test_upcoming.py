"""The fires that the day shows: carried on from what was reckoned before, they are those reckoned afresh."""

from typing import Any

import pytest

from tests.support.schedule_harness import START, ScheduleHarness, at, cron, every
from walkabout.web.pages.day.upcoming import Upcoming

DAY_S = 86_400.0


@pytest.mark.parametrize(
    "schedule", [every(7, "minutes"), cron("0", hour="3"), cron("*/20"), at("2027-01-15T18:00:00Z"), every(1)]
)
def test_carried_on_is_as_reckoned_afresh(harness: ScheduleHarness, schedule: dict[str, Any]) -> None:
    task = harness.task(harness.add(schedule, jitter=90))
    carried = Upcoming(DAY_S, 500)
    for later in (0.0, 1.0, 420.0, 3_600.5, 40_000.0, DAY_S, 3 * DAY_S):
        assert carried.fires(task, START + later) == Upcoming(DAY_S, 500).fires(task, START + later)


def test_a_clock_that_is_put_back_is_followed(harness: ScheduleHarness) -> None:
    task = harness.task(harness.add(every(7, "minutes")))
    reckoned = Upcoming(DAY_S, 500)
    reckoned.fires(task, START + 7200)
    assert reckoned.fires(task, START) == Upcoming(DAY_S, 500).fires(task, START)


def test_an_edit_is_followed(harness: ScheduleHarness) -> None:
    id = harness.add(every(7, "minutes"))
    reckoned = Upcoming(DAY_S, 500)
    reckoned.fires(harness.task(id), START)
    harness.service.periodic_tasks.change(id, {"schedule": every(5, "hours")})
    assert len(reckoned.fires(harness.task(id), START)) == 4
