"""The package as people install it: built, put into an empty environment, and used there."""

import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
import requests
from packaging.requirements import Requirement

from tests.support.ports import free_port
from walkabout.api.about import VERSION

ROOT = Path(__file__).parents[2]
CLEAN = ("PATH", "HOME", "TMPDIR", "LANG")


def ran(*command: str | Path, **options: object) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=600, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, built from what the repository has."""
    folder = tmp_path_factory.mktemp("wheel")
    ran(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT)
    [made] = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command `walkabout` in an environment that has nothing but the package and what it asks for."""
    folder = tmp_path_factory.mktemp("environment")
    ran(sys.executable, "-m", "venv", folder)
    ran(folder / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", wheel)
    return folder / "bin" / "walkabout"


@pytest.fixture
def home(tmp_path: Path, command: Path) -> Path:
    """A folder in which somebody begins."""
    ran(command, "init", cwd=tmp_path, env=environment())
    return tmp_path


def environment(**settings: str) -> dict[str, str]:
    return {name: os.environ[name] for name in CLEAN if name in os.environ} | settings


@pytest.fixture
def running(command: Path, home: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The service in that folder, and its address."""
    settings = f"PORT={free_port()}\nADMIN_EMAIL=ana@example.com\nADMIN_PASSWORD=correct-horse-battery\n"
    (home / "walkabout.env").write_text(settings)
    process = subprocess.Popen([command, "run"], cwd=home, env=environment(), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = next(line for line in process.stdout if line.startswith("Walkabout is ready at")).split()[-1]
    yield address, process
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)


def test_what_it_says_of_itself(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as package:
        [name] = [name for name in package.namelist() if name.endswith("/METADATA")]
        known = message_from_bytes(package.read(name))
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert known["Version"] == VERSION
    asked = {name_in(entry) for entry in known.get_all("Requires-Dist", [])}
    assert asked == {name_in(line) for line in lines if not line.startswith("#")}


def name_in(requirement: str) -> str:
    """The name of the package that is required."""
    return re.split(r"[^A-Za-z0-9-]", requirement)[0].lower()


def test_it_brings_all_that_is_shown(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as package:
        brought = set(package.namelist())
    for folder in ("templates", "static"):
        files = {str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*.*")}
        assert {f"walkabout/{file}" for file in files} <= brought
    assert not [name for name in brought if name.startswith(("tests/", "bench/", "walkers/")) or "__pycache__" in name]


def test_a_job_runs_and_its_result_is_there(running: tuple[str, "subprocess.Popen[str]"]) -> None:
    address, process = running
    asked = {"email": "ana@example.com", "password": "correct-horse-battery"}
    token = requests.post(f"{address}/user/token/", json=asked, timeout=60).json()["token"]
    as_ana = {"Authorization": f"token {token}"}
    body = {"name": "echo", "ctx": {"value": "hello"}, "is_async": True}
    queued = requests.post(f"{address}/js/walker_run", json=body, headers=as_ana, timeout=60).json()
    waited = requests.get(
        f"{address}/js/walker_queue_wait", params={"task_id": queued["result"]}, headers=as_ana, timeout=60
    ).json()
    assert waited["state"] == "SUCCESS", (queued, waited)
    assert waited["result"]["report"] == ["hello"]
    assert requests.get(f"{address}/admin/", timeout=60).status_code == 200
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_who_begins_again_loses_nothing(command: Path, home: Path) -> None:
    (home / "walkabout.env").write_text("PORT=1\n")
    (home / "walkers" / "starter.py").write_text("# mine\n")
    said = ran(command, "init", cwd=home, env=environment())
    assert said.count("is there already") == 2
    assert (home / "walkabout.env").read_text() == "PORT=1\n"
    assert (home / "walkers" / "starter.py").read_text() == "# mine\n"


def test_the_environment_comes_first(command: Path, home: Path) -> None:
    (home / "walkabout.env").write_text("PORT=no\n")
    assert (
        "PORT"
        in subprocess.run(
            [command, "run"], cwd=home, env=environment(), capture_output=True, text=True, timeout=60
        ).stderr
    )
    assert "| `PORT` |" in ran(command, "settings", cwd=home, env=environment(PORT="8001"))


def test_what_is_locked_is_what_is_asked_for() -> None:
    lock = (ROOT / "packaging" / "requirements.lock").read_text()
    locked = dict(re.findall(r"(?m)^([A-Za-z0-9-]+)(?:\[\w+\])?==([^ ]+)", lock))
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if not line.startswith("#"):
            wanted = Requirement(line)
            assert wanted.specifier.contains(locked[wanted.name]), f"make lock: {line}"
