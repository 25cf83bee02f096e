"""Who may do what to a periodic task, asked of the actions themselves: whatever face calls them, the answer is this."""

from collections.abc import Callable

import pytest

from tests.rights.conftest import World
from walkabout.actions import task_files, task_runs, task_versions, tasks
from walkabout.jobs.template import NotAllowed
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.errors import NoSuchTask
from walkabout.periodic.periodic_task import SEQUENCE, WALKER, PeriodicTask
from walkabout.service import Service

TaskAction = Callable[[Service, Master, PeriodicTask], object]

CHANGES: dict[str, TaskAction] = {
    "edit": lambda service, by, task: tasks.edit(service, by, task, {"description": "x"}),
    "enable": lambda service, by, task: tasks.enable(service, by, task),
    "run now": lambda service, by, task: task_runs.run_now(service, by, task),
    "restore version": lambda service, by, task: task_versions.restore_version(service, by, task, 1),
}
ENDS: dict[str, TaskAction] = {
    "disable": lambda service, by, task: tasks.disable(service, by, task),
    "delete": lambda service, by, task: tasks.delete(service, by, task),
}
LOOKS: dict[str, TaskAction] = {
    "history": lambda service, by, task: task_runs.history(service, by, task, None, 10, 0),
    "why": lambda service, by, task: task_runs.why(service, by, task, "2030-01-01T00:00:00Z"),
    "changes": lambda service, by, task: task_versions.changes(service, by, task, 10, 0),
}
ALL = CHANGES | ENDS | LOOKS


def task_of(world: World, name: str) -> PeriodicTask:
    found = task_queries.by_id(world.service.db, world.things[name])
    assert found is not None
    return found


@pytest.mark.parametrize("what", ALL)
@pytest.mark.parametrize("who", ["bob", "carol", "eve"])
def test_somebody_elses_task_is_not_there(world: World, what: str, who: str) -> None:
    with pytest.raises(NoSuchTask, match="is not a scheduled task of yours"):
        ALL[what](world.service, world.master(who), task_of(world, "task"))


@pytest.mark.parametrize("what", ALL)
@pytest.mark.parametrize("who", ["alice", "dan"])
def test_its_owner_and_admins_do_everything(world: World, what: str, who: str) -> None:
    ALL[what](world.service, world.master(who), task_of(world, "task"))


@pytest.mark.parametrize("what", CHANGES)
def test_who_was_an_admin_changes_and_runs_no_sequence(world: World, what: str) -> None:
    before = task_of(world, "sequence of eve")
    with pytest.raises(NotAllowed, match="a sequence is for admins"):
        CHANGES[what](world.service, world.master("eve"), before)
    assert task_of(world, "sequence of eve") == before


@pytest.mark.parametrize("what", ENDS | LOOKS)
def test_who_was_an_admin_may_look_at_a_sequence_and_end_it(world: World, what: str) -> None:
    ALL[what](world.service, world.master("eve"), task_of(world, "sequence of eve"))


def test_only_its_owner_and_admins_restore_a_deleted_task(world: World) -> None:
    task = task_of(world, "task")
    tasks.delete(world.service, world.master("alice"), task)
    with pytest.raises(NoSuchTask):
        task_versions.restore(world.service, world.master("carol"), task.id)
    assert task_versions.restore(world.service, world.master("alice"), task.id).id == task.id


@pytest.mark.parametrize(
    ("who", "kind", "may"), [("alice", WALKER, True), ("alice", SEQUENCE, False), ("dan", SEQUENCE, True)]
)
def test_whether_somebody_may_have_a_task_of_a_kind(world: World, who: str, kind: str, may: bool) -> None:
    assert tasks.may_have(world.service, world.master(who), kind) is may


def test_only_an_admin_tries_a_walker_in_anothers_name(world: World) -> None:
    argument = {"name": "echo", "mst": world.people["alice"].uid}
    with pytest.raises(NotAllowed, match="only an admin can schedule in another's name"):
        task_runs.try_once(world.service, world.master("carol"), WALKER, "Try", argument)
    assert task_runs.try_once(world.service, world.master("dan"), WALKER, "Try", argument)


def test_files_of_tasks_are_for_admins_and_the_operator(world: World) -> None:
    with pytest.raises(NotAllowed):
        task_files.export(world.service, world.master("alice"))
    with pytest.raises(NotAllowed):
        task_files.plan(world.service, world.master("alice"), [], None)
    assert task_files.export(world.service, world.master("dan")) == task_files.export(world.service, None)
