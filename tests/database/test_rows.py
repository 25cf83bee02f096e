"""Connections, transactions, and the rules that the database itself keeps."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cast import person
from walkabout.database.connections import ConstraintRefused, Database, Unavailable, engine_of
from walkabout.database.sqlite import POOL, Sqlite
from walkabout.service import Service
from walkabout.settings import Settings

JOB = {
    "uid": "u", "kind": "test", "name": "echo", "owner": "o", "argument": "{}", "state": "PENDING", "queued_at": 1.0
}  # fmt: skip
LONG_S = 30.0
STARTED = {"state": "STARTED", "consumer": "c", "started_at": 1.0, "attempt": 1}


def insert(db: Database, table: str, row: dict[str, object]) -> None:
    marks = ", ".join("?" * len(row))
    db.change(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = Database(Sqlite(tmp_path / "walkabout.db"))
    made.migrate()
    yield made
    made.close()


@pytest.mark.parametrize(
    "row",
    [
        JOB,
        JOB | {"wait_until": 5.0},
        JOB | STARTED,
        JOB | {"state": "RETRY", "wait_until": 5.0},
        *(JOB | {"state": state, "ended_at": 5.0} for state in ("SUCCESS", "FAILURE", "REVOKED", "SKIPPED", "MISSED")),
    ],
)
def test_a_row_of_each_state_is_possible(db: Database, row: dict[str, object]) -> None:
    insert(db, "job", row)


@pytest.mark.parametrize(
    "row",
    [
        JOB | {"state": "DONE"},
        JOB | {"ended_at": 5.0},
        JOB | {"consumer": "c"},
        JOB | {"state": "SUCCESS"},
        JOB | {"state": "SUCCESS", "ended_at": 5.0, "consumer": "c"},
        JOB | {"state": "REVOKED", "ended_at": 5.0, "wait_until": 9.0},
        JOB | {"state": "STARTED"},
        JOB | STARTED | {"ended_at": 5.0},
        JOB | STARTED | {"wait_until": 5.0},
        JOB | {"state": "RETRY"},
        JOB | {"state": "RETRY", "wait_until": 5.0, "consumer": "c"},
    ],
)
def test_an_impossible_row_is_refused(db: Database, row: dict[str, object]) -> None:
    with pytest.raises(ConstraintRefused):
        insert(db, "job", row)


def test_two_jobs_of_one_uid_are_refused(db: Database) -> None:
    insert(db, "job", JOB)
    with pytest.raises(ConstraintRefused):
        insert(db, "job", JOB)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE node SET access = 'secret'",
        "UPDATE node SET type = 'tree'",
        "UPDATE node SET owner = 'nobody'",
        "INSERT INTO share (object, master, level) SELECT 'x', uid, 'all' FROM master",
        "INSERT INTO consumer (uid, kind, name, machine, pid, process_started, started_at, pulse_at)"
        " VALUES ('c', 'cook', 'n', 'm', 1, '1', 0, 0)",
        "INSERT INTO token (hash, master, created_at, expires_at) VALUES ('h', 'nobody', 0, 0)",
    ],
)
def test_a_change_against_the_rules_is_refused(service: Service, change: str) -> None:
    person(service, "ana")
    with pytest.raises(ConstraintRefused):
        service.db.change(change)


def test_a_transaction_keeps_all_or_nothing(db: Database) -> None:
    with pytest.raises(RuntimeError), db.transaction():
        insert(db, "job", JOB)
        raise RuntimeError
    assert db.rows("SELECT * FROM job") == []


def test_an_inner_transaction_that_fails_leaves_the_outer_one(db: Database) -> None:
    with db.transaction():
        insert(db, "job", JOB)
        with pytest.raises(ConstraintRefused), db.transaction():
            insert(db, "job", JOB)
    assert len(db.rows("SELECT * FROM job")) == 1


def test_what_comes_after_a_commit_comes_at_once_outside_of_one(db: Database) -> None:
    done: list[int] = []
    db.after_commit(lambda: done.append(1))
    assert done == [1]


def test_a_failed_transaction_does_nothing_afterwards(db: Database) -> None:
    done: list[int] = []
    with pytest.raises(RuntimeError), db.transaction():
        db.after_commit(lambda: done.append(1))
        raise RuntimeError
    with db.transaction():
        pass
    assert done == []


def test_no_thread_keeps_a_connection(db: Database) -> None:
    threads = [threading.Thread(target=db.rows, args=("SELECT 1",)) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db._db._in_use == {}


def test_threads_that_write_at_once_wait_for_each_other(db: Database) -> None:
    insert(db, "job", JOB | {"priority": 0})

    def add() -> None:
        for _ in range(10):
            with db.transaction():
                (value,) = db.rows("SELECT priority FROM job")[0]
                db.change("UPDATE job SET priority = ?", (value + 1,))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.rows("SELECT priority FROM job") == [(40,)]


def test_any_number_of_values_can_be_asked_for_at_once(db: Database) -> None:
    which, params = db.among("uid", [str(number) for number in range(100_000)])
    assert db.rows(f"SELECT uid FROM job WHERE {which}", params) == []


def test_many_rows_that_break_a_rule_are_refused_together(db: Database) -> None:
    with pytest.raises(ConstraintRefused), db.transaction():
        db.change_many("INSERT INTO schema_migration (name, applied) VALUES (?, 0)", [("a",), ("a",)])
    assert db.rows("SELECT 1 FROM schema_migration WHERE name = 'a'") == []


def test_the_database_is_in_the_data_folder_by_default(tmp_path: Path) -> None:
    assert engine_of(Settings(data_dir=str(tmp_path))).path == tmp_path / "walkabout.db"


def test_a_url_names_another_file(tmp_path: Path) -> None:
    assert engine_of(Settings(database_url=f"sqlite:///{tmp_path}/other.db")).path == tmp_path / "other.db"


def test_closing_lets_other_threads_finish_what_they_ask(db: Database) -> None:
    count = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000) SELECT count(*) FROM n"
    stop = threading.Event()
    answers: set[int] = set()

    def ask() -> None:
        while not stop.is_set():
            answers.add(db.rows(count)[0][0])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(200):
        db.close()
    stop.set()
    for thread in threads:
        thread.join()
    assert answers == {20_000}


def test_two_services_in_one_process_do_not_mix(service: Service, tmp_path: Path) -> None:
    other = Database(Sqlite(tmp_path / "other.db"))
    other.migrate()
    person(service, "ana")
    assert other.rows("SELECT * FROM master") == []
    other.close()


def test_a_connection_that_comes_back_is_taken_at_once_by_one_who_waits(tmp_path: Path) -> None:
    db = Database(Sqlite(tmp_path / "many.db"))
    started, answers = threading.Barrier(POOL * 4), []

    def ask() -> None:
        started.wait(LONG_S)
        for _ in range(20):
            answers.append(db.rows("SELECT 1"))

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(POOL * 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_S)
    assert answers == [[(1,)]] * (POOL * 4 * 20)
    assert db._db._free._value == POOL
    db.close()


def test_a_connection_that_could_not_be_opened_is_nobodys(tmp_path: Path) -> None:
    db = Database(Sqlite(tmp_path / "no-such-folder" / "x.db"))
    for _ in range(POOL + 1):
        with pytest.raises(Unavailable):
            db.rows("SELECT 1")
