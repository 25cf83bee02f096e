"""A disk that is full: nothing is lost, nothing crashes, and all goes on when there is room again."""

from pathlib import Path

from tests.support.house import House
from tests.support.small_disk import fill, small_disk

__all__ = ["small_disk"]


def test_a_full_disk_loses_nothing(small_disk: Path, tmp_path: Path) -> None:
    house = House(small_disk / "data", WALKERS_DIR=f"walkers:{Path(__file__).parents[1] / 'walkers'}").start()
    try:
        ana = house.client()
        release = tmp_path / "release"
        job = ana.start("hold", until=str(release))
        house.wait("job.started", job=job)
        filler = fill(small_disk)

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
