"""The doctor: what it finds wrong, and that it finds nothing where all is well."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import Clock
from tests.support.jobs import a_spec, entered
from tests.support.schedule_harness import ScheduleHarness, every
from walkabout.database.connections import Unavailable
from walkabout.operating.doctor import BAD, FINE, LOOK, Doctor, Finding
from walkabout.service import Service

WELL = {"settings", "files", "database", "workers", "queue", "tasks", "clock", "walkers", "notices"}


def looked(service: Service) -> list[Finding]:
    return Doctor(
        service.settings, service.db, service.clock, service.consumers,
        machine_clock=service.machine_clock, sentinel=service.sentinel, carrier=service.carrier,
    ).look()  # fmt: skip


def found(service: Service, area: str) -> Finding:
    """The first finding of an area."""
    return next(one for one in looked(service) if one.area == area)


@pytest.fixture
def well(make_service: Callable[..., Service], tmp_path: Path) -> Service:
    """A service with which nothing is wrong."""
    (tmp_path / "walkers").mkdir()
    shutil.copy("walkers/starter.py", tmp_path / "walkers")
    service = make_service(
        walkers_dir=str(tmp_path / "walkers"), admin_password="correct-horse-battery", disk_least_mb=1
    )
    Path(service.settings.data_path).chmod(0o700)
    service.consumers.pulse(entered(service.db), 1)
    return service


def test_nothing_is_wrong(well: Service) -> None:
    assert {one.area: one.level for one in looked(well)} == dict.fromkeys(WELL, FINE)
    assert not [one for one in looked(well) if one.remedy]


def test_no_worker(well: Service) -> None:
    well.consumers.leave("consumer-1")
    finding = found(well, "workers")
    assert (finding.level, "start the worker" in finding.remedy) == (BAD, True)


def test_a_job_waits_long(well: Service, clock: Clock) -> None:
    well.ledger.enqueue(a_spec())
    clock.now += 61
    finding = found(well, "queue")
    assert (finding.level, finding.text) == (LOOK, "1 PENDING; one has waited for a free worker for 61 s")


def test_no_tick(well: Service, clock: Clock) -> None:
    ScheduleHarness(well, clock).add(every(10))
    clock.now += 10 + 61
    well.consumers.pulse(entered(well.db), 1)
    finding = found(well, "tasks")
    assert (finding.level, finding.text) == (BAD, "1 late, one is due since 61 s")


def test_an_ill_task(well: Service, clock: Clock) -> None:
    harness = ScheduleHarness(well, clock)
    harness.add(every(10))
    harness.tick(10)
    claim = harness.claim()
    assert claim is not None
    well.ledger.fail(claim.id, claim.attempt, "ValueError", "odd")
    assert (found(well, "tasks").level, found(well, "tasks").text) == (LOOK, "1 need attention, 0 are paused")


def test_a_walker_file_that_does_not_load(well: Service, tmp_path: Path) -> None:
    (tmp_path / "walkers" / "broken.py").write_text("import no_such_module")
    finding = found(well, "walkers")
    assert (finding.level, finding.text) == (BAD, "broken.py: ModuleNotFoundError: No module named 'no_such_module'")


def test_a_folder_that_others_may_enter(well: Service) -> None:
    Path(well.settings.data_path).chmod(0o755)
    finding = found(well, "files")
    assert (finding.level, finding.remedy) == (LOOK, f"chmod 700 {well.settings.data_path}")


@pytest.mark.parametrize(("settings", "area", "level", "part"), [
    ({"disk_least_mb": 1e9}, "files", BAD, "MiB are free"),
    ({"admin_password": "short"}, "settings", LOOK, "ADMIN_PASSWORD is too short"),
    ({"host": "0.0.0.0"}, "settings", LOOK, "PROXIES is 0"),
    ({"workers": 0}, "workers", LOOK, "WORKERS is 0"),
])  # fmt: skip
def test_settings_that_are_worth_a_look(
    make_service: Callable[..., Service], settings: dict[str, Any], area: str, level: str, part: str
) -> None:
    told = [(one.level, one.text) for one in looked(make_service(**settings)) if one.area == area]
    assert [text for how, text in told if how == level and part in text], told


def test_a_database_that_can_not_be_asked(well: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise Unavailable("locked")

    monkeypatch.setattr(well.db, "values", gone)
    assert [(one.area, one.level) for one in looked(well)][2:] == [("database", BAD)]
    assert found(well, "database").text == "the database can't be used: locked"
