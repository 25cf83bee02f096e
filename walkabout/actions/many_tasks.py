"""Actions on many periodic tasks at once: at most BULK_MOST of them, and all but running can be undone for UNDO_S.

Each task is asked about as if it were alone: what may not be done to one is told, and the others go on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from walkabout.actions import task_runs, task_versions, tasks
from walkabout.actions.rights import only_of
from walkabout.jobs.quotas import QueueFull
from walkabout.jobs.template import CannotRun, NotAllowed
from walkabout.people.masters import Master
from walkabout.periodic import listing, undo
from walkabout.periodic.errors import NoSuchTask, TaskConflict
from walkabout.periodic.listing import NEWEST, TaskFilter
from walkabout.periodic.periodic_task import DISABLED, PeriodicTask
from walkabout.periodic.undo import Before
from walkabout.problems import Invalid, refuse
from walkabout.service import Service

RUN, ENABLE, PAUSE, DELETE, TAG, UNTAG = "run", "enable", "disable", "delete", "tag", "untag"
ACTIONS = (RUN, ENABLE, PAUSE, TAG, UNTAG, DELETE)
_REFUSALS = (Invalid, TaskConflict, NoSuchTask, NotAllowed, CannotRun, QueueFull)


@dataclass
class ManyDone:
    """How an action on many went: the names of those that it changed, those that were so already, and what is wrong with
    the others. `undo`: the uid by which it is taken back; empty when it can't be."""

    done: list[str] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    undo: str = ""


def fitting(service: Service, by: Master, which: TaskFilter) -> list[PeriodicTask]:
    """The tasks that fit a filter, the newest first. Raises Invalid when they are more than BULK_MOST."""
    most = service.settings.bulk_most
    found = listing.tasks(service.db, replace(which, owner=only_of(by) or which.owner), NEWEST, most + 1)
    if len(found) > most:
        raise refuse("", f"more than {most:,} tasks fit, and so many at most are changed at once (BULK_MOST)")
    return found


def change(service: Service, by: Master, what: str, chosen: Sequence[PeriodicTask], text: str = "") -> ManyDone:
    """Do one of ACTIONS to tasks. `text`: the note of a pause, or the tags to add or take away. Raises Invalid."""
    if what not in ACTIONS:
        raise refuse("do", f"“{what[:40]}” is unknown; use one of {', '.join(ACTIONS)}")
    if len(chosen) > service.settings.bulk_most:
        raise refuse("", f"at most {service.settings.bulk_most:,} tasks are changed at once (BULK_MOST)")
    do, outcome, before = _doer(service, by, what, text), ManyDone(), []
    for task in chosen:
        try:
            after = do(task)
        except _REFUSALS as error:
            outcome.problems.append(f"{task.name}: {error}")
            continue
        (outcome.already if after is task else outcome.done).append(task.name)
        if after is not task and what != RUN:
            before.append(Before(task.id, after.revision if after else 0, task.state, task.note, task.policies.tags))
    if before:
        settings = service.settings
        outcome.undo = undo.save(service.db, by.uid, what, before, service.clock(), settings.undo_s)
    return outcome


def take_back(service: Service, by: Master, uid: str) -> ManyDone | None:
    """Take back what somebody did to many within UNDO_S; None: that is over, or was done already."""
    taken = undo.take(service.db, by.uid, uid, service.clock() - service.settings.undo_s)
    if taken is None:
        return None
    what, before = taken
    outcome = ManyDone()
    for one in before:
        try:
            outcome.done.append(_take_back(service, by, what, one).name)
        except _REFUSALS as error:
            outcome.problems.append(str(error))
    return outcome


def _doer(service: Service, by: Master, what: str, text: str) -> Callable[[PeriodicTask], PeriodicTask | None]:
    """What is done to each task: it gives the task as it is then, the same one when nothing was to be done."""

    def run(task: PeriodicTask) -> None:
        task_runs.run_now(service, by, task)

    def pause(task: PeriodicTask) -> PeriodicTask:
        # One that is paused keeps its note, and who paused it.
        return task if task.state == DISABLED else tasks.disable(service, by, task, text)

    def enable(task: PeriodicTask) -> PeriodicTask:
        return tasks.enable(service, by, task) if task.state == DISABLED else task

    def tag(task: PeriodicTask) -> PeriodicTask:
        words = set(task.policies.tags.split())
        words = words | set(text.split()) if what == TAG else words - set(text.lower().split())
        after = tasks.edit(service, by, task, {"tags": " ".join(sorted(words))})
        return task if after.revision == task.revision else after

    def delete(task: PeriodicTask) -> None:
        tasks.delete(service, by, task)

    return {RUN: run, PAUSE: pause, ENABLE: enable, TAG: tag, UNTAG: tag, DELETE: delete}[what]


def _take_back(service: Service, by: Master, what: str, before: Before) -> PeriodicTask:
    if what == DELETE:
        return task_versions.restore(service, by, before.id)
    task = tasks.find(service, by, id=before.id)
    if task.revision != before.revision:
        raise refuse(task.name, "it was changed since, and stays as it is")
    if what in (TAG, UNTAG):
        return tasks.edit(service, by, task, {"tags": before.tags})
    if before.state == DISABLED:
        return tasks.disable(service, by, task, before.note)
    return tasks.enable(service, by, task, before.note)
