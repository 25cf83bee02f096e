"""Schedules in real processes: once each, through kills, beside other consumers, and soon after edits."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.house import ROOT, Client, House
from tests.support.schedule_harness import cron, every

YEARLY = cron("0", hour="3", day_of_month="1", month_of_year="1")


def added(who: Client, name: str, walker: str, schedule: dict[str, Any], ctx: Any = None, **terms: Any) -> int:
    body = {"name": walker, "ctx": ctx or {}}
    answer = who.js("add_scheduled_walker", name=name, schedule=schedule, body=body, **terms).json()
    assert answer["success"], answer
    return int(answer["id"])


def let_pass(who: Client, seconds: float) -> None:
    """Return when a job that was told to wait so long has run."""
    assert who.wait(who.start("echo", {"delay": seconds}))["state"] == "SUCCESS"


def runs(who: Client, id: int) -> list[dict[str, Any]]:
    """The history, oldest first."""
    return list(who.js("schedule_runs", id=id, limit=0).json()["data"][::-1])


def second_of(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def covered(rows: list[dict[str, Any]]) -> Counter[int]:
    """How often each due second stands in the history."""
    return Counter(due for row in rows for due in range(second_of(row["first"]), second_of(row["last"]) + 1))


def kill_a(house: House, which: str) -> None:
    """SIGKILL for the consumer's main process, or for one of the processes under it."""
    place = {"first": 0, "second": 1, "third": 2}
    os.kill(house.consumer() if which == "main" else house.below_consumer()[place[which]], signal.SIGKILL)


@pytest.mark.parametrize("catch_up", ["once", "all", "none"])
def test_killed_consumers_fire_nothing_twice_and_forget_nothing(new_house: type[House], catch_up: str) -> None:
    house = new_house().start()
    id = added(house.client(), "every second", "count", every(1), overlap="allow", catch_up=catch_up)
    for _ in range(2):
        first = int(house.wait("periodic.fired")["due"])
        house.wait("periodic.fired", due=first + 1)
        kill_a(house, "main")
        house.stop()
        house.start()
    ana = house.client()
    last = int(house.wait("periodic.fired")["due"])
    ana.js("schedule_disable", id=id)
    let_pass(ana, 1)
    rows = runs(ana, id)
    seconds = covered(rows)
    assert set(seconds.values()) == {1}
    assert sorted(seconds) == list(range(min(seconds), max(seconds) + 1))
    assert max(seconds) >= last
    assert ana.root()["count"] == sum(row["state"] == "SUCCESS" for row in rows)


@pytest.mark.parametrize("which", ["first", "second", "third"])
def test_killed_processes_of_a_consumer_are_replaced_and_firing_goes_on(new_house: type[House], which: str) -> None:
    house = new_house().start()
    ana = house.client()
    id = added(ana, "every second", "count", every(1), overlap="allow")
    house.wait("periodic.fired")
    kill_a(house, which)
    let_pass(ana, 4)
    ana.js("schedule_disable", id=id)
    let_pass(ana, 1)
    rows = runs(ana, id)
    assert set(covered(rows).values()) == {1}
    assert {row["state"] for row in rows} == {"SUCCESS"}
    assert ana.root()["count"] == len(rows)


@pytest.fixture
def three_consumers(new_house: type[House]) -> Iterator[House]:
    house = new_house().start()
    command = [sys.executable, "-m", "walkabout.processes", "worker"]
    others = [
        subprocess.Popen(command, cwd=ROOT, env=house.environment, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for other in others:
        assert other.stderr is not None
        assert any("worker.ready" in line for line in other.stderr)
    yield house
    for other in others:
        other.terminate()
        other.communicate()


def test_three_consumers_side_by_side_fire_each_second_once(three_consumers: House) -> None:
    ana = three_consumers.client()
    ids = [
        added(ana, f"every second {number}", "echo", every(1), overlap="allow", catch_up="all") for number in range(20)
    ]
    let_pass(ana, 4)
    for id in ids:
        ana.js("schedule_disable", id=id)
    let_pass(ana, 1)
    for id in ids:
        rows = runs(ana, id)
        assert set(covered(rows).values()) == {1}
        # On a busy machine the last second may still wait for its tick when the task is disabled.
        ran = [row for row in rows if row["reason"] != "the task was disabled before the tick"]
        assert {row["state"] for row in ran} == {"SUCCESS"}


def test_an_edit_counts_at_the_next_tick(house: House) -> None:
    ana = house.person("edits@example.com")
    id = added(ana, "edited", "echo", YEARLY)
    task = ana.js("schedule_update", id=id, schedule=every(1)).json()
    due = second_of(task["next_run_at"])
    house.wait("periodic.fired", task="edited", due=due)
    ana.js("schedule_disable", id=id)
    let_pass(ana, 1.5)
    assert second_of(runs(ana, id)[0]["scheduled_for"]) == due
    count = len(runs(ana, id))
    let_pass(ana, 1.5)
    assert len(runs(ana, id)) == count


def test_a_run_that_is_replaced_is_ended_and_says_by_what(house: House, tmp_path: Path) -> None:
    ana = house.person("replaced@example.com")
    id = added(ana, "replaced", "hold", every(1), {"until": str(tmp_path / "never")}, overlap="replace")
    first = house.wait("periodic.fired", task="replaced")["job"]
    assert ana.wait(first).get("state") == "REVOKED", ana.wait(first)
    assert runs(ana, id)[0]["reason"].startswith("replaced by the run of ")
    ana.js("schedule_disable", id=id)
    for row in runs(ana, id):
        ana.js("walker_queue_cancel", task_id=row["id"])
    assert {row["state"] for row in runs(ana, id)} == {"REVOKED"}
    assert ana.root() == {}


def test_a_run_that_waits_its_turn_starts_when_the_one_before_is_over(house: House, tmp_path: Path) -> None:
    ana = house.person("queued@example.com")
    release = tmp_path / "release"
    id = added(ana, "queued", "hold", every(1), {"until": str(release)}, overlap="queue")
    first = house.wait("periodic.fired", task="queued")
    second = house.wait("periodic.fired", task="queued", due=int(first["due"]) + 1)
    ana.js("schedule_disable", id=id)
    assert ana.task(second["job"])["state"] == "PENDING"
    release.touch()
    assert [ana.wait(fire["job"])["state"] for fire in (first, second)] == ["SUCCESS", "SUCCESS"]


def test_a_walker_file_that_is_gone_makes_fires_missed_until_it_is_back(new_house: type[House], tmp_path: Path) -> None:
    folder = tmp_path / "walkers"
    folder.mkdir()
    file = folder / "mine.py"
    source = "from walkabout import Walker\n\n\nclass Mine(Walker):\n    pass\n"
    file.write_text(source)
    house = new_house(WALKERS_DIR=f"walkers:{folder}").start()
    ana = house.client()
    id = added(ana, "mine", "mine", every(1))
    house.wait("job.finished", job=house.wait("periodic.fired", task="mine")["job"])
    file.unlink()
    house.wait("periodic.not_run", task="mine")
    file.write_text(source)
    let_pass(ana, 3)
    assert ana.js("schedule_disable", id=id).json()["state"] == "disabled"
    let_pass(ana, 1)
    states = [row["state"] for row in runs(ana, id)]
    assert (states[0], "MISSED" in states, states[-1]) == ("SUCCESS", True, "SUCCESS")
