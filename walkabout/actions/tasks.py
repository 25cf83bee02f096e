"""Find, list, add, edit, enable, disable and delete periodic tasks.

Who may do it: a task is seen by its owner and by admins, and a sequence is added, edited, enabled and run by admins
only. A task that somebody may not see is one that is not there.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from walkabout.actions.rights import may_act_as, may_see, only_of
from walkabout.jids import BadJid, jid, uid_of
from walkabout.jobs.template import NotAllowed
from walkabout.people.masters import Master
from walkabout.periodic import listing, task_queries
from walkabout.periodic.drafts import Draft
from walkabout.periodic.errors import ManyOfName, NoSuchTask
from walkabout.periodic.listing import Key, TaskFilter, TaskOrder
from walkabout.periodic.periodic_task import WALKER, PeriodicTask
from walkabout.periodic.rules.wording import excerpt
from walkabout.problems import Problem, refuse
from walkabout.service import Service
from walkabout.walking.names import NotNamed

ID_DIGITS = 19  # a text of more is no id
IDS_MOST = 20  # tasks of one name that an error lists
NOT_YOURS = "is not a scheduled task of yours"


class NotTheirName(NotAllowed):
    """Who asks may not let a walker run in this master's name."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def find(
    service: Service, by: Master, *, id: int | str | None = None, name: str | None = None, field: str = "id"
) -> PeriodicTask:
    """A task by its id, or else by its name; an id that is no number is a name. `field`: what the id is called.

    A name means the task of who asks, or else the only one that they may see. Raises NoSuchTask, ManyOfName.
    """
    if isinstance(id, str) and not id.isdigit():
        id, name = None, id
    if id is None:
        task, given = _of_name(service, by, name or ""), f"name: {excerpt(name)}"
    else:
        number = int(id) if isinstance(id, int) or (id.isascii() and len(id) < ID_DIGITS) else 0
        task, given = (task_queries.by_id(service.db, number) if number < 2**63 else None), f"{field}: {excerpt(id)}"
    if task is None or not may_see(by, task.owner):
        raise NoSuchTask(given, NOT_YOURS)
    return task


def _of_name(service: Service, by: Master, name: str) -> PeriodicTask | None:
    own = task_queries.by_owner_and_name(service.db, by.uid, name)
    if own is not None or not by.is_superuser:
        return own
    found = task_queries.of_name(service.db, name, IDS_MOST)
    if len(found) > 1:
        raise ManyOfName(name, sorted(task.id for task in found))
    return found[0] if found else None


def by_name(
    service: Service, by: Master, search: str, limit: int, offset: int, *, ascending: bool, tags: Sequence[str] = ()
) -> list[PeriodicTask]:
    """A page of the tasks by name, from A to Z or from Z to A; `search` in name, description and tags; `limit` 0 is all;
    `tags`: all of which they have."""
    return task_queries.by_name_in_order(service.db, only_of(by), search, limit, offset, ascending=ascending, tags=tags)


def tags(service: Service, by: Master) -> list[tuple[str, int]]:
    """The tags of the tasks that a person sees, in order, and how many tasks have each."""
    return task_queries.tags(service.db, only_of(by))


def page(
    service: Service, by: Master, which: TaskFilter, order: TaskOrder, limit: int, after: Key | None = None
) -> list[PeriodicTask]:
    """A page of the tasks that fit a filter, in an order, behind a key; only an admin's filter may name an owner."""
    return listing.tasks(service.db, replace(which, owner=only_of(by) or which.owner), order, limit, after)


def count(service: Service, by: Master, which: TaskFilter, most: int) -> int:
    """How many tasks fit a filter, counted up to `most`."""
    return listing.count(service.db, replace(which, owner=only_of(by) or which.owner), most)


def may_have(service: Service, by: Master, kind: str) -> bool:
    """Whether a person may add, edit and run tasks of a kind (WALKER or SEQUENCE)."""
    return not service.periodic_tasks.job_templates[kind].why_not(by.uid)


