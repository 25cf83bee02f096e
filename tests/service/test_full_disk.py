"""A disk that is full: nothing is lost, nothing crashes, and all goes on when there is room again."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house import House

SIZE_MB = 24


def _mount(folder: Path) -> bool:
    folder.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    options = f"size={SIZE_MB}m"
    return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], check=False).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few MiB."""
    folder = tmp_path / "disk"
    if not _mount(folder):
        pytest.skip("a file system of its own needs root and mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def _fill(folder: Path) -> Path:
    filler = folder / "filler"
    with open(filler, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return filler


def test_a_full_disk_loses_nothing(small_disk: Path, tmp_path: Path) -> None:
    house = House(small_disk / "data", WALKERS_DIR=f"walkers:{Path(__file__).parents[1] / 'walkers'}").start()
    try:
        ana = house.client()
        release = tmp_path / "release"
        job = ana.start("hold", until=str(release))
        house.wait("job.started", job=job)
        filler = _fill(small_disk)

        refused = ana.js("walker_run", name="count", ctx={}, is_async=True)
        assert (refused.status_code, refused.json()["success"]) == (503, False)
        assert "Retry-After" in refused.headers
        assert ana.get("/js_public/info").status_code == 200
        release.touch()
        house.wait("job.outcome_waits", job=job)

        filler.unlink()
        assert ana.wait(job)["state"] == "SUCCESS"
        assert ana.root()["held"] == 1
        assert ana.wait(ana.start("count"))["state"] == "SUCCESS"
    finally:
        house.stop()
