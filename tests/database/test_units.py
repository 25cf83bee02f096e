"""Units: transactions that begin with the first change."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from walkabout.database.connections import Database
from walkabout.database.sqlite import Sqlite


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = Database(Sqlite(tmp_path / "walkabout.db"))
    made.change("CREATE TABLE t (n INTEGER UNIQUE)")
    yield made
    made.close()


def put(db: Database, n: int) -> None:
    db.change("INSERT INTO t VALUES (?)", (n,))


def rows(db: Database) -> list[int]:
    return [n for (n,) in db.rows("SELECT n FROM t ORDER BY n")]


def on_another_thread(work: object) -> None:
    thread = threading.Thread(target=work)  # type: ignore[arg-type]
    thread.start()
    thread.join(5)
    assert not thread.is_alive()


def test_all_of_a_unit_is_kept_at_its_end(db: Database) -> None:
    seen: list[list[int]] = []
    with db.unit():
        put(db, 1)
        with db.transaction():
            put(db, 2)
        on_another_thread(lambda: seen.append(rows(db)))
    assert (seen, rows(db)) == ([[]], [1, 2])


def test_nothing_of_a_unit_that_raises_is_kept(db: Database) -> None:
    with pytest.raises(ValueError), db.unit():
        put(db, 1)
        raise ValueError
    assert rows(db) == []


def test_others_write_until_the_first_change(db: Database) -> None:
    with db.unit():
        on_another_thread(lambda: put(db, 1))
        assert (rows(db), db.in_unit) == ([1], False)
        put(db, 2)
        assert db.in_unit
    assert rows(db) == [1, 2]


def test_after_a_first_change_that_raises_others_write_again(db: Database) -> None:
    with db.unit():
        with pytest.raises(ValueError), db.transaction():
            put(db, 1)
            raise ValueError
        on_another_thread(lambda: put(db, 2))
        put(db, 3)
    assert rows(db) == [2, 3]


def test_a_later_change_that_raises_leaves_the_first_one(db: Database) -> None:
    with db.unit():
        put(db, 1)
        with pytest.raises(ValueError), db.transaction():
            put(db, 2)
            raise ValueError
    assert rows(db) == [1]


def test_what_is_done_apart_is_kept_whatever_becomes_of_the_unit(db: Database) -> None:
    with pytest.raises(ValueError), db.unit():
        with db.apart():
            put(db, 1)
        put(db, 2)
        raise ValueError
    assert rows(db) == [1]


def test_nothing_is_done_apart_from_a_unit_that_has_begun(db: Database) -> None:
    with db.unit():
        put(db, 1)
        with pytest.raises(RuntimeError), db.apart():
            put(db, 2)
    assert rows(db) == [1]


def test_what_waits_for_the_commit_is_done_after_the_unit(db: Database) -> None:
    done: list[str] = []
    with db.unit():
        put(db, 1)
        db.after_commit(lambda: done.append("rung"))
        assert done == []
    assert done == ["rung"]
