"""Plans an import, so that people see what it would do to each task, and then applies it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from walkabout import json_text
from walkabout.database.connections import Database
from walkabout.jobs.template import JobTemplate
from walkabout.masking import Masker
from walkabout.periodic import task_queries
from walkabout.periodic.drafts import Draft
from walkabout.periodic.edits import has_argument, same_json
from walkabout.periodic.importing.crontab_lines import (
    KnownLine,
    has_line,
    known_lines,
    match_lines,
    remember_line,
    request_of,
)
from walkabout.periodic.importing.entries import ImportEntry
from walkabout.periodic.periodic_task import ACTIVE, DISABLED, PeriodicTask
from walkabout.periodic.rules.wording import excerpt
from walkabout.periodic.tasks import PeriodicTasks
from walkabout.problems import Invalid

NEW, CHANGED, SAME, LEFT_OUT, LEFT_OVER = "new", "changed", "same", "left out", "left over"
_NUMBER = re.compile(r" \(\d+\)$")  # behind a made-up name that another task has, too


@dataclass(frozen=True)
class ImportStep:
    """What becomes of an entry: NEW (`details` say when it fires), CHANGED (what), SAME, or LEFT_OUT (why).

    LEFT_OVER is no entry but a task whose line is gone: it is left as it is. `content`: what a line makes of its task.
    """

    entry: ImportEntry
    outcome: str
    details: tuple[str, ...] = ()
    task: PeriodicTask | None = None
    edits: dict[str, Any] = field(default_factory=dict)
    content: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the task is called."""
        if self.task is not None:
            return self.task.name
        return self.entry.draft.name if self.entry.draft else ""


def plan_import(periodic_tasks: PeriodicTasks, entries: Iterable[ImportEntry]) -> list[ImportStep]:
    """What would become of the entries now; nothing is changed. A task is known by its line, else by owner and name."""
    return _Planner(periodic_tasks, list(entries)).steps()


def apply_import(
    periodic_tasks: PeriodicTasks, db: Database, steps: Sequence[ImportStep], *, by: str | None = None
) -> None:
    """Do what the steps say, all or nothing, in somebody's name (`by`, a uid) or the operator's (None).

    Raises TaskConflict or Invalid when something was edited meanwhile.
    """
    with db.transaction():
        for step in steps:
            task = step.task
            if step.outcome == NEW and step.entry.draft is not None:
                task = periodic_tasks.create(step.entry.draft, by=by)
                _switch(periodic_tasks, task, step.entry, by)
            elif step.outcome == CHANGED and task is not None:
                if step.edits:
                    task = periodic_tasks.change(task.id, step.edits, revision=task.revision, by=by)
                _switch(periodic_tasks, task, step.entry, by)
            if step.entry.origin is not None and step.content and task is not None:
                remember_line(db, task.id, step.entry.origin, step.content)


