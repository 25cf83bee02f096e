"""Kills while somebody is told: no notice is lost, and one that comes twice has the same id."""

from collections import Counter
from typing import Any

import pytest

from tests.faults.kit import Faults
from tests.support.house import Client, House
from tests.support.scripted_server import Server
from tests.support.until import until

NEVER = {"type": "interval", "conf": {"every": 300, "period": "days"}}
POINTS = (
    "job.started",  # by the worker before the walker runs, or by the courier before it sends
    "notice.sent",  # the service has taken it, and that is not saved: only here it may come twice
    "job.saved",  # the run, or the message, has ended, and nobody was woken
    "job.claimed",
    "job.finished",
)


@pytest.mark.parametrize("kills", [5, pytest.param(100, marks=pytest.mark.long_fault)])
def test_no_notice_is_lost_and_none_comes_twice_under_two_ids(
    faults: Faults, faulty: type[House], server: Server, kills: int
) -> None:
    server.begin({"POST /hook": {"status": 200}})
    house = faulty(WORKERS="1", NOTIFY=f"{server.base}/hook", NOTIFY_COLLECT_S="0", NOTIFY_BACKOFF_S="0").start()
    ana = house.client()
    lost_answers = 0
    for number in range(kills):
        point = POINTS[number % len(POINTS)]
        body = {"name": "fail", "ctx": {}}
        made = ana.js("add_scheduled_walker", name=f"task {number}", schedule=NEVER, body=body).json()
        faults.kill_at(point)
        lost_answers += point == "notice.sent"
        ana.js("schedule_run_now", id=made["id"]).raise_for_status()
        until(faults.obeyed, 60)
        until(lambda: newest(ana) == f"task {number}", 60)  # noqa: B023 - it is called at once
    until(lambda: {one["state"] for one in ana.js("notices", limit=kills + 1).json()} == {"sent"}, 60)

    told = [notice for seen in server.seen for notice in _notices(seen.body)]
    assert {str(notice["task"]) for notice in told} == {f"task {number}" for number in range(kills)}
    messages = Counter(seen.body["id"] for seen in server.seen)
    tasks_of: dict[str, set[str]] = {}
    for seen in server.seen:
        for notice in _notices(seen.body):
            tasks_of.setdefault(notice["task"], set()).add(seen.body["id"])
    # A task was told in one message; that may have come again, and only where its answer was lost.
    assert {len(ids) for ids in tasks_of.values()} == {1}
    assert sum(count - 1 for count in messages.values()) <= lost_answers
    assert len(ana.js("notices", limit=2 * kills).json()) == kills


def newest(ana: Client) -> str:
    """Of which task the newest notice is; "" when there is none yet."""
    found = ana.js("notices", limit=1).json()
    return str(found[0]["task"]) if found else ""


def _notices(body: dict[str, Any]) -> list[dict[str, Any]]:
    return list(body.get("notices", [body]))
