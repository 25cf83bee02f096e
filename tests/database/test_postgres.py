"""PostgreSQL itself: the same tables as in SQLite, what its concurrency could spoil, and its ways of failing."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import Clock
from tests.support.databases import DATABASES
from tests.support.jobs import a_spec, claimed, entered, started, state, task
from tests.support.schedule_harness import ScheduleHarness, every
from tests.support.until import until
from walkabout.database.connections import Collision, Conflict, ConstraintRefused, Database, Unavailable, engine_of
from walkabout.database.errors import Unusable
from walkabout.database.sqlite import Sqlite
from walkabout.database.upgrade import MIGRATIONS
from walkabout.graph.view import GraphView
from walkabout.jobs.specs import LeaseLost
from walkabout.people.masters import Master
from walkabout.sequences.journal import JobJournal
from walkabout.service import Service
from walkabout.settings import Settings

pytestmark = pytest.mark.postgres
TYPES = {"INTEGER": "bigint", "TEXT": "text", "REAL": "double precision", "BLOB": "bytea"}
AT_ONCE = 4
MIGRATE = """
import sys
from walkabout.database.connections import Database, engine_of
from walkabout.settings import Settings
input()
db = Database(engine_of(Settings(database_url=sys.argv[1])))
print(len(db.migrate()))
"""


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    yield DATABASES.settings(tmp_path / "empty")["database_url"]
    DATABASES.drop(tmp_path / "empty")


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    made = Database(Sqlite(tmp_path / "walkabout.db"))
    made.migrate()
    yield made
    made.close()


def database(url: str) -> Database:
    return Database(engine_of(Settings(database_url=url)))


def own_tables(sqlite: Database) -> list[str]:
    names = sqlite.values(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    )
    return [name for name in names if name != "schema_migration"]  # that one is peewee's


def test_the_tables_have_the_same_columns(service: Service, sqlite: Database) -> None:
    for table in own_tables(sqlite):
        rows = sqlite.rows(f"PRAGMA table_info({table})")
        wanted = {name: (TYPES[kind], not (required or key)) for _, name, kind, required, _, key in rows}
        found = service.db.rows(
            "SELECT column_name, data_type, is_nullable FROM information_schema.columns"
            " WHERE table_name = ? AND table_schema = current_schema()",
            (table,),
        )
        assert {name: (kind, null == "YES") for name, kind, null in found} == wanted, table


def test_the_tables_have_the_same_indexes(service: Service, sqlite: Database) -> None:
    wanted = sqlite.rows(
        'SELECT m.name, m.tbl_name, i."unique", i.partial FROM sqlite_master m JOIN pragma_index_list(m.tbl_name) i'
        " ON i.name = m.name WHERE m.type = 'index' AND m.sql IS NOT NULL AND m.tbl_name <> 'schema_migration' ORDER BY m.name"
    )
    found = service.db.rows(
        "SELECT c.relname, t.relname, i.indisunique::int, (i.indpred IS NOT NULL)::int FROM pg_index i"
        " JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_constraint o ON o.conindid = c.oid"
        " WHERE n.nspname = current_schema() AND o.oid IS NULL AND t.relname <> 'schema_migration' ORDER BY c.relname"
    )
    assert found == wanted


def test_the_tables_have_the_same_keys_and_checks(service: Service, sqlite: Database) -> None:
    for table in own_tables(sqlite):
        text = sqlite.value("SELECT sql FROM sqlite_master WHERE name = ?", (table,))
        foreign = len({row[0] for row in sqlite.rows(f"PRAGMA foreign_key_list({table})")})
        unique = sum(row[3] == "u" for row in sqlite.rows(f"PRAGMA index_list({table})"))
        found = dict(
            service.db.rows(
                "SELECT contype::text, count(*) FROM pg_constraint WHERE conrelid = CAST(? AS regclass) GROUP BY 1",
                (table,),
            )
        )
        assert found.pop("p", 0) == 1
        assert (found.get("f", 0), found.get("u", 0), found.get("c", 0)) == (foreign, unique, text.count("CHECK")), (
            table
        )


def test_several_processes_that_start_at_once_all_succeed(url: str) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(AT_ONCE)
    ]  # fmt: skip
    said = [process.communicate("\n", timeout=60) for process in started]
    assert [process.returncode for process in started] == [0] * AT_ONCE, said
    assert sorted(int(out) for out, _ in said) == [0] * (AT_ONCE - 1) + [len(list(MIGRATIONS.glob("[0-9]*.py")))]


@pytest.mark.parametrize("end", ["@127.0.0.1:1/x", "@127.0.0.1:1/x?sslmode=nonsense", ":x:y"])
def test_no_error_shows_the_password(end: str) -> None:
    with pytest.raises(Unusable) as refused:
        database(f"postgres://ana:hush{end}").migrate()
    assert "hush" not in f"{refused.value!r} {refused.value}"


def test_the_settings_do_not_show_the_password() -> None:
    assert "hush" not in repr(Settings(database_url="postgresql://ana:hush@db/x", redis_url="redis://:hush@db/0"))


def test_parameters_of_the_url_reach_the_driver() -> None:
    engine: Any = engine_of(
        Settings(database_url="postgres://ana:p%40x@db:6000/x?sslmode=verify-full&sslrootcert=/ca.pem")
    )
    given = {name: engine.conninfo[name] for name in ("password", "port", "sslmode", "sslrootcert")}
    assert given == {"password": "p@x", "port": "6000", "sslmode": "verify-full", "sslrootcert": "/ca.pem"}


def waits(db: Database) -> bool:
    """Whether somebody waits for a lock."""
    question = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return bool(db.value(question))


def while_held(db: Database, work: Callable[[], Any], then: Callable[[], Any]) -> Any:
    """What `then` gives, asked in another thread while this one's transaction, with `work` done, is open."""
    with ThreadPoolExecutor(2) as pool:
        with db.transaction(concurrent=True):
            work()
            other = pool.submit(then)
            # In a thread of its own: a transaction sees others as they were when it first looked.
            until(lambda: other.done() or pool.submit(waits, db).result())
        return other.result(20)


