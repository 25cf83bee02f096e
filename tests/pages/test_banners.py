"""What is wrong with the service stands on top of the pages concerned, with what to do."""

import time

import pytest

from tests.support.clock import Clock
from tests.support.visitor import Visitor
from walkabout.database.connections import Damaged, Lost
from walkabout.jids import jid
from walkabout.jobs.worker.consumers import Consumer
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import WALKER
from walkabout.service import Service


@pytest.fixture
def task(service: Service, bob: Master) -> int:
    body, schedule = (
        {"name": "echo", "mst": jid(bob.uid)},
        {"type": "interval", "conf": {"every": 1, "period": "hours"}},
    )
    return service.periodic_tasks.create(Draft("task", WALKER, body, schedule)).id


@pytest.fixture
def worker(service: Service) -> Consumer:
    """One that is alive."""
    made = service.consumers.join("worker", 2)
    service.consumers.pulse(made.uid)
    return made


def _problems(visitor: Visitor, path: str) -> list[str]:
    return [
        part.partition("</p>")[0].partition(">")[2] for part in visitor.get(path).text.split('<p class="problem"')[1:]
    ]


def test_nothing_is_wrong(user: Visitor, task: int, worker: Consumer) -> None:
    assert [_problems(user, path) for path in ("/", f"/tasks/{task}", "/queue")] == [[], [], []]


def test_no_worker(user: Visitor, task: int) -> None:
    for path in ("/", f"/tasks/{task}"):
        assert [text[:23] for text in _problems(user, path)] == ["No worker is alive, so "]


def test_nobody_fires(service: Service, user: Visitor, task: int, worker: Consumer, clock: Clock) -> None:
    clock.pass_(3640)
    service.consumers.pulse(worker.uid)
    assert "A task was due 40 s ago and has not fired" in _problems(user, "/")[0]


def test_a_full_queue(service: Service, user: Visitor, task: int, worker: Consumer, clock: Clock) -> None:
    service.periodic_tasks.run_now(task)
    clock.pass_(61)
    service.consumers.pulse(worker.uid)
    for path in ("/", "/queue"):
        assert "has waited for 1 m 1 s" in _problems(user, path)[0]


def test_a_clock_that_is_ahead(
    service: Service, user: Visitor, admin: Visitor, task: int, worker: Consumer, clock: Clock
) -> None:
    clock.pass_(3)
    service.consumers.pulse(worker.uid)
    clock.pass_(-10)
    for path in ("/", "/queue"):
        assert "The clock of a worker is 10 s ahead" in _problems(user, path)[0]
        assert f"The clock of {worker.name} is 10 s ahead" in "".join(_problems(admin, path))


def test_a_clock_that_was_put_back(service: Service, user: Visitor, task: int, worker: Consumer, clock: Clock) -> None:
    service.periodic_tasks.run_now(task)
    clock.pass_(-600)
    service.consumers.pulse(worker.uid)
    assert "The clock was set back: the newest run was queued 10 m in the future" in _problems(user, "/")[0]


def test_a_task_that_has_never_run(service: Service, user: Visitor, task: int, worker: Consumer, clock: Clock) -> None:
    service.sentinel.walkers().pop("echo")
    clock.pass_(3600)
    service.consumers.pulse(worker.uid)
    service.firing.tick(clock())
    assert _problems(user, f"/tasks/{task}")[0].startswith("It has never run: every fire so far was skipped or missed.")


def test_a_task_that_never_will(service: Service, user: Visitor, task: int, worker: Consumer) -> None:
    solar = {"type": "solar", "conf": {"event": "sunset", "latitude": 90, "longitude": 0}}
    service.periodic_tasks.change(task, {"schedule": solar})
    kept = task_queries.by_id(service.db, task)
    assert kept is not None and kept.state == "never"
    assert _problems(user, f"/tasks/{task}")[0].startswith("It will never fire")


def test_a_damaged_database_is_told_to_admins(service: Service, admin: Visitor, user: Visitor) -> None:
    service.db.trouble = Damaged(RuntimeError("database disk image is malformed"))
    assert "The database file is damaged (database disk image is malformed)" in _problems(admin, "/")[0]
    assert "damaged" not in "".join(_problems(user, "/"))


def test_a_data_folder_that_others_can_get_into_is_told_to_admins(
    service: Service, admin: Visitor, user: Visitor
) -> None:
    folder = service.settings.data_path
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    assert f"chmod 700 {folder}" in _problems(admin, "/")[0]
    assert "chmod" not in "".join(_problems(user, "/"))
    folder.chmod(0o700)
    assert "chmod" not in "".join(_problems(admin, "/"))


def test_a_page_while_the_database_can_not_be_asked(
    service: Service, user: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object, **__: object) -> None:
        raise Lost

    monkeypatch.setattr(service.tokens, "owner", lost)
    answer = user.get("/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert "The database file was removed or replaced" in answer.text


def test_a_machine_whose_clock_is_off(
    service: Service, user: Visitor, admin: Visitor, worker: Consumer, task: int
) -> None:
    service.db.change("INSERT INTO machine_clock (machine, off_s, seen_at) VALUES ('box', -65.0, ?)", (time.time(),))
    for path in ("/", "/queue"):
        assert "The clock of a machine is 1 m 5 s behind the database" in _problems(user, path)[0]
    assert "The clock of box is 1 m 5 s behind the database" in "".join(_problems(admin, "/queue"))
