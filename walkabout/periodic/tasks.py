"""Creates, edits, deletes, restores and runs periodic tasks, and refuses what is invalid.

An edit computes the next due time in its own transaction, counts at the next tick, and makes claims under way fail.
Each version says who made the change: `by`, the uid of a master; None is the service itself or the command line.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import floor
from typing import Any

from walkabout.database.connections import ConstraintRefused, Database
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.specs import Fire, Unfired
from walkabout.jobs.template import CannotRun
from walkabout.periodic import due_tasks, task_queries, versions
from walkabout.periodic.decisions import apply_policies
from walkabout.periodic.drafts import Draft, new_task
from walkabout.periodic.edits import edit
from walkabout.periodic.errors import EditedMeanwhile, NameTaken, NoSuchTask, NotRestorable, TaskOver
from walkabout.periodic.periodic_task import ACTIVE, DISABLED, OVER, JobTemplates, PeriodicTask, first_due, moment
from walkabout.periodic.rules.past_due import past_due
from walkabout.problems import refuse

NAME_CONSTRAINT = "schedule.name"  # as the database calls it when it refuses an owner's second task of a name
FORGET_MOST = 200  # deleted tasks at a time: each has many rows


@dataclass
class PeriodicTasks:
    """Saves the tasks. `clock`: UTC seconds; `random`: 0 to 1; `changed` is called when something may fire sooner."""

    db: Database
    clock: Callable[[], float]
    ledger: Ledger
    job_templates: JobTemplates
    changed: Callable[[], None]
    random: Callable[[], float]
    versions_most: int  # of a task

    def create(self, draft: Draft, *, by: str | None = None) -> PeriodicTask:
        """A new task. Raises Invalid with every field that is wrong, and NameTaken when its name is taken."""
        task = self.check(draft)
        with self.db.transaction():
            with _unique_name(task):
                task = replace(task, id=task_queries.insert(self.db, task))
            self._save_version(task, versions.CREATED, by)
            self.db.after_commit(self.changed)
        return task

    def check(self, draft: Draft) -> PeriodicTask:
        """The task of a draft as it would be saved now, without an id. Raises Invalid."""
        return new_task(draft, self.job_templates[draft.task], self.clock(), self.random())

    def change(
        self,
        id: int,
        edits: Mapping[str, Any],
        *,
        revision: int | None = None,
        path: str = "body",
        by: str | None = None,
    ) -> PeriodicTask:
        """Change fields of a task: name, argument, schedule, timezone, and those of `Policies`.

        `revision`: what the editor has seen. An edit that changes nothing leaves no version. Raises Invalid, NameTaken,
        EditedMeanwhile, Broken, NoSuchTask.
        """
        with self.db.transaction():
            before = self._task(id)
            if revision is not None and revision != before.revision:
                raise EditedMeanwhile(revision, before.revision)
            after = edit(before, edits, self.job_templates[before.task], self.clock(), path)
            if after == before:
                return before
            return self._save(before, after, versions.CHANGED, by, "the task was edited before the tick")

    def enable(self, id: int, note: str = "", *, by: str | None = None) -> PeriodicTask:
        """Let a task fire (again): what was missed meanwhile is no downtime.

        Raises CannotRun when it can't run in its owner's name, Broken, NoSuchTask, and Invalid when no time is to come.
        """
        with self.db.transaction():
            before = self._task(id)
            if why := self.job_templates[before.task].why_not_for(before.owner):
                raise CannotRun(why)
            if before.state == ACTIVE:
                return before
            now = self.clock()
            state, due_at = first_due(before.rule(), now)
            if due_at is None:
                raise refuse("schedule", f"it has no future time ({state}); change it, or run the task now")
            after = replace(before.with_due_time(state, due_at, now), note=note)
            return self._save(before, after, versions.ENABLED, by)

    def disable(self, id: int, note: str = "", *, by: str | None = None) -> PeriodicTask:
        """Let a task fire no more, until it is enabled. Raises TaskOver, NoSuchTask.

        A task that is disabled already keeps its note when no other one is given.
        """
        with self.db.transaction():
            before = self._task(id)
            if before.state in OVER:
                raise TaskOver(before.name, before.state)
            old_note = before.note if before.state == DISABLED else ""
            after = replace(before.with_due_time(DISABLED, None), note=note or old_note)
            return self._save(before, after, versions.DISABLED, by, "the task was disabled before the tick")

    def disable_what_may_not_run(self, owner: str, *, by: str | None = None) -> None:
        """Disable the active tasks of an owner (a uid) that do not run in their name any more; the note says why.

        For the transaction that takes a right away.
        """
        for task in task_queries.active_of(self.db, owner):
            if why := self.job_templates[task.task].why_not_for(owner):
                self.disable(task.id, why, by=by)

    def delete(self, id: int, *, by: str | None = None) -> None:
        """Delete a task; its runs stay in the ledger until their time. See `restore`. Raises NoSuchTask."""
        with self.db.transaction():
            task = self._task(id)
            task_queries.delete(self.db, id)
            versions.save_earlier(self.db, task, self.versions_most)
            gone = replace(task, revision=task.revision + 1, updated_at=self.clock())
            self._save_version(gone, versions.DELETED, by)

    def restore(self, id: int, *, by: str | None = None) -> PeriodicTask:
        """Restore a deleted task under its id, with its runs; its next due time is computed from now.

        It is disabled when it does not run in its owner's name any more. Raises NotRestorable, Broken, NameTaken.
        """
        with self.db.transaction():
            deleted = versions.deleted(self.db, id)
            if deleted is None:
                raise NotRestorable(id)
            task, now = versions.task_of(deleted), self.clock()
            why = self.job_templates[task.task].why_not_for(task.owner)
            if task.state == ACTIVE and why:
                task = replace(task, state=DISABLED, note=why)
            elif task.state == ACTIVE:
                task = task.with_due_time(*first_due(task.rule(), now), now)
            task = replace(task, revision=task.revision + 1, updated_at=now)
            with _unique_name(task):
                task_queries.insert(self.db, task)
            self._save_version(task, versions.RESTORED, by)
            self.db.after_commit(self.changed)
        return task

    def forget(self, before: float) -> int:
        """Forget tasks for good that were deleted before a moment (UTC seconds), some at a time; how many rows went."""
        return versions.forget_deleted(self.db, before, FORGET_MOST)

    def run_now(self, id: int, *, by: str | None = None, uid: str = "") -> str:
        """Run a task once more, by hand, whatever its state and its `overlap`; the run's uid. Nothing when `uid` is given,
        and there is such a run already.

        Raises CannotRun, Broken, NoSuchTask, QueueFull.
        """
        task = self._task(id)
        spec = self.job_templates[task.task].spec(task.owner, task.name, task.argument_object())
        spec = replace(apply_policies(spec, task), asked_by=by, uid=uid or spec.uid)
        now = self.clock()
        with self.db.transaction():
            if self.ledger.fire(spec, Fire(task.id, None, now)):
                due_tasks.count_runs(self.db, task.id, 1, now)
        return spec.uid

    def _task(self, id: int) -> PeriodicTask:
        task = task_queries.by_id(self.db, id)
        if task is None:
            raise NoSuchTask(f"id: {id}")
        return task

    def _save(
        self, before: PeriodicTask, after: PeriodicTask, change: str, by: str | None, why_missed: str = ""
    ) -> PeriodicTask:
        """Save a changed task with its version, and what it misses by the change."""
        now = self.clock()
        after = replace(after, updated_at=now)
        # Tasks that are older than the table of versions have none of what they were.
        versions.save_earlier(self.db, before, self.versions_most)
        with _unique_name(after):
            if not task_queries.update(self.db, after):
                raise EditedMeanwhile(before.revision, before.revision + 1)
        if before.fires_by(now) and after.next_run_at != before.next_run_at:
            # Behind the change: what a task misses because somebody pauses it is told to nobody.
            self._miss(before, now, why_missed)
        after = replace(after, revision=before.revision + 1)
        self._save_version(after, change, by)
        self.db.after_commit(self.changed)
        return after

    def _save_version(self, task: PeriodicTask, change: str, by: str | None) -> None:
        versions.save(self.db, task, change, by, task.updated_at, self.versions_most)

    def _miss(self, task: PeriodicTask, now: float, reason: str) -> None:
        first, last, count = _unfired_until(task, now)
        kind = self.job_templates[task.task].kind
        self.ledger.miss(
            Unfired(
                schedule=task.id,
                kind=kind,
                name=task.name,
                owner=task.owner,
                first=first,
                last=last,
                count=count,
                at=last + task.offset_s,
                reason=reason,
            )
        )


def _unfired_until(task: PeriodicTask, now: float) -> tuple[float, float, int]:
    """The first and the last of a task's due times that no tick has dealt with (UTC seconds), and how many there are."""
    first = task.next_run_at or 0.0
    try:
        due = past_due(task.rule(), moment(first), moment(floor(now) - task.offset_s), 1)
    except Exception:
        due = None  # an edit is what puts a broken row right: of that one only its due time is known
    return (first, first, 1) if due is None else (first, due.last.timestamp(), due.count)


@contextmanager
def _unique_name(task: PeriodicTask) -> Iterator[None]:
    try:
        yield
    except ConstraintRefused as error:
        if NAME_CONSTRAINT in str(error):
            raise NameTaken(task.name) from None
        raise
