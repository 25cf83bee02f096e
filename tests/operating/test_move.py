"""A whole installation goes to another database, and nothing of it changes on the way."""

import gc
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import Result
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.support.databases import DATABASES
from tests.support.examples import examples
from tests.support.house import ROOT, House
from tests.support.random_installation import furnish
from walkabout.commands.offline import is_offline, offline_app
from walkabout.database.connections import Database, engine_of
from walkabout.database.contents import Contents
from walkabout.database.errors import Unusable
from walkabout.database.marks import HALF_MOVED, mark
from walkabout.database.sqlite import Sqlite
from walkabout.operating.move import NotMoved, move
from walkabout.service import build
from walkabout.settings import Settings

FILLED = ("master", "token", "node", "edge", "job", "job_file", "schedule", "audit", "saved_sequence", "consumer")
# Moves, and stands still when it is told of a table for the first time; whoever started it kills it there.
STANDS_STILL = """
import sys
from walkabout.operating.move import move
from walkabout.settings import Settings
def report(table, done, rows):
    if table == "schedule":
        print("there", flush=True)
        sys.stdin.read()
move(Settings(database_url=sys.argv[1]), Settings(database_url=sys.argv[2]), secret_key="", report=report)
"""


def silent(table: str, done: int, rows: int) -> None:
    """Nobody looks."""


def at(folder: Path) -> Settings:
    """The settings of an installation on SQLite in a folder."""
    return Settings(data_dir=str(folder), database_url=f"sqlite:///{folder}/walkabout.db")


def furnished(folder: Path, seed: int) -> Settings:
    """An installation with all sorts of things in it."""
    settings = at(folder)
    service = build(settings)
    furnish(service, Random(seed))
    service.close()
    gc.collect()  # what a refused row has left would keep the file open
    return settings


def everything(settings: Settings) -> tuple[dict[str, list[Any]], dict[str, int]]:
    """All rows of an installation in one order, and the ids that its tables count on from."""
    db = Database(engine_of(settings))
    contents = Contents(db)
    with db.transaction():
        found = {table: sorted(contents.rows(table), key=repr) for table in contents.tables}
        ids = contents.last_ids()
    db.close()
    return found, ids


@pytest.fixture
def target(tmp_path: Path) -> Settings:
    """An installation on the database of this run of the tests: nothing is there yet."""
    return replace(at(tmp_path / "target"), **DATABASES.settings(tmp_path / "target-of-tests"))


def moved(source: Settings, target: Settings) -> None:
    move(source, target, secret_key="", report=silent)


