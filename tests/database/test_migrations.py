"""The tables are made by migrations, whoever starts first."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from peewee import SqliteDatabase
from playhouse.migrations import Runner

from walkabout.database.connections import ConstraintRefused, Database
from walkabout.database.sqlite import Sqlite
from walkabout.database.upgrade import MIGRATIONS

AT_ONCE = 6
FIRST = 3  # migrations of a database that stopped half-way
MIGRATE = """
import sys
from pathlib import Path
from walkabout.database.connections import ConstraintRefused, Database
from walkabout.database.sqlite import Sqlite
input()
db = Database(Sqlite(Path(sys.argv[1])))
print(len(db.migrate()))
db.close()
"""


def schema(db: Database) -> list[tuple[str, ...]]:
    """Tables and indexes, by name."""
    return [tuple(row) for row in db.rows("SELECT type, name, sql FROM sqlite_master ORDER BY type, name")]


def migrated(path: Path) -> Database:
    db = Database(Sqlite(path))
    db.migrate()
    return db


def test_several_processes_that_start_at_once_all_succeed(tmp_path: Path) -> None:
    path = tmp_path / "data" / "walkabout.db"
    command = [sys.executable, "-c", MIGRATE, str(path)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(AT_ONCE)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=30) for process in started]
    assert [process.returncode for process in started] == [0] * AT_ONCE, said
    every = len(list(MIGRATIONS.glob("[0-9]*.py")))
    assert sorted(int(out) for out, _ in said) == [0] * (AT_ONCE - 1) + [every]


def test_a_second_run_of_the_migrations_changes_nothing(tmp_path: Path) -> None:
    db = migrated(tmp_path / "walkabout.db")
    before = schema(db)
    assert db.migrate() == []
    assert schema(db) == before
    db.close()


def test_migrating_twice_gives_the_same_schema(tmp_path: Path) -> None:
    one, two = migrated(tmp_path / "one.db"), migrated(tmp_path / "two.db")
    assert schema(one) == schema(two)
    one.close()
    two.close()


def test_the_tables_in_memory_are_those_in_a_file(tmp_path: Path) -> None:
    memory, file = Database(Sqlite(None)), migrated(tmp_path / "walkabout.db")
    memory.migrate()
    assert schema(memory) == schema(file)
    memory.close()
    file.close()


def test_a_database_that_stopped_half_way_is_brought_up_to_date(tmp_path: Path) -> None:
    whole, half = migrated(tmp_path / "whole.db"), tmp_path / "half.db"
    first = tmp_path / "first"
    first.mkdir()
    names = sorted(path.stem for path in MIGRATIONS.glob("[0-9]*.py"))
    for name in names[:FIRST]:
        shutil.copy(MIGRATIONS / f"{name}.py", first)
    old = SqliteDatabase(half)
    Runner(old, str(first)).up()
    old.close()
    db = Database(Sqlite(half))
    assert db.migrate() == names[FIRST:]
    assert schema(db) == schema(whole)
    whole.close()
    db.close()


def test_no_two_migrations_have_one_number() -> None:
    numbers = [int(path.name[:4]) for path in MIGRATIONS.glob("[0-9]*.py")]
    assert len(numbers) == len(set(numbers))


def test_the_data_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    migrated(tmp_path / "data" / "walkabout.db").close()
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_tasks_and_their_ids_survive_the_new_rule_for_names(tmp_path: Path) -> None:
    path = tmp_path / "walkabout.db"
    old, before = SqliteDatabase(path), tmp_path / "before"
    before.mkdir()
    for migration in MIGRATIONS.glob("[0-9]*.py"):
        if int(migration.name[:4]) < 40:
            shutil.copy(migration, before)
    Runner(old, str(before)).up()
    row = "INSERT INTO schedule (name, task, argument, schedule, timezone, owner, state, anchor, created_at, updated_at)" \
          " VALUES (?, 'ScheduledWalker', '{}', '{}', 'UTC', ?, 'disabled', 1, 1, 1)"  # fmt: skip
    for name in ("a", "b", "c"):
        old.execute_sql(row, (name, "ana"))
    old.execute_sql("DELETE FROM schedule WHERE name = 'c'")
    old.close()
    db = migrated(path)
    assert [tuple(one) for one in db.rows("SELECT id, name FROM schedule ORDER BY id")] == [(1, "a"), (2, "b")]
    with db.transaction():
        db.change(row, ("a", "bob"))
        with pytest.raises(ConstraintRefused, match=r"schedule\.name"):
            db.change(row, ("a", "bob"))
    assert [tuple(one) for one in db.rows("SELECT id, name FROM schedule WHERE owner = 'bob'")] == [(4, "a")]
    db.close()
