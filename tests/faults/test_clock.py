"""The machine's clock goes wrong for seconds: schedules go on as soon as it is right again."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.house import House
from tests.support.until import until

# Read by each Python process at its start; the shift is read whenever somebody asks for the time.
BENT = """
import os, time

_right = time.time


def bent():
    try:
        return _right() + float(open(os.environ["CLOCK_SHIFT"]).read())
    except (OSError, ValueError):
        return _right()


time.time = bent
"""
HOUR = 3600.0


@pytest.fixture
def shift(tmp_path: Path) -> Path:
    folder = tmp_path / "bent"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(BENT)
    return folder / "shift"


def dues(house: House) -> list[int]:
    """The due times that were fired so far, as the log tells them."""
    fired = [line.split("due=")[1].split()[0] for line in house.lines if " periodic.fired " in line]
    return [int(due) for due in fired]


@pytest.mark.parametrize(
    "ahead",
    [
        HOUR,
        pytest.param(600.0, marks=pytest.mark.long_fault),
        pytest.param(86_400.0 * 300, marks=pytest.mark.long_fault),
    ],
)
def test_a_clock_that_was_ahead_for_seconds_silences_nothing(
    new_house: Callable[..., House], shift: Path, ahead: float
) -> None:
    house = new_house(WORKERS="1", PYTHONPATH=str(shift.parent), CLOCK_SHIFT=str(shift)).start()
    ana = house.client()
    for name, conf in (
        ("seconds", {"every": 1, "period": "seconds"}),
        ("fast", {"every": 1, "period": "microseconds"}),
    ):
        schedule = {"type": "interval", "conf": conf}
        ana.js("add_scheduled_walker", name=name, schedule=schedule, body={"name": "echo"}, overlap="allow")
    until(lambda: len(dues(house)) >= 2)
    shift.write_text(str(ahead))
    until(lambda: any(due > time.time() + ahead / 2 for due in dues(house)))
    shift.unlink()
    house.wait("periodic.recomputed", task="seconds")
    house.wait("periodic.recomputed", task="fast")
    seen, now = len(dues(house)), time.time()
    until(lambda: sum(now - 5 < due < now + 60 for due in dues(house)[seen:]) >= 4)
    assert len({line for line in house.lines if " periodic.fired " in line}) == len(dues(house))
    why = ana.js("schedule_why", name="seconds", at=datetime.fromtimestamp(now, UTC).isoformat()).json()["text"]
    assert "The clock was wrong and was corrected" in why