class _Planner:
    """Makes the steps of one import."""

    def __init__(self, periodic_tasks: PeriodicTasks, entries: list[ImportEntry]) -> None:
        self.periodic_tasks, self.db = periodic_tasks, periodic_tasks.db
        self.entries = entries
        self.names: set[tuple[str, str]] = set()  # those that this file has had, with their owners
        self.lines, left = self._match()
        self.left = [task for line in left if (task := task_queries.by_id(self.db, line.schedule))]

    def steps(self) -> list[ImportStep]:
        """A step for each entry, then one for each task whose line is gone."""
        steps = [self._step(place, entry) for place, entry in enumerate(self.entries)]
        return [*steps, *map(_left_over, self.left)]

    def _match(self) -> tuple[dict[int, KnownLine], list[KnownLine]]:
        places = [place for place, entry in enumerate(self.entries) if entry.origin is not None]
        if not places:
            return {}, []
        lines = [
            (entry.origin, request_of(entry.draft.argument) if entry.draft else None)
            for entry in self.entries
            if entry.origin is not None
        ]
        found, left = match_lines(lines, known_lines(self.db, lines[0][0].source))
        return {places[place]: line for place, line in found.items()}, left

    def _step(self, place: int, entry: ImportEntry) -> ImportStep:
        known = self.lines.get(place)
        there = task_queries.by_id(self.db, known.schedule) if known else None
        if entry.problems or entry.draft is None:
            return ImportStep(entry, LEFT_OUT, (*entry.problems, *_still_there(there)), there)
        try:
            wanted = self.periodic_tasks.check(entry.draft)
        except Invalid as refused:
            return ImportStep(entry, LEFT_OUT, (*refused.errors, *_still_there(there)), there)
        if entry.origin is None and (wanted.owner, wanted.name) in self.names:
            return ImportStep(entry, LEFT_OUT, (f"name: {excerpt(wanted.name)} is in the file twice",))
        there = there or self._of_that_name(entry, wanted)
        if there is None:
            entry, wanted = self._with_free_name(entry, wanted)
        self.names.add((wanted.owner, there.name if there else wanted.name))
        content = _content(wanted, entry.draft) if entry.origin and entry.draft else {}
        if there is None:
            return ImportStep(entry, NEW, _of_new(entry, wanted), content=content)
        if why := _why_not(there, wanted):
            return ImportStep(entry, LEFT_OUT, (why,))
        return self._change(entry, there, wanted, content, known)

    def _of_that_name(self, entry: ImportEntry, wanted: PeriodicTask) -> PeriodicTask | None:
        """The task that has the name already; a line does not take one over that another line has made."""
        there = task_queries.by_owner_and_name(self.db, wanted.owner, wanted.name)
        if there is None or entry.origin is None:
            return there
        is_free = (there.owner, there.name) not in self.names and not has_line(self.db, there.id)
        return there if is_free and not _why_not(there, wanted) else None

    def _with_free_name(self, entry: ImportEntry, wanted: PeriodicTask) -> tuple[ImportEntry, PeriodicTask]:
        if entry.origin is None or entry.draft is None:
            return entry, wanted
        name = self._free(wanted.owner, wanted.name, "")
        return replace(entry, draft=replace(entry.draft, name=name)), replace(wanted, name=name)

    def _free(self, owner: str, name: str, own: str) -> str:
        """A made-up name that no other task of an owner has. `own`: the one that the task has."""
        bare, number = _NUMBER.sub("", name), 1
        while name != own and (
            (owner, name) in self.names or task_queries.by_owner_and_name(self.db, owner, name) is not None
        ):
            number += 1
            name = f"{bare} ({number})"
        return name

    def _change(
        self,
        entry: ImportEntry,
        there: PeriodicTask,
        wanted: PeriodicTask,
        content: dict[str, Any],
        known: KnownLine | None,
    ) -> ImportStep:
        draft = entry.draft
        assert draft is not None
        edits = _differences(there, wanted, draft, self.periodic_tasks.job_templates[there.task])
        details: list[str] = []
        if known is not None:
            edits |= self._rename(there, draft.name, known)
            content = {**content, "name": edits.get("name", known.content.get("name", draft.name))}
            edits, details = _since_the_last_import(there, edits, content, known.content)
        changes = [_difference(name, new, there, wanted) for name, new in edits.items()]
        if switch := _switch_of(there, entry):
            changes.append(switch)
        outcome = CHANGED if changes else SAME
        return ImportStep(entry, outcome, (*changes, *details), there, edits, content)

    def _rename(self, there: PeriodicTask, made_up: str, known: KnownLine) -> dict[str, Any]:
        """The new name of a line that calls something else now, unless somebody has named its task."""
        old = str(known.content.get("name"))
        if there.name != old or _NUMBER.sub("", old) == _NUMBER.sub("", made_up):
            return {}
        return {"name": self._free(there.owner, made_up, there.name)}


def _of_new(entry: ImportEntry, wanted: PeriodicTask) -> tuple[str, ...]:
    """When a new task will fire; and if it will not, why."""
    state = wanted.state if entry.enabled or wanted.state != ACTIVE else DISABLED
    note = wanted.note or entry.note
    return (wanted.words(), *([] if state == ACTIVE else [f"{state}{f': {note}' if note else ''}"]))


