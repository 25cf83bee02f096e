"""What is there to be deployed: the unit of docs/deploy.md, looked at by systemd itself, the image and the compose file."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.house import ROOT
from walkabout.settings import Settings, table

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
EXPOSURE_MOST = 2.5  # of 10; see systemd-analyze(1)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, on paths that are there."""
    found = re.search(r"```ini\n(.*?)```", (ROOT / "docs" / "deploy.md").read_text(), re.DOTALL)
    assert found is not None
    text = found[1].replace("/opt/walkabout/.venv/bin/python", shutil.which("true") or "/bin/true")
    text = text.replace("WorkingDirectory=/opt/walkabout", f"WorkingDirectory={ROOT}")
    path = tmp_path / "walkabout.service"
    path.write_text(text)
    return path


@needs_systemd
def test_the_unit_is_one(unit: Path) -> None:
    ended = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert [line for line in ended.stderr.splitlines() if unit.name in line] == []


@needs_systemd
def test_the_unit_gives_little_away(unit: Path) -> None:
    asked = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)]
    ended = subprocess.run(asked, capture_output=True, text=True, check=False)
    if "unrecognized option" in ended.stderr:
        pytest.skip("this systemd-analyze looks at no file")
    told = re.search(r"Overall exposure level for \S+: ([\d.]+)", ended.stdout)
    assert told is not None, ended.stderr
    assert float(told[1]) <= EXPOSURE_MOST, ended.stdout


def test_it_may_stop_for_longer_than_the_grace(unit: Path) -> None:
    text = unit.read_text()
    grace = re.search(r"GRACE_S=(\d+)", text)
    stop = re.search(r"TimeoutStopSec=(\d+)", text)
    assert grace is not None and stop is not None
    assert int(stop[1]) >= int(grace[1]) + 5


PACKAGING = ROOT / "packaging"
COMPOSE = yaml.safe_load((PACKAGING / "compose.yaml").read_text())
OURS = ("release", "web", "worker")


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile."""
    lines = (PACKAGING / "Dockerfile").read_text().splitlines()
    return [(line.split()[0], line.partition(" ")[2]) for line in lines if line and not line.startswith("#")]


def test_the_image_has_all_that_a_service_needs(tmp_path: Path) -> None:
    for name, rest in instructions():
        if name == "COPY":
            *sources, target = rest.split()
            for source in sources:
                to = tmp_path / target / (Path(source).name if target in (".", "./") else "")
                copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
                copy(ROOT / source, to)
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "DATA_DIR": str(tmp_path / "data")}
    made = subprocess.run(
        ["python", "-m", "walkabout.processes", "release"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (made.returncode, "Made the first admin" in made.stdout) == (0, True), made.stderr


def test_the_image_does_not_run_as_root_and_waits_for_a_term() -> None:
    names = [name for name, _ in instructions()]
    assert dict(instructions())["USER"] == "walkabout"
    assert names.index("USER") < names.index("CMD") and "ENTRYPOINT" not in names
    assert json.loads(dict(instructions())["CMD"]) == ["python", "-m", "walkabout.launch"]
    read = Settings.from_env(dict(pair.split("=") for pair in dict(instructions())["ENV"].split()))
    assert (read.host, read.port, read.data_dir) == ("0.0.0.0", 8000, "/data")


def test_compose_runs_the_processes_of_the_procfile() -> None:
    procfile = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    services = COMPOSE["services"]
    assert set(services) == {"database", *OURS}
    for name in OURS:
        assert " ".join(services[name]["command"]) == procfile[name].removeprefix("exec ")
    assert set(COMPOSE["volumes"]) == {volume.split(":")[0] for volume in services["database"]["volumes"]}


def test_compose_sets_what_there_is_and_gives_time_to_end() -> None:
    known = set(re.findall(r"^\| `(\w+)` \|", table(), re.MULTILINE))
    for name in OURS:
        service = COMPOSE["services"][name]
        assert set(service["environment"]) <= known
        assert int(service["stop_grace_period"].removesuffix("s")) >= int(service["environment"]["GRACE_S"]) + 5
        needs = service["depends_on"]
        assert set(needs) <= set(COMPOSE["services"])
    assert COMPOSE["services"]["web"]["depends_on"]["release"]["condition"] == "service_completed_successfully"


def test_compose_has_no_password_in_it() -> None:
    text = (PACKAGING / "compose.yaml").read_text()
    assert all(":?" in named for named in re.findall(r"\$\{(\w*PASSWORD[^}]*)\}", text))
    assert re.findall(r"PASSWORD: (?!\$\{)", text) == []
