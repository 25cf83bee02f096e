"""The machine's clock goes wrong for seconds: schedules go on as soon as it is right again."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.bent_clock import BentClock
from tests.support.house import House
from tests.support.until import until

HOUR = 3600.0


@pytest.fixture
def clock(tmp_path: Path) -> BentClock:
    """The clock of a machine whose service has its variables."""
    return BentClock(tmp_path / "bent")


def dues(house: House) -> list[int]:
    """The due times that were fired so far, as the log tells them."""
    fired = [line.split("due=")[1].split()[0] for line in house.lines if " periodic.fired " in line]
    return [int(due) for due in fired]


@pytest.mark.sqlite  # with a server, its time counts
@pytest.mark.parametrize(
    "ahead",
    [
        HOUR,
        pytest.param(600.0, marks=pytest.mark.long_fault),
        pytest.param(86_400.0 * 300, marks=pytest.mark.long_fault),
    ],
)
def test_a_clock_that_was_ahead_for_seconds_silences_nothing(
    new_house: Callable[..., House], clock: BentClock, ahead: float
) -> None:
    house = new_house(WORKERS="1", **clock.variables).start()
    ana = house.client()
    for name, conf in (
        ("seconds", {"every": 1, "period": "seconds"}),
        ("fast", {"every": 1, "period": "microseconds"}),
    ):
        schedule = {"type": "interval", "conf": conf}
        ana.js("add_scheduled_walker", name=name, schedule=schedule, body={"name": "echo"}, overlap="allow")
    until(lambda: len(dues(house)) >= 2)
    clock.set(ahead)
    until(lambda: any(due > time.time() + ahead / 2 for due in dues(house)))
    clock.set(0)
    house.wait("periodic.recomputed", task="seconds")
    house.wait("periodic.recomputed", task="fast")
    seen, now = len(dues(house)), time.time()
    until(lambda: sum(now - 5 < due < now + 60 for due in dues(house)[seen:]) >= 4)
    assert len({line for line in house.lines if " periodic.fired " in line}) == len(dues(house))
    why = ana.js("schedule_why", name="seconds", at=datetime.fromtimestamp(now, UTC).isoformat()).json()["text"]
    assert "The clock was wrong and was corrected" in why


@pytest.mark.postgres
def test_a_clock_that_is_off_the_databases_fires_nothing_early_and_misses_nothing(
    new_house: Callable[..., House], clock: BentClock
) -> None:
    clock.set(HOUR)
    house = new_house(WORKERS="1", **clock.variables).start()
    ana = house.client()
    schedule = {"type": "interval", "conf": {"every": 1, "period": "seconds"}}
    ana.js("add_scheduled_walker", name="seconds", schedule=schedule, body={"name": "echo"}, overlap="allow")
    until(lambda: len(dues(house)) >= 3)
    assert max(dues(house)) <= time.time()
    off = [float(line.split("ahead_s=")[1]) for line in house.lines if " clock.off " in line]
    assert [round(ahead_s / HOUR, 2) for ahead_s in off] == [1.0, 1.0]  # web and worker

    clock.set(-HOUR)
    until(lambda: sum("ahead_s=-3" in line for line in house.lines) == 2)
    seen = len(dues(house))
    until(lambda: len(dues(house)) >= seen + 3)
    assert max(dues(house)) <= time.time()
    run = ana.wait(ana.start("echo", options={"delay": 0.5}, value=1))
    assert run["state"] == "SUCCESS"

    clock.set(0)
    house.wait("clock.right")
    seen = len(dues(house))
    until(lambda: len(dues(house)) >= seen + 3)
    assert max(dues(house)) <= time.time()
    assert dues(house) == sorted(set(dues(house)))