def called(noted: list[int], work: Callable[[], int]) -> None:
    """Call, and note what it gave."""
    noted.append(work())


def kept(service: Service, view: GraphView) -> None:
    """Save what a view has changed, within the transaction that is there or in one of its own."""
    with service.db.transaction(concurrent=True):
        view.finish().apply(service.db)


def test_of_two_who_take_a_run_over_the_later_leaves_the_next_attempt_alone(service: Service) -> None:
    claim = started(service)

    def take_over_and_claim() -> None:
        service.ledger.rescue("consumer-1", None, 2)
        assert claimed(service, "consumer-2").attempt == 2

    assert while_held(service.db, take_over_and_claim, lambda: service.ledger.rescue("consumer-1", None, 2)) == []
    assert (state(service, claim.uid), task(service, claim.uid).attempt) == ("STARTED", 2)


def test_a_run_that_ends_meanwhile_is_not_taken_away(service: Service) -> None:
    claim = started(service)
    assert while_held(
        service.db, lambda: service.ledger.succeed(claim, "{}"), lambda: service.ledger.rescue("consumer-1", None, 2)
    ) == []  # fmt: skip
    assert state(service, claim.uid) == "SUCCESS"


def test_two_who_let_held_runs_go_let_one_go(harness: ScheduleHarness, service: Service) -> None:
    id = harness.add(every(1), overlap="queue")
    harness.ticks(4, finish=False)
    running = harness.claim()
    assert running is not None
    service.ledger.succeed(running, "{}")

    def release_and_run() -> None:
        assert service.ledger.release_held(id) == 1

    assert while_held(service.db, release_and_run, lambda: service.ledger.release_held(id)) == 0
    assert service.db.value("SELECT count(*) FROM job WHERE schedule = ? AND held = 0 AND ended_at IS NULL", (id,)) == 1


def test_a_person_is_ended_with_a_run_that_is_claimed_meanwhile(service: Service) -> None:
    uid = service.ledger.enqueue(a_spec())
    while_held(service.db, lambda: claimed(service), lambda: service.ledger.end_all_of("nobody", "because"))
    assert service.db.rows("SELECT state, cancel, reason FROM job WHERE uid = ?", (uid,)) == [("STARTED", 1, "because")]


def test_of_two_who_forget_what_has_ended_neither_waits(service: Service) -> None:
    for _ in range(3):
        service.ledger.succeed(started(service), "{}")
    later = service.clock() + 1
    done: list[int] = []
    while_held(
        service.db,
        lambda: done.append(service.ledger.forget_ended(later, 2)),
        lambda: done.append(service.ledger.forget_ended(later)),
    )
    assert done == [2, 1]


def test_a_run_that_is_due_is_let_go_by_one_of_two_and_neither_waits(service: Service, clock: Clock) -> None:
    uids = [service.ledger.enqueue(a_spec(eta=clock() + 10)) for _ in range(3)]
    clock.pass_(10)
    done: list[int] = []
    release = partial(called, done, service.ledger.release_due)
    while_held(service.db, release, release)
    assert done == [3, 0]
    assert {state(service, uid) for uid in uids} == {"PENDING"}


