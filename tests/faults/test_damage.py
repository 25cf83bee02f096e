"""A database file that can't be used: a sentence at the start, 503 while the service runs, and nothing written for nobody."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.house import ROOT, House
from tests.support.ports import free_port
from tests.support.small_disk import fill, small_disk
from tests.support.until import until

pytestmark = pytest.mark.sqlite

__all__ = ["small_disk"]
PROCESSES = {
    "release": ["-m", "walkabout.processes", "release"],
    "web": ["-m", "walkabout.processes", "web"],
    "worker": ["-m", "walkabout.processes", "worker"],
    "make run": ["-m", "walkabout.launch"],
    "flask": ["-m", "flask", "--app", "app", "schedules", "list"],
}
# All of them begin in the same way; the others are tried by `make faults`.
FEW_PROCESSES = [name if name == "release" else pytest.param(name, marks=pytest.mark.long_fault) for name in PROCESSES]
# Without these even root may not write what a file's permissions forbid.
AS_ANYBODY = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner,-chown"]


def started(data: Path, process: str, before: list[str] | None = None) -> subprocess.CompletedProcess[str]:
    """Start a process on a data folder; it is to end by itself."""
    environment = {**os.environ, "DATA_DIR": str(data), "PORT": str(free_port()), "ADMIN_PASSWORD": "correct-horse"}
    return subprocess.run(
        [*(before or []), sys.executable, *PROCESSES[process]],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a database of some pages."""
    data = tmp_path_factory.mktemp("healthy") / "data"
    assert started(data, "release").returncode == 0
    with sqlite3.connect(data / "walkabout.db") as db:
        db.execute("CREATE TABLE filler (text TEXT)")
        db.executemany("INSERT INTO filler VALUES (?)", [("x" * 3000,)] * 300)
    db.close()
    return data


def no_database(file: Path) -> None:
    file.write_text("Dear diary, " * 200)


def truncated(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 3)


def zeros_in_the_middle(file: Path) -> None:
    with open(file, "r+b") as opened:
        opened.seek(20 * 4096)
        opened.write(bytes(60 * 4096))


def garbage_in_a_page(file: Path) -> None:
    with open(file, "r+b") as opened:
        opened.seek(4096)
        opened.write(b"\xff" * 4096)


def newer(file: Path) -> None:
    with sqlite3.connect(file) as db:
        db.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_to_come', '2026-01-01')")
    db.close()


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("process", FEW_PROCESSES)
@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (no_database, "not a database"),
        (truncated, "damaged"),
        (zeros_in_the_middle, "damaged"),
        (garbage_in_a_page, "damaged"),
        (newer, "newer version"),
        (a_folder, "can't be written"),
    ],
)
def test_a_start_says_in_a_sentence_what_is_wrong_with_the_file(
    healthy: Path, tmp_path: Path, damage: Callable[[Path], None], word: str, process: str
) -> None:
    data = tmp_path / "data"
    shutil.copytree(healthy, data)
    damage(data / "walkabout.db")
    ended = started(data, process)
    lines = (ended.stdout + ended.stderr).splitlines()
    assert ended.returncode not in (0, None)
    assert len(lines) == 1, lines
    assert str(data / "walkabout.db") in lines[0]
    assert word in lines[0]
    assert "restore a backup" in lines[0] or "let the user" in lines[0]