@pytest.mark.postgres
@examples(4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_there_and_back_every_row_is_the_same(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("moved")
    source, back = furnished(folder / "source", seed), at(folder / "back")
    there = replace(at(folder / "there"), database_url=DATABASES.settings(folder)["database_url"])
    try:
        before = everything(source)
        assert [table for table in FILLED if not before[0][table]] == []
        moved(source, there)
        assert everything(there)[0] == before[0]
        moved(there, back)
        assert everything(back) == before
        assert (folder / "back" / "secret_key").read_bytes() == (folder / "source" / "secret_key").read_bytes()
    finally:
        DATABASES.drop(folder)


@pytest.mark.parametrize("seed", range(3))
def test_a_copy_on_the_same_kind_of_database_is_the_same(seed: int, tmp_path: Path) -> None:
    source = furnished(tmp_path / "source", seed)
    moved(source, at(tmp_path / "target"))
    assert everything(at(tmp_path / "target")) == everything(source)


@pytest.mark.database
def test_a_service_goes_on_where_it_was_moved_to(tmp_path: Path, target: Settings) -> None:
    source = at(tmp_path / "source")
    before = build(source)
    master = before.new_master("moved@example.com", "a long password", "Moved")
    key = before.keys.key(master.uid, "echo")
    last = before.db.value("SELECT max(id) FROM audit")
    before.db.change("DELETE FROM audit WHERE id = ?", (last,))
    before.close()
    moved(source, target)
    after = build(target)
    assert after.keys.key(master.uid, "echo") == key
    after.new_master("new@example.com", "a long password", "New")
    assert after.db.value("SELECT max(id) FROM audit") > last  # no id is given twice, also of rows that are gone
    after.close()


def test_a_target_that_is_not_empty_is_refused_and_stays(tmp_path: Path) -> None:
    source, other = furnished(tmp_path / "source", 1), furnished(tmp_path / "other", 2)
    before = everything(other)
    with pytest.raises(NotMoved, match="is not empty"):
        moved(source, other)
    assert everything(other) == before
    build(other).close()


@pytest.mark.parametrize(
    ("source", "target", "says"),
    [
        ("sqlite:///{folder}/nothing.db", "sqlite:///{folder}/target.db", "there is no database at"),
        ("sqlite:///{folder}/source/walkabout.db", "sqlite:///{folder}/source/walkabout.db", "are the same"),
        ("sqlite:///{folder}/empty/walkabout.db", "sqlite:///{folder}/target.db", "it has no people"),
    ],
)
def test_what_can_t_be_moved_is_said(tmp_path: Path, source: str, target: str, says: str) -> None:
    furnished(tmp_path / "source", 1)
    build(at(tmp_path / "empty")).close()
    ran = cli(at(tmp_path / "any"), "move", source.format(folder=tmp_path), target.format(folder=tmp_path))
    assert (ran.exit_code, says in ran.output) == (1, True), ran.output
    assert not (tmp_path / "nothing.db").exists()


def cli(settings: Settings, *arguments: str) -> Result:
    """What a command of the offline ones says."""
    return offline_app(settings).test_cli_runner().invoke(args=arguments)


@pytest.mark.parametrize("url", ["mysql://root:secret@db/x", "sqlite:///a?b", "walkabout.db"])
def test_a_url_of_nothing_that_is_known_is_refused_without_its_password(tmp_path: Path, url: str) -> None:
    ran = cli(at(tmp_path), "move", url, "sqlite:///target.db")
    assert (ran.exit_code, "SOURCE: " in ran.output, "secret" in ran.output) == (2, True, False)


def test_the_command_tells_counts_and_where_the_key_is(tmp_path: Path) -> None:
    source = furnished(tmp_path / "source", 3)
    ran = cli(source, "move", source.database_url, at(tmp_path / "target").database_url)
    assert ran.exit_code == 0, ran.output
    jobs = len(everything(source)[0]["job"])
    assert [line.split()[1] for line in ran.output.splitlines() if line.startswith("job ")] == [str(jobs)]
    assert f"The secret key is in {tmp_path}/target/secret_key." in ran.output


@pytest.mark.parametrize(
    ("arguments", "offline"),
    [
        (["--app", "app", "move", "a", "b"], True),
        (["-A", "app", "--debug", "restore", "file"], True),
        (["--app", "move", "api", "backup"], False),
        (["--app", "app"], False),
        ([], False),
    ],
)
def test_only_these_commands_open_no_installation(arguments: list[str], offline: bool) -> None:
    assert is_offline(arguments) is offline


@pytest.mark.database
def test_a_killed_move_leaves_what_no_service_starts_on_and_a_second_move_mends(
    tmp_path: Path, target: Settings
) -> None:
    source = furnished(tmp_path / "source", 4)
    killed = subprocess.Popen(
        [sys.executable, "-c", STANDS_STILL, source.database_url, target.database_url],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert killed.stdout is not None
    assert killed.stdout.readline() == "there\n"
    killed.kill()
    killed.communicate()
    with pytest.raises(Unusable, match=r"holds half of an installation: moving it from .*source"):
        build(target)
    moved(source, target)
    assert everything(target)[0] == everything(source)[0]
    build(target).close()


@pytest.mark.database
def test_rows_that_got_lost_on_the_way_are_noticed(tmp_path: Path, target: Settings) -> None:
    source = furnished(tmp_path / "source", 5)
    other = Database(engine_of(target))

    def lose(table: str, done: int, rows: int) -> None:
        if table == "audit" and done == rows and rows:
            other.change("UPDATE audit SET detail = 'another' WHERE id = (SELECT min(id) FROM audit)")

    with pytest.raises(NotMoved, match=r"audit has \d+ rows with the sum \d+, read were \d+ with"):
        move(source, target, secret_key="", report=lose)
    assert mark(other, HALF_MOVED) is not None
    other.close()
    with pytest.raises(Unusable, match="holds half of an installation"):
        build(target)


def test_a_row_that_the_target_does_not_take_is_named(tmp_path: Path) -> None:
    source, target = furnished(tmp_path / "source", 6), at(tmp_path / "target")
    db = Database(Sqlite(tmp_path / "target" / "walkabout.db"))
    db.migrate()
    db.change("CREATE TRIGGER no BEFORE INSERT ON alias BEGIN SELECT RAISE(ABORT, 'not here'); END")
    db.close()
    with pytest.raises(NotMoved, match="does not take a row of alias: not here"):
        moved(source, target)


@pytest.mark.database
def test_nothing_is_moved_while_a_service_runs_on_it(new_house: Callable[..., House], tmp_path: Path) -> None:
    house = new_house(WORKERS="1").start()
    running = Settings.from_env(
        {name: value for name, value in house.environment.items() if name in ("DATA_DIR", "DATABASE_URL")}
    )
    url = running.database_url or f"sqlite:///{running.data_path}/walkabout.db"
    used, free = replace(running, database_url=url), at(tmp_path / "free")
    with pytest.raises(NotMoved, match=r"is in use .*: stop all of its services"):
        moved(used, free)
    source = furnished(tmp_path / "source", 7)
    with pytest.raises(NotMoved, match=r"is in use .*: stop all of its services"):
        moved(source, used)
    house.stop()
    moved(used, free)
    assert everything(free)[0]["master"] == everything(used)[0]["master"]
