"""Creates, edits, deletes, restores and runs periodic tasks, and refuses what is invalid.

An edit reckons the next due time in its own transaction, counts at the next tick, and makes claims under way fail. Each
change is written down with who made it: `by`, the uid of a master; None is the service itself or the command line.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import floor
from typing import Any

from walkabout import json_text
from walkabout.database.connections import ConstraintRefused, Database
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.specs import Fire, Unfired
from walkabout.jobs.template import CannotRun
from walkabout.periodic import due_tasks, task_queries, versions
from walkabout.periodic.decisions import apply_policies
from walkabout.periodic.errors import EditedMeanwhile, NameTaken, NoSuchTask, NotRestorable, TaskOver
from walkabout.periodic.periodic_task import (
    ACTIVE,
    DISABLED,
    OVER,
    JobTemplates,
    PeriodicTask,
    first_due,
    moment,
)
from walkabout.periodic.policies import NUL, POLICY_NAMES, Policies, read_policies
from walkabout.periodic.rules.past_due import past_due
from walkabout.periodic.rules.problems import shown
from walkabout.periodic.rules.schedule import Schedule, read_schedule
from walkabout.problems import Invalid, Problem, gather, refuse

NAME_MOST = 200  # characters, as in the original
NAME_CONSTRAINT = "schedule.name"  # as the database calls it when it refuses a second task of a name
FORGET_MOST = 200  # deleted tasks at a time: each has many rows


@dataclass(frozen=True)
class Draft:
    """A task that somebody wants. `policies`: as `Policies` declares them; `asker`: in whose name, if the argument doesn't say.

    `path`: what the argument is called where it was written, for the texts of refusals.
    """

    name: str
    task: str
    argument: Mapping[str, Any]
    schedule: object
    timezone: object = "UTC"
    policies: Mapping[str, Any] = field(default_factory=dict)
    asker: str | None = None
    path: str = "body"


@dataclass
class PeriodicTasks:
    """Keeps the tasks. `clock`: UTC seconds; `random`: 0 to 1; `changed` is called when something may fire sooner."""

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
            task = replace(task, id=_kept(task, lambda: task_queries.insert(self.db, task)))
            self._write_down(task, versions.CREATED, by)
        self.changed()
        return task

    def check(self, draft: Draft) -> PeriodicTask:
        """The task of a draft as it would be kept now, without an id. Raises Invalid."""
        now = self.clock()
        anchor = float(floor(now))
        problems: list[Problem] = []
        with gather(problems):
            _check_name(draft.name)
        owner, argument = self._argument(draft.task, draft.argument, draft.asker, draft.path, problems)
        policies = Policies()
        with gather(problems):
            policies = read_policies(dict(draft.policies))
        with gather(problems):
            rule = read_schedule(draft.schedule, draft.timezone, anchor=moment(anchor), now=moment(now))
        if problems:
            raise Invalid(problems)
        state, due_at = first_due(rule, now)
        blank = PeriodicTask(
            0, draft.name, draft.task, json_text.write(argument), "", "", owner or "", policies, state, "", False, None, None,
            anchor, self.random(), None, None, None, 0, 1, now, now,
        )  # fmt: skip
        return _due_from(_with_rule(blank, rule), state, due_at, now)

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

        `revision`: what the editor has seen. Raises Invalid, NameTaken, EditedMeanwhile,
        Broken, NoSuchTask.
        """
        with self.db.transaction():
            before = self._task(id)
            if revision is not None and revision != before.revision:
                raise EditedMeanwhile(revision, before.revision)
            after = self._edited(before, edits, path)
            return self._replace(before, after, versions.CHANGED, by, "the task was edited before the tick")

    def enable(self, id: int, note: str = "", *, by: str | None = None) -> PeriodicTask:
        """Let a task fire (again): what was missed meanwhile is no downtime.

        Raises CannotRun when it can't run in its owner's name, Broken, NoSuchTask, and Invalid when no time is
        to come.
        """
        with self.db.transaction():
            before = self._task(id)
            if why := self.job_templates[before.task].why_not_for(before.owner):
                raise CannotRun(why)
            if before.state == ACTIVE:
                return before
            rule = before.rule()
            now = self.clock()
            state, due_at = first_due(rule, now)
            if due_at is None:
                raise refuse("schedule", f"it has no future time ({state}); change it, or run the task now")
            after = replace(_due_from(before, state, due_at, now), note=note)
            return self._replace(before, after, versions.ENABLED, by)

    def disable(self, id: int, note: str = "", *, by: str | None = None) -> PeriodicTask:
        """Let a task fire no more, until it is enabled. Raises TaskOver, NoSuchTask.

        A task that is disabled already keeps its note when no other one is given.
        """
        with self.db.transaction():
            before = self._task(id)
            if before.state in OVER:
                raise TaskOver(before.name, before.state)
            kept = before.note if before.state == DISABLED else ""
            after = replace(_due_from(before, DISABLED, None), note=note or kept)
            return self._replace(before, after, versions.DISABLED, by, "the task was disabled before the tick")

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
            self._earlier(task)
            gone = replace(task, revision=task.revision + 1, updated_at=self.clock())
            self._write_down(gone, versions.DELETED, by)

    def restore(self, id: int, *, by: str | None = None) -> PeriodicTask:
        """Bring a deleted task back under its id, with its runs; when it is due next is reckoned from now.

        It is disabled when it does not run in its owner's name any more. Raises NotRestorable, Broken, and
        NameTaken.
        """
        with self.db.transaction():
            gone = versions.deleted(self.db, id)
            if gone is None:
                raise NotRestorable(id)
            task, now = versions.task_of(gone), self.clock()
            why = self.job_templates[task.task].why_not_for(task.owner)
            if task.state == ACTIVE and why:
                task = replace(task, state=DISABLED, note=why)
            elif task.state == ACTIVE:
                rule = task.rule()
                task = _due_from(task, *first_due(rule, now), now)
            task = replace(task, revision=task.revision + 1, updated_at=now)
            _kept(task, lambda: task_queries.insert(self.db, task))
            self._write_down(task, versions.RESTORED, by)
            self.db.after_commit(self.changed)
        return task

    def forget(self, before: float) -> int:
        """Forget tasks for good that were deleted before a moment (UTC seconds), some at a time; how many rows went."""
        return versions.forget_deleted(self.db, before, FORGET_MOST)

    def run_now(self, id: int) -> str:
        """Run a task once more, by hand, whatever its state and its rule for runs that meet; the run's uid.

        Raises CannotRun, Broken, NoSuchTask, QueueFull.
        """
        task = self._task(id)
        spec = self.job_templates[task.task].spec(task.owner, task.name, task.argument_object())
        now = self.clock()
        with self.db.transaction():
            self.ledger.fire(apply_policies(spec, task), Fire(task.id, None, now))
            due_tasks.count_runs(self.db, task.id, 1, now)
        return spec.uid

    def _task(self, id: int) -> PeriodicTask:
        task = task_queries.by_id(self.db, id)
        if task is None:
            raise NoSuchTask(f"id: {id}")
        return task

    def _argument(
        self, kind: str, given: Mapping[str, Any], asker: str | None, path: str, problems: list[Problem]
    ) -> tuple[str | None, dict[str, Any]]:
        template = self.job_templates[kind]
        argument = template.normal(given)
        owner = template.owner(argument, asker)
        wrong = template.check(owner, argument)
        problems += [problem.within(path) for problem in wrong]
        if owner is None and not wrong:
            problems.append(Problem("owner", "the owner is missing; use the email of a master"))
        elif owner is not None and not wrong and (why := template.why_not_for(owner)):
            problems.append(Problem("owner", why))
        return owner, argument

    def _edited(self, before: PeriodicTask, edits: Mapping[str, Any], path: str) -> PeriodicTask:
        problems: list[Problem] = []
        after = before
        if "name" in edits:
            with gather(problems):
                after = replace(after, name=_check_name(edits["name"]))
        if "argument" in edits:
            owner, argument = self._argument(before.task, edits["argument"], before.owner, path, problems)
            after = replace(after, owner=owner or "", argument=json_text.write(argument))
        given = {name: edits[name] for name in POLICY_NAMES if name in edits}
        with gather(problems):
            old = before.policies.by_name()
            after = _due_from(replace(after, policies=read_policies(old | given)), after.state, after.next_run_at)
        if "schedule" in edits or "timezone" in edits:
            with gather(problems):
                after = self._rescheduled(after, edits)
        if problems:
            raise Invalid(problems)
        return after

    def _rescheduled(self, task: PeriodicTask, edits: Mapping[str, Any]) -> PeriodicTask:
        now = self.clock()
        schedule = edits["schedule"] if "schedule" in edits else task.schedule_object()
        zone, anchor = edits.get("timezone", task.timezone), moment(task.anchor)
        if _is_same(task, read_schedule(schedule, zone, anchor=anchor)):
            return task
        rule = read_schedule(schedule, zone, anchor=anchor, now=moment(now) if "schedule" in edits else None)
        after = _with_rule(task, rule)
        if task.state == DISABLED or (task.state in OVER and "schedule" not in edits):
            return after
        return replace(_due_from(after, *first_due(rule, now), now), note="")

    def _replace(
        self, before: PeriodicTask, after: PeriodicTask, change: str, by: str | None, why_missed: str = ""
    ) -> PeriodicTask:
        now = self.clock()
        if before.fire_at is not None and before.fire_at <= now and after.next_run_at != before.next_run_at:
            self._miss(before, why_missed)
        after = replace(after, updated_at=now)
        self._earlier(before)
        _kept(after, lambda: task_queries.update(self.db, after))
        after = replace(after, revision=before.revision + 1)
        self._write_down(after, change, by)
        self.db.after_commit(self.changed)
        return after

    def _earlier(self, task: PeriodicTask) -> None:
        # Tasks that are older than the table of versions have none of what they were.
        versions.save_earlier(self.db, task, self.versions_most)

    def _write_down(self, task: PeriodicTask, change: str, by: str | None) -> None:
        versions.save(self.db, task, change, by, task.updated_at, self.versions_most)

    def _miss(self, task: PeriodicTask, reason: str) -> None:
        first, last, count = self._passed(task)
        kind, at = self.job_templates[task.task].kind, last + task.offset_s
        self.ledger.miss(Unfired(task.id, kind, task.name, task.owner, first, last, count, at, reason))

    def _passed(self, task: PeriodicTask) -> tuple[float, float, int]:
        """The first and the last of a task's due times that nobody has seen to, and how many there are."""
        first = task.next_run_at or 0.0
        try:
            passed = past_due(task.rule(), moment(first), moment(floor(self.clock()) - task.offset_s), 1)
        except Exception:
            passed = None  # an edit is what puts a broken row right: of that one only its due time is known
        return (first, first, 1) if passed is None else (first, passed.last.timestamp(), passed.count)