def test_an_entry_of_a_journal_is_kept_or_its_run_is_taken_over_never_both(service: Service) -> None:
    claim = started(service)
    journal = JobJournal(service.db, service.ledger, claim, nullcontext)
    taken = while_held(service.db, lambda: journal.append("{}"), lambda: service.ledger.rescue("consumer-1", None, 2))
    assert taken == [(claim.uid, "PENDING")]
    assert journal.read() == ["{}"]
    with pytest.raises(LeaseLost):
        journal.append("{}")


def test_an_entry_of_a_run_that_is_just_taken_over_is_refused(service: Service) -> None:
    claim = started(service)
    journal = JobJournal(service.db, service.ledger, claim, nullcontext)

    def append() -> str:
        try:
            journal.append("{}")
        except LeaseLost:
            return "refused"
        return "kept"

    assert while_held(service.db, lambda: service.ledger.rescue("consumer-1", None, 2), append) == "refused"
    assert journal.read() == []


def test_a_node_stays_while_an_edge_to_it_is_made(service: Service, ana: Master) -> None:
    root = service.view(ana).node(ana.active_graph or "")
    view = service.view(ana)
    other = view.create("thing", {}, view.node(root.uid))
    kept(service, view)
    making, deleting = service.view(ana), service.view(ana)
    making.connect(making.node(root.uid), making.node(other.uid), "to", {})
    deleting.delete(deleting.node(other.uid))

    def delete() -> str:
        try:
            kept(service, deleting)
        except Conflict:
            return "conflict"
        return "deleted"

    deleted = while_held(service.db, lambda: kept(service, making), delete)
    edges = service.db.value("SELECT count(*) FROM edge WHERE target = ?", (other.uid,))
    assert (deleted, edges) in (("deleted", 0), ("conflict", 1))


def test_each_run_is_claimed_once_however_many_claim(service: Service) -> None:
    asked = [service.ledger.enqueue(a_spec()) for _ in range(60)]
    consumer, together = entered(service.db), threading.Barrier(6)

    def work() -> list[str]:
        together.wait()
        found = []
        while (claim := service.ledger.claim(consumer, "huey@box", 1)) is not None:
            found.append(claim.uid)
        return found

    with ThreadPoolExecutor(6) as pool:
        taken = [uid for done in [pool.submit(work) for _ in range(6)] for uid in done.result(30)]
    assert sorted(taken) == sorted(asked)


def test_a_deadlock_is_a_conflict_that_passes(service: Service, ana: Master, bob: Master) -> None:
    together = threading.Barrier(2)

    def rename(first: Master, second: Master) -> str:
        try:
            with service.db.transaction(concurrent=True):
                service.masters.rename(first.uid, "x")
                together.wait(20)
                service.masters.rename(second.uid, "x")
        except Collision:
            return "undone"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(rename, ana, bob), pool.submit(rename, bob, ana)]
        assert sorted(one.result(30) for one in both) == ["done", "undone"]


def test_an_error_that_somebody_swallowed_is_no_commit(service: Service, ana: Master) -> None:
    done: list[int] = []
    with pytest.raises(Unavailable), service.db.transaction():
        service.masters.rename(ana.uid, "x")
        service.db.after_commit(lambda: done.append(1))
        with suppress(ConstraintRefused):
            service.db.change("INSERT INTO alias (master, name, value) VALUES ('nobody', 'n', 'v')")
    found = service.masters.by_uid(ana.uid)
    assert (done, found and found.name) == ([], "ana")


def test_connections_that_the_server_ended_are_replaced(service: Service, tmp_path: Path) -> None:
    assert service.db.rows("SELECT 1") == [(1,)]
    other = database(service.settings.database_url)
    other.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
               " AND pid <> pg_backend_pid()")  # fmt: skip
    until(lambda: other.value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()") == 1)
    assert service.db.rows("SELECT 1") == [(1,)]
    other.close()


def test_a_connection_that_a_thread_keeps_is_replaced_after_a_failure(service: Service) -> None:
    db = database(service.settings.database_url)
    db.keep_connection()
    with pytest.raises(Unavailable):
        db.rows("SELECT pg_terminate_backend(pg_backend_pid())")
    assert db.rows("SELECT 1") == [(1,)]
    db.close()


def test_behind_a_pooler_nothing_stays_in_a_session(service: Service) -> None:
    settings = Settings(database_url=service.settings.database_url, database_pooler=True)
    engine: Any = engine_of(settings)
    db = Database(engine)
    for _ in range(20):
        assert db.rows("SELECT uid FROM master WHERE uid = ?", ("x",)) == []
    assert "options" not in engine.conninfo
    assert db.rows("SELECT count(*) FROM pg_prepared_statements") == [(0,)]
    db.close()
