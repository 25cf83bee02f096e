"""Two people edit one task: what somebody else has saved since its form was opened, and whose of each part counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from walkabout.actions import task_versions
from walkabout.people.masters import Master
from walkabout.periodic import versions
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.periodic.policies import POLICIES
from walkabout.service import Service
from walkabout.web.pages.numbers import number
from walkabout.web.pages.run.differences import Differences, differences
from walkabout.web.pages.task.changes import ShownChange, task_changes
from walkabout.web.pages.task_form import form_texts
from walkabout.web.pages.task_form.argument import BODY, OF, read_argument
from walkabout.web.pages.task_form.form_texts import ARGUMENT, SCHEDULE
from walkabout.web.pages.task_form.meaning import when
from walkabout.web.pages.walkers.walker_inputs import PREFIX

MINE, THEIRS = "mine", "theirs"
TAKE = "take."  # in the form before the name of a part, with MINE or THEIRS: whose counts
REVISION = "revision"
ROWS_MOST = 20  # differences of a part that are shown
LABELS = {"name": "Name", ARGUMENT: "Input", SCHEDULE: "Schedule", "timezone": "Time zone"} | {
    policy.name: policy.label for policy in POLICIES
}


@dataclass(frozen=True)
class ConflictPart:
    """A part of the task that is otherwise in the form. `apart`: theirs left, mine right; `is_mine`: I have changed it, too."""

    name: str
    label: str
    apart: Differences
    is_mine: bool


@dataclass(frozen=True)
class EditConflict:
    """What others have changed since the form was opened, and what of it differs from the form."""

    changes: list[ShownChange]
    parts: list[ConflictPart]


def settle(
    service: Service, by: Master, task: PeriodicTask, typed: Mapping[str, str], do: str
) -> tuple[dict[str, str], EditConflict | None]:
    """The texts of a form, each part mine or theirs as it says itself, or as `do` says for all of them; and the conflict
    that they are in with what was saved since (None: in none)."""
    whose = {name.removeprefix(TAKE): text for name, text in typed.items() if name.startswith(TAKE)}
    taken = set(whose) if do == THEIRS else {part for part, text in whose.items() if text == THEIRS and do != MINE}
    theirs = form_texts.texts_of(service, task, by) if taken else {}
    texts = {name: text for name, text in typed.items() if not name.startswith(TAKE) and _part(name) not in taken}
    texts |= {name: text for name, text in theirs.items() if _part(name) in taken}
    seen = number(texts.get(REVISION, ""))
    if seen is None or seen == task.revision:
        return texts, None
    return texts | {REVISION: str(task.revision)}, _conflict(service, by, task, texts, seen)


def _conflict(
    service: Service, by: Master, task: PeriodicTask, texts: Mapping[str, str], seen: int
) -> EditConflict | None:
    """What differs of that which others have changed since a revision; None: nothing, or they have only paused it."""
    theirs = form_texts.texts_of(service, task, by)
    names = form_texts.changed_parts(service, task, by, texts)
    mine = names
    found = task_versions.since(service, by, task, seen)
    is_known = bool(found) and found[-1].revision == seen
    if is_known:
        before = versions.as_of(task, found[-1])
        names &= form_texts.changed_parts(service, before, by, theirs)
        mine = form_texts.changed_parts(service, before, by, texts)
    if not names:
        return None
    one, other = (_values(service, task, each) for each in (theirs, texts))
    changes = task_changes(service, task, found)
    parts = [
        ConflictPart(name, LABELS[name], differences(one[name], other[name], ROWS_MOST), is_mine=name in mine)
        for name in LABELS
        if name in names
    ]
    return EditConflict(changes[:-1] if is_known else changes, parts)


def _values(service: Service, task: PeriodicTask, texts: Mapping[str, str]) -> dict[str, Any]:
    """What a form says, by part, for people."""
    argument = read_argument(service, texts, task)
    values = form_texts.task_fields(texts, argument)
    meant = when(texts, service.clock(), task)
    return values | {
        # What can't be read is shown as it was typed.
        ARGUMENT: texts.get(BODY, "") if argument.value is None else service.masker.masked(argument.value),
        SCHEDULE: {"in words": meant.words or "; ".join(meant.problems), **values[SCHEDULE]},
    }


def _part(name: str) -> str:
    """The part of a task that an input belongs to."""
    if name.startswith(f"{SCHEDULE}."):
        return SCHEDULE
    return ARGUMENT if name in (BODY, OF) or name.startswith((f"{BODY}.", PREFIX)) else name