def _check_name(name: object) -> str:
    if not isinstance(name, str) or not name.strip():
        raise refuse("name", f"{shown(name)} is not a name; use a non-empty text")
    if "\0" in name:
        raise refuse("name", NUL)
    if len(name) > NAME_MOST:
        raise refuse("name", f"{shown(name)} has {len(name)} characters; use {NAME_MOST} or fewer")
    return name


def _is_same(task: PeriodicTask, rule: Schedule) -> bool:
    """Whether a task has this rule already: then its due times stay, and so does what it has missed."""
    return (task.schedule, task.timezone) == (json_text.write(rule.as_json()), rule.zone.key)


def _with_rule(task: PeriodicTask, rule: Schedule) -> PeriodicTask:
    """The task with another rule; when it is due next is not said yet."""
    return replace(
        task,
        schedule=json_text.write(rule.as_json()),
        timezone=rule.zone.key,
        one_off=rule.one_off,
        start_at=rule.start_time.timestamp() if rule.start_time else None,
        expires_at=rule.expires.timestamp() if rule.expires else None,
    )


def _due_from(task: PeriodicTask, state: str, due_at: float | None, now: float | None = None) -> PeriodicTask:
    """The task with this state and due time, as reckoned now; None: it was reckoned before, and stays."""
    fire_at = None if due_at is None else due_at + task.offset_s
    computed_at = task.computed_at if now is None else now
    return replace(task, state=state, next_run_at=due_at, fire_at=fire_at, computed_at=computed_at)


def _kept(task: PeriodicTask, write: Callable[[], int]) -> int:
    try:
        return write()
    except ConstraintRefused as error:
        if NAME_CONSTRAINT in str(error):
            raise NameTaken(task.name) from None
        raise
