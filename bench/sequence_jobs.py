"""What a step of a sequence costs over a bare Session call: inside of a request, and as a job with journal and records."""

import tempfile
import time
from collections.abc import Callable
from typing import Any

import requests

from bench.sequence_speed import BODY, server
from tests.support.jobs import entered
from walkabout.jobs.thread_place import ThreadPlace
from walkabout.jobs.worker.scoreboard import Scoreboard, WorkerSlot
from walkabout.people.masters import Master
from walkabout.service import Service, build
from walkabout.settings import Settings

POSTS = 1000
ROUNDS = 3


def main() -> None:
    """The best of some rounds, by turns, so that a busy machine disturbs all alike."""
    with tempfile.TemporaryDirectory() as folder, server() as url:
        service = build(Settings(data_dir=folder, log_level="warning"))
        admin = service.new_master("ana@example.com", "correct-horse", "Ana", superuser=True)
        ways: dict[str, Callable[[], None]] = {
            "bare": lambda: _bare(url),
            "inside of a request": lambda: _now(service, admin, _steps(url)),
            "as a job, repeat (one entry a step)": lambda: _job(service, admin, _steps(url, repeat=True)),
            "as a job (intent and outcome)": lambda: _job(service, admin, _steps(url)),
        }
        rounds = [{name: _timed(way) for name, way in ways.items()} for _ in range(ROUNDS)]
        taken = {name: min(each[name] for each in rounds) for name in ways}
        bare = taken.pop("bare")
        print(f"{POSTS} posts of a bare Session: {bare:.3f} ms each")
        for name, each in taken.items():
            print(f"  {name}: {each - bare:+.3f} ms a step")
        service.close()


def _timed(way: Callable[[], None]) -> float:
    start = time.perf_counter()
    way()
    return (time.perf_counter() - start) / POSTS * 1000


def _steps(url: str, **more: Any) -> dict[str, Any]:
    return {"requests": [{"method": "POST", "api": url, "body": BODY, **more} for _ in range(POSTS)]}


def _bare(url: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        for _ in range(POSTS):
            session.post(url, json=BODY).json()


def _now(service: Service, admin: Master, steps: dict[str, Any]) -> None:
    assert service.sequences.now(steps, admin.uid, ThreadPlace(), 600.0).ok


def _job(service: Service, admin: Master, steps: dict[str, Any]) -> None:
    service.ledger.enqueue(service.sequences.as_spec(steps, admin.uid))
    claim = service.ledger.claim(entered(service.db, "bench"), "huey@bench", 1)
    assert claim is not None
    place = _place()
    place.begin(claim.id, claim.attempt, claim.limit_s)
    assert service.runner.run(claim, place) is not None
    place.end()


def _place() -> WorkerSlot:
    scoreboard = Scoreboard(1)
    place = scoreboard.worker_slot(scoreboard.reserve())
    place.sit_down()
    return place
