"""Kills between two writes: of what was accepted nothing is lost, and nothing has happened twice."""

from datetime import datetime
from typing import Any

from tests.faults.kit import Faults
from tests.support.house import Client, House
from tests.support.until import until

EVERY_SECOND = {"type": "interval", "conf": {"every": 1, "period": "seconds"}}


POINTS = (
    "job.claimed",  # after the claim's commit, before the supervisor can know which run it is
    "job.started",
    "job.saved",  # after the commit of SUCCESS, before anybody is woken
    "job.finished",
)


def test_workers_killed_between_two_writes(faults: Faults, faulty: type[House]) -> None:
    house = faulty(WORKERS="1").start()
    ana = house.client()
    for done, point in enumerate(POINTS, 1):
        faults.kill_at(point, times=2)
        jobs = [ana.start("count") for _ in range(4)]
        assert [ana.wait(job)["state"] for job in jobs] == ["SUCCESS"] * 4
        assert faults.obeyed()
        assert ana.root()["count"] == 4 * done


def test_a_supervisor_killed_between_two_fires(faults: Faults, faulty: type[House]) -> None:
    house = faulty(WORKERS="1").start()
    ana = house.client()
    made = ana.js("add_scheduled_walker", name="ticks", schedule=EVERY_SECOND, body={"name": "count", "ctx": {}}).json()
    faults.kill_at("periodic.fired", times=3)
    until(lambda: faults.obeyed() and ana.js("schedule_get", id=made["id"]).json()["total_run_count"] >= 6)
    ana.js("schedule_disable", id=made["id"])
    until(lambda: all(run["ended"] for run in runs(ana, made["id"])))
    rows = runs(ana, made["id"])
    ran = [row for row in rows if row["started"]]
    assert {row["state"] for row in ran} == {"SUCCESS"}
    assert ana.root()["count"] == len(ran)
    # Each second since the first one is in one row, whether it ran or not.
    first, last = min(moments(rows, "first")), max(moments(rows, "last"))
    assert sum(row["count"] for row in rows) == (last - first).total_seconds() + 1
    assert len(set(moments(rows, "last"))) == len(rows)


def runs(ana: Client, id: int) -> list[dict[str, Any]]:
    return list(ana.js("schedule_runs", id=id, limit=0).json()["data"])


def moments(rows: list[dict[str, Any]], field: str) -> list[datetime]:
    return [datetime.fromisoformat(row[field]) for row in rows]
