"""The demonstration: what it makes, and walkers that work."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

import walkabout.demo
from walkabout.demo.filling import Filled, NotEmpty, fill
from walkabout.demo.tasks import TASKS
from walkabout.jobs import queries
from walkabout.jobs.queries import JobFilter
from walkabout.jobs.states import FAILURE, OPEN, SUCCESS
from walkabout.periodic import task_queries
from walkabout.periodic.periodic_task import DISABLED
from walkabout.service import Service
from walkabout.testing import walk

WALKERS = Path(walkabout.demo.__file__).parent / "walkers"


@pytest.fixture
def filled(make_service: Callable[..., Service]) -> tuple[Service, Filled]:
    service = make_service(walkers_dir=str(WALKERS), admin_email="ana@example.com", admin_password="correct-horse")
    return service, fill(service.settings)


def test_there_is_something_to_look_at(filled: tuple[Service, Filled]) -> None:
    service, made = filled
    assert made.tasks == len(TASKS)
    assert made.admin == ("ana@example.com", None)
    jobs = queries.jobs(service.db, JobFilter(), 10_000)
    assert len([job for job in jobs if job.ran]) == made.runs > 300
    assert {SUCCESS, FAILURE} <= {job.state for job in jobs}
    assert not [job for job in jobs if job.state in OPEN]
    [paused] = [
        task for name in names() for task in task_queries.of_name(service.db, name, 1) if task.state == DISABLED
    ]
    assert (paused.name, paused.note) == ("Water the yard", "until spring")
    [prices] = task_queries.of_name(service.db, "Import Northwind's prices", 1)
    assert prices.failures >= 5


def names() -> list[str]:
    return [task.name for task in TASKS]


def test_it_overwrites_nothing(filled: tuple[Service, Filled]) -> None:
    service, _ = filled
    with pytest.raises(NotEmpty, match="an empty DATA_DIR"):
        fill(service.settings)


@pytest.mark.parametrize("task", TASKS, ids=names())
def test_its_walkers_run(make_service: Callable[..., Service], task: object) -> None:
    sentinel = make_service(walkers_dir=str(WALKERS)).sentinel
    assert isinstance(task, type(TASKS[0]))
    random.seed(1)
    ran = walk(sentinel.walker(task.walker)(**{**task.ctx, "seconds": 0.0, "trouble": 0.0}))
    assert len(ran.report) == 1
