"""Periodic tasks: found, enabled, disabled, deleted. A task is seen by its owner and by admins."""

from walkabout.actions.rights import may_see
from walkabout.people.masters import Master
from walkabout.periodic import table
from walkabout.periodic.errors import NoSuchTask
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.periodic.rules.problems import shown
from walkabout.service import Service

NOT_YOURS = "is no scheduled task of yours"
ID_DIGITS = 19  # a text of more is no id


def find(
    service: Service, by: Master, *, id: int | str | None = None, name: str | None = None, field: str = "id"
) -> PeriodicTask:
    """A task by its id, or else by its name; an id that is no number is a name. `field`: what the id is called.

    Raises NoSuchTask when it is not there or not theirs: the two look the same.
    """
    if isinstance(id, str) and not id.isdigit():
        id, name = None, id
    if id is None:
        task, given = table.by_name(service.db, name or ""), f"name: {shown(name)}"
    else:
        number = int(id) if isinstance(id, int) or (id.isascii() and len(id) < ID_DIGITS) else 0
        task, given = (table.by_id(service.db, number) if number < 2**63 else None), f"{field}: {shown(id)}"
    if task is None or not may_see(by, task.owner):
        raise NoSuchTask(given, NOT_YOURS)
    return task


def enable(service: Service, by: Master, task: PeriodicTask, note: str = "") -> PeriodicTask:
    """Let a task fire again, from now on. Raises what PeriodicTasks.enable raises."""
    check_owner(by, task)
    return service.periodic_tasks.enable(task.id, note, by=by.uid)


def disable(service: Service, by: Master, task: PeriodicTask, note: str = "") -> PeriodicTask:
    """Let a task fire no more until it is enabled; the note says why. Raises what PeriodicTasks.disable raises."""
    check_owner(by, task)
    return service.periodic_tasks.disable(task.id, note, by=by.uid)


def delete(service: Service, by: Master, task: PeriodicTask) -> None:
    """Delete a task; what it has fired goes on. Raises NoSuchTask."""
    check_owner(by, task)
    service.periodic_tasks.delete(task.id, by=by.uid)


def check_owner(by: Master, task: PeriodicTask) -> None:
    """Raises NoSuchTask for a task that somebody may not see."""
    if not may_see(by, task.owner):
        raise NoSuchTask(f"id: {task.id}", NOT_YOURS)
