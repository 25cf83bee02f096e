"""A backup is whole, whatever goes on meanwhile, and only a whole one is put in place."""

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.support.house import ADMIN, ROOT, House
from tests.support.small_disk import fill, small_disk
from walkabout.commands.offline import offline_app
from walkabout.service import Service, build
from walkabout.settings import Settings

__all__ = ["small_disk"]

pytestmark = pytest.mark.sqlite


def asked(data: Path, *arguments: str, **more: str) -> Result:
    """What one of the commands says about the installation in a folder."""
    settings = Settings(data_dir=str(data), **more)  # type: ignore[arg-type]
    return offline_app(settings).test_cli_runner().invoke(args=arguments)


def opened(data: Path) -> Service:
    return build(Settings(data_dir=str(data)))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of an installation with one person in it, who has a key."""
    service = opened(tmp_path / "data")
    master = service.new_master("kept@example.com", "a long password", "Kept")
    service.keys.key(master.uid, "echo")
    service.close()
    return tmp_path / "data"


def emails(data: Path) -> list[str]:
    service = opened(data)
    found = service.db.values("SELECT email FROM master ORDER BY email")
    service.close()
    return found


def add(data: Path, email: str) -> None:
    service = opened(data)
    service.new_master(email, "a long password", "New")
    service.close()


def test_a_backup_of_a_running_service_is_all_of_it(new_house: Callable[..., House], tmp_path: Path) -> None:
    house = new_house(WORKERS="1").start()
    ana = house.client()
    running = ana.start("slow", seconds=60, steps=600)
    house.wait("job.started", job=running)
    waiting = [ana.start("count") for _ in range(3)]
    key = ana.js("walker_get", wlk="echo", mode="keys").json()
    ran = subprocess.run(
        ["flask", "--app", "app", "backup", str(tmp_path / "backup.db")],
        cwd=ROOT, env=house.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, "is whole" in ran.stdout) == (0, True), ran.stderr
    assert (tmp_path / "backup.db").stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.db", "data"]
    house.stop()

    assert asked(tmp_path / "elsewhere", "restore", str(tmp_path / "backup.db")).exit_code == 0
    walkers = house.environment["WALKERS_DIR"]
    again = House(tmp_path / "elsewhere", prepared=False, WORKERS="1", WALKERS_DIR=walkers)
    again.start()
    try:
        ana = again.sign_in(*ADMIN)
        # What ran when the backup was made has lost its worker, and begins again.
        again.wait("job.started", job=running)
        assert ana.js("walker_queue_cancel", task_id=running).json()["state"] == "REVOKED"
        assert [ana.wait(task)["state"] for task in waiting] == ["SUCCESS"] * 3
        assert ana.js("walker_get", wlk="echo", mode="keys").json() == key
    finally:
        assert again.stop() == 0


def test_a_backup_comes_to_its_end_while_others_write(data: Path, tmp_path: Path) -> None:
    service = opened(data)
    enough, written = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not enough.is_set():
            number += 1
            service.db.change("INSERT INTO audit (at, event, actor, about, address, detail) VALUES (?, ?, '', '', '', ?)",
                              (float(number), "test", "x" * 5000))  # fmt: skip
            if number == 200:
                written.set()

    writer = threading.Thread(target=write)
    writer.start()
    written.wait(60)
    ran = asked(data, "backup", str(tmp_path / "backup.db"))
    enough.set()
    writer.join(60)
    assert ran.exit_code == 0, ran.output
    assert asked(tmp_path / "restored", "restore", str(tmp_path / "backup.db")).exit_code == 0
    restored = opened(tmp_path / "restored")
    numbers = restored.db.values("SELECT at FROM audit WHERE event = 'test' ORDER BY at")
    assert len(numbers) >= 200
    assert numbers == [float(number + 1) for number in range(len(numbers))]
    restored.close()
    service.close()


def test_a_full_disk_leaves_no_half_of_a_backup_and_the_old_one(small_disk: Path, data: Path) -> None:
    old = small_disk / "backup.db"
    assert asked(data, "backup", str(old)).exit_code == 0
    before = old.read_bytes()
    filler = fill(small_disk)
    ran = asked(data, "backup", "--replace", str(old))
    assert (ran.exit_code, "full" in ran.output or "No space" in ran.output) == (1, True), ran.output
    assert sorted(small_disk.iterdir()) == [old, filler]
    assert old.read_bytes() == before


def test_a_full_disk_leaves_the_installation_as_it_is(small_disk: Path, data: Path, tmp_path: Path) -> None:
    backup, here = tmp_path / "backup.db", small_disk / "data"
    assert asked(data, "backup", str(backup)).exit_code == 0
    add(here, "here@example.com")
    filler = fill(small_disk)
    ran = asked(here, "restore", "--replace", str(backup))
    assert (ran.exit_code, "full" in ran.output or "No space" in ran.output) == (1, True), ran.output
    filler.unlink()
    assert not list(here.glob("restoring*"))
    assert emails(here) == ["here@example.com"]


def spoil(backup: Path, how: str) -> None:
    content = bytearray(backup.read_bytes())
    if how == "cut":
        content = content[: len(content) // 2]
    elif how == "cut in its head":
        content = content[:50]
    elif how == "garbage":
        content = bytearray(b"not a database at all" * 500)
    elif how == "a page is overwritten":
        content[4096 * 3 : 4096 * 4] = b"\xff" * 4096
    backup.write_bytes(content)


@pytest.mark.parametrize("how", ["cut", "cut in its head", "garbage", "a page is overwritten"])
def test_a_file_that_is_not_whole_is_not_put_in_place(data: Path, tmp_path: Path, how: str) -> None:
    backup = tmp_path / "backup.db"
    assert asked(data, "backup", str(backup)).exit_code == 0
    spoil(backup, how)
    before = {path.name: path.read_bytes() for path in data.iterdir() if path.is_file()}
    ran = asked(data, "restore", "--replace", str(backup))
    assert ran.exit_code == 1
    assert any(word in ran.output for word in ("is cut off", "is no database", "is damaged", "malformed")), ran.output
    assert {path.name: path.read_bytes() for path in data.iterdir() if path.is_file()} == before
    assert emails(data) == ["kept@example.com"]


def test_a_backup_of_a_newer_version_is_not_put_in_place(data: Path, tmp_path: Path) -> None:
    newer = opened(data)
    newer.db.change("INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '2030-01-01')")
    newer.close()
    assert asked(data, "backup", str(tmp_path / "backup.db")).exit_code == 0
    ran = asked(tmp_path / "here", "restore", str(tmp_path / "backup.db"))
    assert (ran.exit_code, "newer version" in ran.output) == (1, True), ran.output
    assert list((tmp_path / "here").iterdir()) == []


def test_an_installation_is_replaced_only_when_somebody_says_so(data: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    assert asked(data, "backup", str(backup)).exit_code == 0
    key = (data / "secret_key").read_text()
    add(data, "later@example.com")
    (data / "secret_key").write_text("another")
    ran = asked(data, "restore", str(backup))
    assert (ran.exit_code, "holds an installation with 2 people: add --replace" in ran.output) == (1, True), ran.output
    assert emails(data) == ["kept@example.com", "later@example.com"]

    ran = asked(data, "restore", "--replace", str(backup))
    assert ran.exit_code == 0, ran.output
    assert (emails(data), (data / "secret_key").read_text()) == (["kept@example.com"], key)
    before = next(data.glob("walkabout.db.before-*[0-9]"))
    assert f"What was there before is {before}." in ran.output
    (tmp_path / "before").mkdir()
    before.rename(tmp_path / "before" / "walkabout.db")
    assert emails(tmp_path / "before") == ["kept@example.com", "later@example.com"]
    assert next(data.glob("walkabout.db.before-*-secret_key")).read_text() == "another"


def test_a_log_that_lost_its_database_does_not_get_into_the_restored_one(data: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    assert asked(data, "backup", str(backup)).exit_code == 0
    service = opened(data)
    service.new_master("later@example.com", "a long password", "Later")
    left = (data / "walkabout.db-wal").read_bytes()
    service.close()
    (data / "walkabout.db").unlink()
    (data / "walkabout.db-wal").write_bytes(left)
    assert asked(data, "restore", str(backup)).exit_code == 0
    assert emails(data) == ["kept@example.com"]


def test_a_damaged_installation_can_be_replaced(data: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    assert asked(data, "backup", str(backup)).exit_code == 0
    (data / "walkabout.db").write_bytes(b"\xff" * 100_000)
    ran = asked(data, "restore", str(backup))
    assert (ran.exit_code, "is damaged, or no database" in ran.output) == (1, True), ran.output
    assert asked(data, "restore", "--replace", str(backup)).exit_code == 0
    assert emails(data) == ["kept@example.com"]


def test_nothing_is_restored_while_the_service_runs(
    new_house: Callable[..., House], data: Path, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.db"
    assert asked(data, "backup", str(backup)).exit_code == 0
    house = new_house(WORKERS="0", DATA_DIR=str(tmp_path / "running")).start()
    ran = asked(tmp_path / "running", "restore", "--replace", str(backup))
    assert (ran.exit_code, "is in use (process " in ran.output) == (1, True), ran.output
    assert house.client().run("echo", value=1)["report"] == [1]


def test_a_backup_that_is_there_is_replaced_only_when_somebody_says_so(data: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    assert asked(data, "backup", str(backup)).exit_code == 0
    before = backup.read_bytes()
    ran = asked(data, "backup", str(backup))
    assert (ran.exit_code, "is there already" in ran.output, backup.read_bytes() == before) == (1, True, True)
    add(data, "later@example.com")
    assert asked(data, "backup", "--replace", str(backup)).exit_code == 0
    assert asked(tmp_path / "here", "restore", str(backup)).exit_code == 0
    assert emails(tmp_path / "here") == ["kept@example.com", "later@example.com"]


def test_a_key_of_the_environment_stays_out_of_the_backup(data: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    (data / "secret_key").write_text("the key of the file")
    assert asked(data, "backup", str(backup), secret_key="of the environment").exit_code == 0
    assert b"the key of the file" not in backup.read_bytes()
    ran = asked(tmp_path / "here", "restore", str(backup))
    assert (ran.exit_code, "a new one will be made" in ran.output) == (0, True), ran.output


def test_where_there_is_no_database_there_is_no_backup(tmp_path: Path) -> None:
    ran = asked(tmp_path / "empty", "backup", str(tmp_path / "backup.db"))
    assert (ran.exit_code, "there is no database at" in ran.output) == (1, True)
    assert list(tmp_path.iterdir()) == []


def test_on_postgres_it_says_what_to_run() -> None:
    url = "postgresql://somebody:secret@db.example.com/walkabout"
    for command, word in (("backup", "pg_dump"), ("restore", "pg_restore")):
        ran = asked(Path("data"), command, "my file", database_url=url)
        assert (ran.exit_code, f"Run: {word} " in ran.output, "'my file'" in ran.output) == (1, True, True)
        assert "secret" not in ran.output
