"""Tasks that come from a file: what would happen to each of them, and then that."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from walkabout import json_text
from walkabout.database import Database
from walkabout.jids import jid
from walkabout.schedules import table
from walkabout.schedules.book import Book, Draft
from walkabout.schedules.refusal import Refused, shown
from walkabout.schedules.task import ACTIVE, DISABLED, WALKER, Task
from walkabout.schedules.terms import Terms

NEW, CHANGED, SAME, LEFT_OUT = "new", "changed", "same", "left out"


@dataclass(frozen=True)
class Entry:
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
class Step:
    """What becomes of an entry: NEW, CHANGED (`details` say what), SAME, or LEFT_OUT (`details` say why)."""

    entry: Entry
    outcome: str
    details: tuple[str, ...] = ()
    task: Task | None = None
    edits: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the task is called."""
        return self.entry.draft.name if self.entry.draft else ""


def plan(book: Book, entries: Iterable[Entry]) -> list[Step]:
    """What would become of the entries now; nothing is changed."""
    seen: set[str] = set()
    steps: list[Step] = []
    for entry in entries:
        steps.append(_step(book, entry, seen))
        seen.add(steps[-1].name)
    return steps


def apply(book: Book, db: Database, steps: Sequence[Step]) -> None:
    """Do what the steps say, all or nothing. Raises Clash or Refused when something was edited meanwhile."""
    with db.transaction():
        for step in steps:
            if step.outcome == NEW and step.entry.draft is not None:
                _switch(book, book.create(step.entry.draft), step.entry)
            elif step.outcome == CHANGED and step.task is not None:
                edited = step.task
                if step.edits:
                    edited = book.change(step.task.id, step.edits, revision=step.task.revision)
                _switch(book, edited, step.entry)


def _step(book: Book, entry: Entry, seen: set[str]) -> Step:
    if entry.problems or entry.draft is None:
        return Step(entry, LEFT_OUT, entry.problems)
    name = entry.draft.name
    if name in seen:
        return Step(entry, LEFT_OUT, (f"name: {shown(name)} stands twice in the file",))
    try:
        wanted = book.check(entry.draft)
    except Refused as refused:
        return Step(entry, LEFT_OUT, tuple(refused.errors))
    there = table.by_name(book.db, name)
    if there is None:
        return Step(entry, NEW)
    if there.task != wanted.task:
        return Step(entry, LEFT_OUT, (f"task: there is a {there.task} of this name; delete it, or use another name",))
    edits = _differences(there, wanted)
    details = [f"{field}: {_short(_old(there, field))} -> {_short(new)}" for field, new in edits.items()]
    if (there.state == DISABLED) is entry.enabled:
        details.append("enabled" if entry.enabled else "disabled")
    return Step(entry, CHANGED if details else SAME, tuple(details), there, edits)


def _differences(there: Task, wanted: Task) -> dict[str, Any]:
    edits: dict[str, Any] = {}
    if json_text.load(there.schedule) != json_text.load(wanted.schedule):
        edits["schedule"] = json_text.load(wanted.schedule)
    if there.timezone != wanted.timezone:
        edits["timezone"] = wanted.timezone
    if there.argument_object() != wanted.argument_object():
        edits["argument"] = wanted.argument_object()
    for name in Terms.__struct_fields__:
        if getattr(there.terms, name) != getattr(wanted.terms, name):
            edits[name] = getattr(wanted.terms, name)
    return edits


def _old(task: Task, name: str) -> Any:
    if name in ("schedule", "argument"):
        return json_text.load(getattr(task, name))
    return task.timezone if name == "timezone" else getattr(task.terms, name)


def _short(value: Any, most: int = 100) -> str:
    text = json_text.write(value)
    return text if len(text) <= most else text[: most - 3] + "..."


def _switch(book: Book, task: Task, entry: Entry) -> None:
    if not entry.enabled and task.state == ACTIVE:
        book.disable(task.id, entry.note)
    elif entry.enabled and task.state == DISABLED:
        book.enable(task.id)


def in_the_name_of(entry: Entry, owner: str) -> Entry:
    """The entry with another owner (a uid), whatever the file says."""
    if entry.draft is None:
        return entry
    argument = dict(entry.draft.argument)
    if entry.draft.task == WALKER:
        argument["mst"] = jid(owner)
    return replace(entry, draft=replace(entry.draft, argument=argument, asker=owner))


def distinct(entries: Iterable[Entry]) -> list[Entry]:
    """The entries of a file without names of its own: made-up names that meet get a number behind them."""
    count: dict[str, int] = {}
    named: list[Entry] = []
    for entry in entries:
        draft = entry.draft
        if draft is not None:
            count[draft.name] = count.get(draft.name, 0) + 1
            if count[draft.name] > 1:
                draft = replace(draft, name=f"{draft.name} ({count[draft.name]})")
        named.append(replace(entry, draft=draft))
    return named