def add(service: Service, by: Master, draft: Draft) -> PeriodicTask:
    """A new task of a person, whose walker runs in their name unless its argument names a master.

    Raises NotAllowed, Invalid with every field that is wrong, and NameTaken.
    """
    check_allowed(service, by, draft.task)
    if draft.task == WALKER:
        draft = replace(draft, argument=with_master(service, by, draft.argument, by.uid, draft.path))
    return service.periodic_tasks.create(replace(draft, asker=by.uid), by=by.uid)


def edit(
    service: Service,
    by: Master,
    task: PeriodicTask,
    edits: Mapping[str, Any],
    *,
    revision: int | None = None,
    path: str = "body",
) -> PeriodicTask:
    """Change the fields of a task that are given: name, argument, schedule, timezone, and those of `Policies`.

    `revision`: what the editor has seen; `path`: what the argument is called where it was written. Raises NotAllowed,
    Invalid, NameTaken, EditedMeanwhile, NoSuchTask.
    """
    if "argument" in edits and task.task == WALKER:
        edits = {**edits, "argument": with_master(service, by, edits["argument"], task.owner, path)}
    with changing(service, by, task):
        return service.periodic_tasks.change(task.id, edits, revision=revision, path=path, by=by.uid)


def enable(service: Service, by: Master, task: PeriodicTask, note: str = "") -> PeriodicTask:
    """Let a task fire again, from now on.

    Raises NotAllowed, CannotRun when it can't run in its owner's name, Invalid when no time is to come, Broken,
    NoSuchTask.
    """
    with changing(service, by, task):
        return service.periodic_tasks.enable(task.id, note, by=by.uid)


def disable(service: Service, by: Master, task: PeriodicTask, note: str = "") -> PeriodicTask:
    """Let a task fire no more until it is enabled; the note says why. Raises TaskOver, NoSuchTask."""
    check_owner(by, task)
    return service.periodic_tasks.disable(task.id, note, by=by.uid)


def delete(service: Service, by: Master, task: PeriodicTask) -> None:
    """Delete a task; what it has fired goes on. Raises NoSuchTask."""
    check_owner(by, task)
    service.periodic_tasks.delete(task.id, by=by.uid)


@contextmanager
def changing(service: Service, by: Master, task: PeriodicTask) -> Iterator[None]:
    """The transaction of a change that asks whether a person may make it. Raises NoSuchTask, NotAllowed."""
    check_owner(by, task)
    with service.db.transaction():
        check_allowed(service, by, task.task)
        yield


def check_allowed(service: Service, by: Master, kind: str) -> None:
    """Raises NotAllowed when a person may not add, edit and run tasks of a kind."""
    if why := service.periodic_tasks.job_templates[kind].why_not(by.uid):
        raise NotAllowed(why)


def check_owner(by: Master, task: PeriodicTask) -> None:
    """Raises NoSuchTask for a task that a person may not see. Every action on a task asks."""
    if not may_see(by, task.owner):
        raise NoSuchTask(f"id: {task.id}", NOT_YOURS)


def with_master(service: Service, by: Master, argument: Mapping[str, Any], otherwise: str, path: str) -> dict[str, Any]:
    """A walker's argument with the jid of its master: `otherwise` (a uid), or for an admin whom it names.

    Raises Invalid and NotTheirName.
    """
    mst = argument.get("mst")
    if mst is None or mst == "":
        return {**argument, "mst": jid(otherwise)}
    if not isinstance(mst, str):
        return dict(argument)
    try:
        uid = service.names.uid(by, mst)
    except (BadJid, NotNamed) as error:
        raise refuse(f"{path}.mst", str(error)) from None
    if not may_act_as(by, uid):
        message = f"{excerpt(mst)} is not you; only an admin can schedule in another's name"
        raise NotTheirName(Problem(f"{path}.mst", message))
    # An alias may mean somebody else tomorrow; a jid stays as it was written.
    return dict(argument) if uid_of(mst) == uid else {**argument, "mst": jid(uid)}