def test_damage_that_only_a_look_at_every_page_finds_is_found_at_the_start(healthy: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(healthy, data)
    file = data / "walkabout.db"
    with open(file, "r+b") as opened:
        opened.seek(-40 * 4096, os.SEEK_END)
        opened.write(bytes(4096))
    assert "damaged" in started(data, "release").stderr


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv")
@pytest.mark.parametrize("process", FEW_PROCESSES)
@pytest.mark.parametrize("what", ["file", "folder", "unreadable folder"])
def test_a_start_says_what_it_may_not_write(healthy: Path, tmp_path: Path, process: str, what: str) -> None:
    data = tmp_path / "data"
    shutil.copytree(healthy, data)
    if what == "file":
        (data / "walkabout.db").chmod(0o400)
    else:
        data.chmod(0o500 if what == "folder" else 0)
    ended = started(data, process, AS_ANYBODY if os.geteuid() == 0 else [])
    data.chmod(0o700)
    lines = (ended.stdout + ended.stderr).splitlines()
    assert (ended.returncode, len(lines)) == (1, 1), lines
    assert str(data) in lines[0]
    assert "let the user with the id" in lines[0]


@pytest.mark.parametrize("process", FEW_PROCESSES)
@pytest.mark.parametrize("begun", [False, True], ids=["nothing there", "a database there"])
def test_a_start_on_a_full_disk_says_so(small_disk: Path, healthy: Path, process: str, begun: bool) -> None:
    data = small_disk / "data"
    if begun:
        shutil.copytree(healthy, data)
    fill(small_disk)
    ended = started(data, process)
    lines = (ended.stdout + ended.stderr).splitlines()
    assert (ended.returncode, len(lines)) == (1, 1), lines
    assert str(data) in lines[0]
    assert "full" in lines[0] or "No space" in lines[0]


# While it runs.


@pytest.fixture
def running(new_house: Any) -> Iterator[House]:
    yield new_house(WORKERS="1").start()


def replaced(file: Path) -> None:
    shutil.copy(file, file.with_suffix(".copy"))
    file.with_suffix(".copy").replace(file)


def moved(file: Path) -> None:
    file.rename(file.with_suffix(".old"))


def folder_removed(file: Path) -> None:
    shutil.rmtree(file.parent)


@pytest.mark.parametrize("lose", [Path.unlink, moved, replaced, folder_removed])
def test_a_file_that_is_lost_is_noticed_and_nothing_more_is_written(
    running: House, lose: Callable[[Path], None]
) -> None:
    ana = running.client()
    before = ana.wait(ana.start("count"))
    assert before["state"] == "SUCCESS"
    file = Path(running.environment["DATA_DIR"]) / "walkabout.db"
    lose(file)
    until(lambda: ana.js("walker_run", name="count").status_code == 503)
    refused = ana.js("walker_run", name="count", ctx={}, is_async=True)
    assert (refused.status_code, refused.json()["success"]) == (503, False)
    assert "removed or replaced" in refused.json()["response"]
    assert str(file.parent) not in refused.text
    running.wait("database.lost", path=str(file))
    assert [line for line in running.lines if "Traceback" in line] == []


def test_a_file_that_is_put_back_goes_on_being_used(running: House) -> None:
    ana = running.client()
    file = Path(running.environment["DATA_DIR"]) / "walkabout.db"
    file.rename(file.with_suffix(".old"))
    until(lambda: ana.js("walker_run", name="count").status_code == 503)
    file.with_suffix(".old").rename(file)
    until(lambda: ana.js("walker_run", name="count").status_code == 200)
    assert ana.wait(ana.start("count"))["state"] == "SUCCESS"


def test_damage_that_is_met_while_it_runs_is_told_with_what_to_do(running: House) -> None:
    ana = running.client()
    folder = Path(running.environment["DATA_DIR"])
    with sqlite3.connect(folder / "walkabout.db") as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'alias'").fetchone()
        (index,) = db.execute(
            "SELECT min(rootpage) FROM sqlite_schema WHERE tbl_name = 'alias' AND type = 'index'"
        ).fetchone()
    db.close()
    with open(folder / "walkabout.db", "r+b") as file:
        for page in filter(None, (root, index)):
            file.seek((page - 1) * 4096)
            file.write(b"\xff" * 4096)
    refused = ana.js("alias_list")
    assert refused.status_code == 503
    assert "damaged (database disk image is malformed)" in refused.json()["response"]
    assert "restore a backup" in refused.json()["response"]
    running.wait("database.damaged", path=str(folder / "walkabout.db"))


# The file and the log beside it.


def test_after_a_clean_stop_the_file_alone_is_whole(running: House) -> None:
    ana = running.client()
    jobs = [ana.start("count") for _ in range(20)]
    assert [ana.wait(job)["state"] for job in jobs] == ["SUCCESS"] * 20
    assert running.stop() == 0
    folder = Path(running.environment["DATA_DIR"])
    copy = folder / "copy.db"
    shutil.copy(folder / "walkabout.db", copy)
    with sqlite3.connect(copy) as db:
        assert db.execute("SELECT count(*) FROM job WHERE state = 'SUCCESS'").fetchone() == (20,)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def test_the_log_beside_the_file_is_emptied_after_a_burst(new_house: Any) -> None:
    house = new_house(WORKERS="1", WAL_MAX_MB="0.5").start()
    ana = house.client()
    wal = Path(house.environment["DATA_DIR"]) / "walkabout.db-wal"
    for _ in range(8):
        ana.run("grow", count=200)
    assert wal.stat().st_size > 500_000
    until(lambda: wal.stat().st_size == 0)
    assert ana.wait(ana.start("count"))["state"] == "SUCCESS"
