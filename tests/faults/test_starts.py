"""Starts: at odd addresses and paths, on a port that is taken, and killed in the middle."""

import os
import random
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.faults.kit import gone, pass_
from tests.support.house import ADMIN, ROOT, House, command
from tests.support.until import until


@pytest.mark.parametrize(
    ("host", "shown", "reached"),
    [
        ("::1", "[::1]", "[::1]"),
        ("::", "[::]", "[::1]"),
        ("localhost", "localhost", "127.0.0.1"),
        ("0.0.0.0",) * 2 + ("127.0.0.1",),
    ],
)
def test_every_way_to_name_an_address(new_house: Any, host: str, shown: str, reached: str) -> None:
    house = new_house(HOST=host, WORKERS="0").start()
    assert house.wait_line("Walkabout is ready at ") == f"Walkabout is ready at http://{shown}:{house.port}"
    assert requests.get(f"http://{reached}:{house.port}/js_public/info", timeout=10).status_code == 200
    again = House(Path(house.environment["DATA_DIR"]), HOST=host, PORT=str(house.port))
    refused = started(again)
    assert (refused.returncode, "choose another PORT" in refused.stderr) == (2, True)


def started(house: House, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Start something that is to end by itself."""
    arguments = arguments or ("-m", "walkabout.launch")
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT, env=house.environment, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [("-m", "walkabout.launch"), ("-m", "walkabout.processes", "web")])
def test_a_port_that_is_taken_is_refused(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = started(House(tmp_path / "data", PORT=str(port)), *arguments)
    said = f"HOST=127.0.0.1 PORT={port}: can't listen there (Address already in use); choose another PORT\n"
    assert (ended.returncode, ended.stderr) == (2, said)


def test_a_host_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    ended = started(House(tmp_path / "data", HOST="no such host"))
    assert (ended.returncode, "no address is known for that HOST" in ended.stderr) == (2, True)


@pytest.mark.parametrize("level", ["error", "warning"])
def test_that_it_is_ready_is_said_whatever_is_logged(new_house: Any, level: str) -> None:
    house = new_house(LOG_LEVEL=level, WORKERS="1").start()
    assert [line for line in house.lines if "ready " in line and "Walkabout is ready" not in line] == []
    ana = house.client()
    assert ana.wait(ana.start("echo", value=1))["state"] == "SUCCESS"


@pytest.mark.parametrize("by_url", [False, True])
def test_a_path_of_any_characters(tmp_path: Path, by_url: bool) -> None:
    folder = tmp_path / "dä tä 猫 %41 ?x=1 #y ' \"" / ("long " * 20).strip()
    more = {}
    if by_url:
        path = str(folder / "my db.sqlite")
        for character in "%?#":
            path = path.replace(character, f"%{ord(character):02X}")
        more["DATABASE_URL"] = f"sqlite:///{path}"
    house = House(folder, prepared=False, WORKERS="1", **more).start()
    try:
        ana = house.client()
        assert ana.wait(ana.start("count"))["state"] == "SUCCESS"
        assert (folder / ("my db.sqlite" if by_url else "walkabout.db")).exists()
    finally:
        house.stop()


def test_a_question_mark_in_the_database_url_is_refused(tmp_path: Path) -> None:
    ended = started(House(tmp_path / "data", DATABASE_URL=f"sqlite:///{tmp_path}/a?b"))
    assert (ended.returncode, "%3F" in ended.stderr) == (2, True)


@pytest.mark.sqlite  # its file, and that of the key
def test_nobody_else_may_read_what_it_writes(new_house: Any, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    data.chmod(0o755)
    (data / "walkabout.db").touch(mode=0o644)
    (data / "secret_key").write_text("f" * 64)
    (data / "secret_key").chmod(0o644)
    house = new_house(WORKERS="1").start()
    ana = house.client()
    assert ana.wait(ana.start("count"))["state"] == "SUCCESS"
    open_to_others = [p for p in data.rglob("*") if stat.S_IMODE(p.lstat().st_mode) & 0o077]
    assert open_to_others == []
    house.wait("data_dir.open", path=str(data))


def test_bells_that_somebody_removed_hang_again(new_house: Any) -> None:
    house = new_house(WORKERS="1").start()
    ana = house.client()
    bells = Path(house.environment["DATA_DIR"]) / "bells"
    for bell in bells.iterdir():
        bell.unlink()
    bells.rmdir()
    until(lambda: {p.name.partition(".")[0] for p in bells.glob("*")} >= {"worker", "supervisor"})
    assert ana.wait(ana.start("count"))["state"] == "SUCCESS"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_every_way_to_tell_it_to_stop_ends_all_of_it_also_twice(new_house: Any, number: int) -> None:
    house = new_house(WORKERS="1").start()
    everybody, launcher = house.processes(), house.process
    assert launcher is not None
    os.kill(launcher.pid, number)
    assert house.stop(number) == 0
    assert [pid for pid in everybody if not gone(pid)] == []
    assert [line for line in house.lines if "Traceback" in line] == []


def main_processes(house: House) -> dict[str, int]:
    """The launcher and the main processes of web and worker, as far as they are there."""
    assert house.process is not None
    found = {"launcher": house.process.pid}
    for pid in house.processes()[1:]:
        for name, part in (("web", "web.server"), ("worker", "huey_consumer"), ("release", "flask --app app init")):
            if part in command(pid):
                found.setdefault(name, pid)
    return found


@pytest.mark.long_fault
@pytest.mark.parametrize("seed", range(30))
def test_whoever_is_killed_at_a_start_leaves_nothing_behind(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    house = House(tmp_path / "data", prepared=False, WORKERS="1")
    house.process = subprocess.Popen(
        [sys.executable, "-m", "walkabout.launch"],
        cwd=ROOT, env=house.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    whom = chance.choice(["launcher", "web", "worker"])
    until(lambda: whom in main_processes(house) or house.process.poll() is not None)
    pass_(chance.uniform(0, 1.5))  # the moment is what is tried
    everybody = house.processes()
    with_web = main_processes(house)
    os.kill(with_web.get(whom, house.process.pid), signal.SIGKILL)
    seen = set(everybody)

    def all_gone() -> bool:
        seen.update(house.processes() if house.process and house.process.poll() is None else [])
        return all(gone(pid) for pid in seen)

    until(all_gone, 30)
    house.process.wait(10)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", house.port))
    house.process = None
    house.start()
    try:
        ana = house.sign_in(*ADMIN)
        assert ana.wait(ana.start("count"))["state"] == "SUCCESS"
    finally:
        assert house.stop() == 0
