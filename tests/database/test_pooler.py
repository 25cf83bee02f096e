"""A real PgBouncer in transaction mode stands in front: each transaction may get another session of the server."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import WALKERS
from tests.support.databases import DATABASES
from tests.support.house import Client, House
from tests.support.jobs import a_spec, entered
from tests.support.pooler import Pooler
from tests.support.until import until
from walkabout.database.connections import Database, Unavailable, Unusable, engine_of
from walkabout.service import Service, build
from walkabout.settings import Settings

pytestmark = pytest.mark.postgres
SESSIONS = 3  # fewer than the processes of a service
JOBS = 40
EVERY_SECOND = {"type": "interval", "conf": {"every": 1, "period": "seconds"}}


@pytest.fixture
def direct(tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, without the pooler."""
    yield DATABASES.settings(tmp_path / "behind")["database_url"]
    DATABASES.drop(tmp_path / "behind")


@pytest.fixture
def pooler(direct: str) -> Iterator[Pooler]:
    made = Pooler(direct, sessions=SESSIONS)
    yield made
    made.stop()


@pytest.fixture
def url(pooler: Pooler, direct: str) -> str:
    """The URL of the database through the pooler."""
    return pooler.url(direct)


@pytest.fixture
def served(url: str, tmp_path: Path) -> Iterator[House]:
    house = House(
        tmp_path / "data", prepared=False, WORKERS="2", WALKERS_DIR=f"walkers:{WALKERS}", DATABASE_URL=url,
        DATABASE_POOLER="true",
    )  # fmt: skip
    yield house.start()
    house.stop()


def database(url: str) -> Database:
    return Database(engine_of(Settings(database_url=url, database_pooler=True)))


def test_a_whole_service_works_behind_it(served: House, direct: str) -> None:
    ana = served.client()
    tasks = [ana.start("count") for _ in range(JOBS)]
    assert {ana.wait(task)["state"] for task in tasks} == {"SUCCESS"}
    assert ana.root()["count"] == JOBS
    running = ana.start("slow", seconds=60, steps=600)
    served.wait("job.started", job=running)
    assert ana.js("walker_queue_cancel", task_id=running).json()["state"] == "REVOKED"
    made = ana.js("add_scheduled_walker", name="ticks", schedule=EVERY_SECOND, body={"name": "count", "ctx": {}}).json()
    until(lambda: ana.js("schedule_get", id=made["id"]).json()["total_run_count"] >= 2)
    sequence = {"requests": [{"method": "JAC", "api": "master_self", "master": "self", "save_to": "me"}]}
    ran = ana.wait(ana.post("/js_admin/sequence_run", sequence=sequence, is_async=True).json()["result"])
    assert ran["result"]["me"] == ana.js("master_self").json()
    behind = Database(engine_of(Settings(database_url=direct)))
    here = behind.value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
    assert here <= SESSIONS + 1  # and ours
    assert (
        behind.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Client' AND query LIKE 'LISTEN%'")
        == 0
    )
    behind.close()


def test_many_threads_share_its_few_sessions(url: str) -> None:
    service = build(Settings(database_url=url, database_pooler=True, database_connections=12))
    asked = [service.ledger.enqueue(a_spec()) for _ in range(60)]
    consumer, together = entered(service.db), threading.Barrier(12)

    def work() -> list[str]:
        together.wait()
        found = []
        while (claim := service.ledger.claim(consumer, "huey@box", 1)) is not None:
            service.ledger.succeed(claim, "{}")
            found.append(claim.uid)
        return found

    with ThreadPoolExecutor(12) as pool:
        taken = [uid for done in [pool.submit(work) for _ in range(12)] for uid in done.result(60)]
    service.close()
    assert sorted(taken) == sorted(asked)


def test_transactions_that_wait_for_each_other_do_so_through_it(url: str) -> None:
    service, other = (build(Settings(database_url=url, database_pooler=True)) for _ in range(2))
    order: list[str] = []
    begun = threading.Event()

    def second() -> None:
        begun.set()
        with other.db.transaction():
            order.append("second")

    with ThreadPoolExecutor(1) as pool:
        with service.db.transaction():
            later = pool.submit(second)
            assert begun.wait(20)
            until(lambda: waiting(service))
            order.append("first")
        later.result(20)
    for one in (service, other):
        one.close()
    assert order == ["first", "second"]


def waiting(service: Service) -> Any:
    """How many wait for a lock that a transaction asks for by itself."""
    return service.db.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


def test_processes_that_start_at_once_migrate_once(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = [len(names) for names in pool.map(lambda _: database(url).migrate(), range(4))]
    assert sorted(applied)[:3] == [0, 0, 0]
    assert max(applied) > 0


def test_jobs_go_on_when_it_comes_back(pooler: Pooler, direct: str) -> None:
    service = build(Settings(database_url=pooler.url(direct), database_pooler=True))
    first = service.ledger.enqueue(a_spec())
    pooler.stop()
    with pytest.raises(Unavailable):
        service.db.rows("SELECT 1")
    again = Pooler(direct, sessions=SESSIONS, port=pooler.port)
    claim = service.ledger.claim(entered(service.db), "huey@box", 1)
    assert claim is not None and claim.uid == first
    service.close()
    again.stop()


def test_who_does_not_know_of_it_is_told_what_to_set(url: str) -> None:
    with pytest.raises(Unusable, match="set DATABASE_POOLER=true"):
        Database(engine_of(Settings(database_url=url))).migrate()


def test_nobody_waits_for_a_lock_for_ever_behind_it(url: str) -> None:
    db = database(url)
    with db.transaction():
        assert db.value("SELECT current_setting('lock_timeout')") == "10s"
    db.close()


def test_jobs_of_one_machine_are_seen_by_another_within_a_look(served: House, url: str, tmp_path: Path) -> None:
    web = House(
        tmp_path / "web", prepared=False, WORKERS="0", WALKERS_DIR=f"walkers:{WALKERS}", DATABASE_URL=url,
        DATABASE_POOLER="true",
    ).start()  # fmt: skip
    try:
        ana = Client(web.url, served.client().token)
        assert ana.wait(ana.start("echo", value=3))["result"]["report"] == [3]
    finally:
        web.stop()
