"""The unit of docs/deploy.md, looked at by systemd itself."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.house import ROOT

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
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


def test_the_unit_is_one(unit: Path) -> None:
    ended = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert [line for line in ended.stderr.splitlines() if unit.name in line] == []


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
