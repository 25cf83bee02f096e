"""Plans an import, so that people see what it would do to each task, and then applies it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from walkabout import json_text
from walkabout.database.connections import Database
from walkabout.jids import jid
from walkabout.jobs.template import JobTemplate
from walkabout.periodic import task_queries
from walkabout.periodic.drafts import Draft
from walkabout.periodic.edits import has_argument
from walkabout.periodic.periodic_task import ACTIVE, DISABLED, WALKER, PeriodicTask
from walkabout.periodic.rules.problems import shown
from walkabout.periodic.tasks import PeriodicTasks
from walkabout.problems import Invalid

NEW, CHANGED, SAME, LEFT_OUT = "new", "changed", "same", "left out"


@dataclass(frozen=True)
class ImportEntry:
    """A task as a file has it. `where`: its place there, for people; `draft`: None when it can't be read at all.

    `problems`: why it can't be taken over; `remarks`: what is taken over otherwise than it stands there.
    """

    where: str
    draft: Draft | None = None
    enabled: bool = True
    note: str = ""
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImportStep:
    """What becomes of an entry: NEW, CHANGED (`details` say what), SAME, or LEFT_OUT (`details` say why)."""

    entry: ImportEntry
    outcome: str
    details: tuple[str, ...] = ()
    task: PeriodicTask | None = None
    edits: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the task is called."""
        return self.entry.draft.name if self.entry.draft else ""


def plan_import(periodic_tasks: PeriodicTasks, entries: Iterable[ImportEntry]) -> list[ImportStep]:
    """What would become of the entries now; nothing is changed. A task is known by its owner and name."""
    seen: set[tuple[str, str]] = set()
    return [_step(periodic_tasks, entry, seen) for entry in entries]


def apply_import(
    periodic_tasks: PeriodicTasks, db: Database, steps: Sequence[ImportStep], *, by: str | None = None
) -> None:
    """Do what the steps say, all or nothing, in somebody's name (`by`, a uid) or the operator's (None).

    Raises TaskConflict or Invalid when something was edited meanwhile.
    """
    with db.transaction():
        for step in steps:
            if step.outcome == NEW and step.entry.draft is not None:
                _switch(periodic_tasks, periodic_tasks.create(step.entry.draft, by=by), step.entry, by)
            elif step.outcome == CHANGED and step.task is not None:
                edited = step.task
                if step.edits:
                    edited = periodic_tasks.change(step.task.id, step.edits, revision=step.task.revision, by=by)
                _switch(periodic_tasks, edited, step.entry, by)


def _step(periodic_tasks: PeriodicTasks, entry: ImportEntry, seen: set[tuple[str, str]]) -> ImportStep:
    if entry.problems or entry.draft is None:
        return ImportStep(entry, LEFT_OUT, entry.problems)
    try:
        wanted = periodic_tasks.check(entry.draft)
    except Invalid as refused:
        return ImportStep(entry, LEFT_OUT, tuple(refused.errors))
    if (wanted.owner, wanted.name) in seen:
        return ImportStep(entry, LEFT_OUT, (f"name: {shown(wanted.name)} is in the file twice",))
    seen.add((wanted.owner, wanted.name))
    there = task_queries.by_owner_and_name(periodic_tasks.db, wanted.owner, wanted.name)
    if there is None:
        return ImportStep(entry, NEW)
    if there.task != wanted.task:
        return ImportStep(
            entry, LEFT_OUT, (f"task: there is a {there.task} of this name; delete it, or use another name",)
        )
    edits = _differences(there, wanted, entry.draft, periodic_tasks.job_templates[there.task])
    details = [f"{field}: {_short(_old(there, field))} -> {_short(new)}" for field, new in edits.items()]
    if not entry.draft.over and (there.state == DISABLED) is entry.enabled:
        details.append("enabled" if entry.enabled else "disabled")
    return ImportStep(entry, CHANGED if details else SAME, tuple(details), there, edits)


def _differences(there: PeriodicTask, wanted: PeriodicTask, draft: Draft, template: JobTemplate) -> dict[str, Any]:
    edits: dict[str, Any] = {}
    if not there.has_schedule(wanted.rule()):
        edits["schedule"] = json_text.load(wanted.schedule)
    if there.timezone != wanted.timezone:
        edits["timezone"] = wanted.timezone
    if draft.anchor is not None and there.anchor != wanted.anchor:
        edits["anchor"] = wanted.anchor
    if not has_argument(there, wanted.argument_object(), template):
        edits["argument"] = wanted.argument_object()
    before = there.policies.by_name()
    return edits | {name: value for name, value in wanted.policies.by_name().items() if value != before[name]}


def _old(task: PeriodicTask, name: str) -> Any:
    if name in ("schedule", "argument"):
        return _plain(getattr(task, name))
    return getattr(task, name) if name in ("timezone", "anchor") else getattr(task.policies, name)


def _plain(text: str) -> Any:
    try:
        return json_text.load(text)
    except ValueError:
        return text  # a broken row: the import puts it right


def _short(value: Any, most: int = 100) -> str:
    text = json_text.write(value)
    return text if len(text) <= most else text[: most - 3] + "..."


def _switch(periodic_tasks: PeriodicTasks, task: PeriodicTask, entry: ImportEntry, by: str | None) -> None:
    if not entry.enabled and task.state == ACTIVE:
        periodic_tasks.disable(task.id, entry.note, by=by)
    elif entry.enabled and not (entry.draft and entry.draft.over) and task.state == DISABLED:
        periodic_tasks.enable(task.id, by=by)


def with_owner(entry: ImportEntry, owner: str) -> ImportEntry:
    """The entry with another owner (a uid), whatever the file says."""
    if entry.draft is None:
        return entry
    argument = dict(entry.draft.argument)
    if entry.draft.task == WALKER:
        argument["mst"] = jid(owner)
    return replace(entry, draft=replace(entry.draft, argument=argument, asker=owner))


def distinct(entries: Iterable[ImportEntry]) -> list[ImportEntry]:
    """The entries of a file without names of its own: made-up names that meet get a number behind them."""
    count: dict[str, int] = {}
    named: list[ImportEntry] = []
    for entry in entries:
        draft = entry.draft
        if draft is not None:
            count[draft.name] = count.get(draft.name, 0) + 1
            if count[draft.name] > 1:
                draft = replace(draft, name=f"{draft.name} ({count[draft.name]})")
        named.append(replace(entry, draft=draft))
    return named
