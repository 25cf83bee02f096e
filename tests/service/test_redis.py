"""Redis carries the ids of jobs: whatever becomes of it, each job runs, and once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import WALKERS
from tests.support.clock import Clock
from tests.support.house import Client, House
from tests.support.jobs import a_spec
from tests.support.redis_server import RedisServer
from walkabout.events import Events
from walkabout.jobs import queue_parts
from walkabout.jobs.carrier import Carrier, uid_in
from walkabout.jobs.worker.scoreboard import Scoreboard
from walkabout.jobs.worker.supervisor import SWEEP_EVERY_S, Supervisor
from walkabout.service import Service

pytestmark = pytest.mark.postgres
JOBS = 30


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    server = RedisServer()
    yield server
    server.stop()


@pytest.fixture
def served(redis_server: RedisServer, tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "data", WORKERS="2", WALKERS_DIR=f"walkers:{WALKERS}", REDIS_URL=redis_server.url())
    yield house.start()
    house.stop()


def counted(ana: Client, jobs: int) -> None:
    """So many jobs that count are asked for, each runs, and none twice."""
    before = ana.root().get("count", 0)
    tasks = [ana.start("count") for _ in range(jobs)]
    assert {ana.wait(task)["state"] for task in tasks} == {"SUCCESS"}
    assert ana.root()["count"] == before + jobs


def test_jobs_run_by_what_redis_carries(served: House) -> None:
    counted(served.client(), JOBS)


def test_a_job_runs_when_redis_forgets_it(served: House, redis_server: RedisServer) -> None:
    ana = served.client()
    slow = [ana.start("slow", seconds=1, steps=10) for _ in range(2)]
    tasks = [ana.start("count") for _ in range(JOBS)]
    redis_server.client().flushall()
    assert {ana.wait(task)["state"] for task in (*slow, *tasks)} == {"SUCCESS"}
    assert ana.root()["count"] == JOBS + 2


def test_jobs_run_while_redis_is_gone_and_after_it_is_back(served: House, redis_server: RedisServer) -> None:
    ana = served.client()
    redis_server.stop()
    counted(ana, 5)
    redis_server.start()
    counted(ana, JOBS)


def test_jobs_run_while_redis_stands_still_and_after_it_goes_on(served: House, redis_server: RedisServer) -> None:
    ana = served.client()
    with redis_server.paused():
        counted(ana, 5)
    counted(ana, JOBS)


def test_jobs_run_while_redis_answers_nobody(served: House, redis_server: RedisServer) -> None:
    redis_server.client().execute_command("CLIENT", "PAUSE", "2500", "ALL")
    counted(served.client(), 5)


def test_jobs_run_while_redis_is_full_and_after_there_is_room(served: House, redis_server: RedisServer) -> None:
    client = redis_server.client()
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", 1)
    counted(served.client(), 5)
    served.wait_line('carrier.unavailable error="OutOfMemoryError')
    client.config_set("maxmemory", 0)
    counted(served.client(), JOBS)


def test_whatever_redis_does_while_jobs_come_each_runs_once(served: House, redis_server: RedisServer) -> None:
    ana = served.client()
    tasks: list[str] = []

    def ask(jobs: int) -> None:
        tasks.extend(ana.start("count") for _ in range(jobs))

    ask(20)
    redis_server.client().flushall()
    ask(20)
    redis_server.stop()
    ask(20)
    redis_server.start()
    ask(20)
    with redis_server.paused():
        ask(20)
    redis_server.client().flushall()
    assert {ana.wait(task)["state"] for task in tasks} == {"SUCCESS"}
    assert ana.root()["count"] == len(tasks)
    with served.rooms() as service:
        tries = service.db.values("SELECT attempt FROM job WHERE name = 'count'")
    assert tries == [1] * len(tasks)


def test_what_redis_lost_is_sent_to_it_again(service: Service, redis_server: RedisServer, clock: Clock) -> None:
    carrier = Carrier(redis_server.url(), "test", Events())
    uids = [service.ledger.enqueue(a_spec()) for _ in range(3)]
    watcher = Supervisor(
        ledger=service.ledger, leases=service.leases, consumers=service.consumers, bells=service.bells,
        scoreboard=Scoreboard(1), events=service.events, me=service.consumers.join("worker", 1),
        settings=service.settings, clock=clock, carrier=carrier,
    )  # fmt: skip
    clock.pass_(SWEEP_EVERY_S)
    watcher.turn()
    members = redis_server.client().zrange(carrier.key, 0, -1)
    assert {uid_in(member[8:]) for member in members} == set(uids)
    watcher.take_leave()
    carrier.close()


def test_a_delayed_job_and_a_retry_come_through_redis_too(served: House) -> None:
    ana = served.client()
    task = ana.start("count", options={"delay": 0.5})
    assert ana.wait(task)["state"] == "SUCCESS"


def test_what_is_sent_again_is_there_once(service: Service, redis_server: RedisServer) -> None:
    carrier = Carrier(redis_server.url(), "test", Events())
    uid = service.ledger.enqueue(a_spec(priority=3))
    job = queue_parts.ready(service.db, service.clock(), 10)
    assert carrier.send(job) and carrier.send(job)
    members = redis_server.client().zrange(carrier.key, 0, -1, withscores=True)
    assert [(uid_in(member[8:]), score) for member, score in members] == [(uid, -3.0)]
    carrier.close()


def test_a_message_of_somebody_else_names_no_job() -> None:
    assert [uid_in(text) for text in (b"\x80\x04pickle", b"[]", b'{"id": 3}', b'{"id": "x"}')] == [
        None,
        None,
        None,
        "x",
    ]