def _why_not(there: PeriodicTask, wanted: PeriodicTask) -> str:
    if there.task != wanted.task:
        return f"task: there is a {there.task} of this name; delete it, or use another name"
    if there.owner != wanted.owner:
        return f"owner: {excerpt(there.name)} is its task, and somebody else's; use --source to import it once more"
    return ""


def _still_there(task: PeriodicTask | None) -> tuple[str, ...]:
    return (f"its task of before is left as it is: {task.name}",) if task else ()


def _left_over(task: PeriodicTask) -> ImportStep:
    state = "it still runs here; pause or delete it if it should not" if task.state == ACTIVE else f"it is {task.state}"
    return ImportStep(ImportEntry("left over"), LEFT_OVER, (f"its line is gone from the file; {state}",), task)


def _content(wanted: PeriodicTask, draft: Draft) -> dict[str, Any]:
    """What a line says of its task, by field."""
    own = {
        "name": wanted.name,
        "schedule": json_text.load(wanted.schedule),
        "timezone": wanted.timezone,
        "argument": wanted.argument_object(),
    }
    return own | {name: getattr(wanted.policies, name) for name in draft.policies}


def _differences(there: PeriodicTask, wanted: PeriodicTask, draft: Draft, template: JobTemplate) -> dict[str, Any]:
    """What the file says of a task that is otherwise here; what it does not say stays as it is."""
    edits: dict[str, Any] = {}
    if not there.has_schedule(wanted.rule()):
        edits["schedule"] = json_text.load(wanted.schedule)
    if there.timezone != wanted.timezone:
        edits["timezone"] = wanted.timezone
    if draft.anchor is not None and there.anchor != wanted.anchor:
        edits["anchor"] = wanted.anchor
    if not has_argument(there, wanted.argument_object(), template):
        edits["argument"] = wanted.argument_object()
    before, after = there.policies.by_name(), wanted.policies.by_name()
    return edits | {name: after[name] for name in draft.policies if after[name] != before[name]}


def _since_the_last_import(
    there: PeriodicTask, edits: dict[str, Any], content: Mapping[str, Any], before: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Only the edits of what the line itself has changed, and what is told of the others: they were made here."""
    changed = {name: new for name, new in edits.items() if not same_json(content.get(name), before.get(name))}
    kept = [f"{name}: kept as it was edited here: {_short(_old(there, name))}" for name in edits if name not in changed]
    return changed, kept


def _difference(name: str, new: Any, there: PeriodicTask, wanted: PeriodicTask) -> str:
    if name == "schedule":
        return f"schedule: {there.words()} -> {wanted.words()}"
    text = f"{name}: {_short(_old(there, name))} -> {_short(new)}"
    return Masker({}).text(text) if name == "argument" else text


def _old(task: PeriodicTask, name: str) -> Any:
    if name in ("schedule", "argument"):
        return _plain(getattr(task, name))
    return getattr(task, name) if name in ("name", "timezone", "anchor") else getattr(task.policies, name)


def _plain(text: str) -> Any:
    try:
        return json_text.load(text)
    except ValueError:
        return text  # a broken row: the import puts it right


def _short(value: Any, most: int = 100) -> str:
    text = json_text.write(value)
    return text if len(text) <= most else text[: most - 3] + "..."


def _switch_of(there: PeriodicTask, entry: ImportEntry) -> str:
    """What the file says of whether a task is to fire, and of the note why not; empty when that is so."""
    is_over = entry.draft is not None and bool(entry.draft.over)
    if entry.origin is not None:
        return ""  # a line says nothing of it
    if not entry.enabled and (
        there.state == ACTIVE or (there.state == DISABLED and entry.note not in ("", there.note))
    ):
        return "disabled" + (f": {entry.note}" if entry.note else "")
    return "enabled" if entry.enabled and not is_over and there.state == DISABLED else ""


def _switch(periodic_tasks: PeriodicTasks, task: PeriodicTask, entry: ImportEntry, by: str | None) -> None:
    match _switch_of(task, entry).partition(":")[0]:
        case "disabled":
            periodic_tasks.disable(task.id, entry.note, by=by)
        case "enabled":
            periodic_tasks.enable(task.id, by=by)
