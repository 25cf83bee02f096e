"""Earlier versions of periodic tasks: list them, restore one, and list and restore deleted tasks."""

from typing import NamedTuple

from walkabout.actions import tasks
from walkabout.actions.rights import may_see, only_of
from walkabout.people.masters import Master
from walkabout.periodic import versions
from walkabout.periodic.errors import NoSuchTask
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.periodic.policies import POLICY_NAMES
from walkabout.periodic.versions import Version
from walkabout.service import Service

SINCE_MOST = 50  # versions that are compared with what an editor has seen
EDITABLE = ("name", "argument", "schedule", "timezone", *POLICY_NAMES)


class NoSuchVersion(LookupError):
    """A task has no such revision, or it is not kept any more, or the task was somebody else's then."""


def changes(service: Service, by: Master, task: PeriodicTask, limit: int, offset: int) -> tuple[int, list[Version]]:
    """How many versions of a task are kept, and a page of them, the latest first; `limit` 0 is all.

    What it was in the hands of another owner is not the present one's to see.
    """
    tasks.check_owner(by, task)
    return versions.of_task(service.db, task.id, limit or 2**62, offset, only_of(by))


def since(service: Service, by: Master, task: PeriodicTask, revision: int) -> list[Version]:
    """The versions of a task from a revision on, the latest first; at most SINCE_MOST.

    That of the revision is the last one, if it is still kept and theirs to see.
    """
    found = changes(service, by, task, SINCE_MOST, 0)[1]
    return [version for version in found if version.revision >= revision]


def restore_version(
    service: Service, by: Master, task: PeriodicTask, revision: int, *, seen: int | None = None
) -> Version:
    """Make a task what it was at a revision: a new change, checked like every other; the version.

    Whether it is disabled stays. `seen`: the revision that who asks has seen. Raises NoSuchVersion and what
    `tasks.edit` raises.
    """
    tasks.check_owner(by, task)
    version = versions.of_revision(service.db, task.id, revision) if revision < 2**63 else None
    if version is None or not may_see(by, version.owner):
        raise NoSuchVersion(f"revision: {revision} of {task.name} is not stored")
    there, wanted = versions.current(task).plain(), version.plain()
    # Only what differs: a time that has passed since is no reason to refuse an edit of something else.
    edits = {name: wanted[name] for name in EDITABLE if wanted[name] != there[name]}
    tasks.edit(service, by, task, edits, revision=seen)
    return version


def deleted(service: Service, by: Master, limit: int) -> list[Version]:
    """The tasks that can be restored, the latest first."""
    return versions.all_deleted(service.db, only_of(by), limit)


def deleted_task(service: Service, by: Master, id: int) -> Version | None:
    """The last version of a deleted task; None when it can't be restored. Raises NoSuchTask for somebody else's."""
    gone = versions.deleted(service.db, id)
    if gone is not None and not may_see(by, gone.owner):
        raise NoSuchTask(f"id: {id}", tasks.NOT_YOURS)
    return gone


def restore(service: Service, by: Master, id: int) -> PeriodicTask:
    """Restore a deleted task under its id, with its runs; when it is due next is computed from now.

    Raises NoSuchTask, NotRestorable, NotAllowed, NameTaken, Broken.
    """
    gone = deleted_task(service, by, id)
    with service.db.transaction():
        if gone is not None:
            tasks.check_allowed(service, by, str(gone.content["task"]))
        return service.periodic_tasks.restore(id, by=by.uid)


class Pause(NamedTuple):
    """Who paused a task, and when (UTC seconds)."""

    who: str
    at: float


def last_pause(service: Service, by: Master, task: PeriodicTask) -> Pause | None:
    """Who paused a task last; None: that is not known any more."""
    tasks.check_owner(by, task)
    last = versions.last_of(service.db, task.id, versions.DISABLED)
    if last is None:
        return None
    master = service.masters.by_uid(last.by) if last.by else None
    return Pause(master.email if master else "the service or the command line", last.at)
