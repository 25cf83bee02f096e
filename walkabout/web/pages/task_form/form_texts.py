"""What the form of a task shows of it, and which parts of it somebody has changed.

Only these are saved: not all that a task has survives its way through the inputs of a form as it is (a line end in a
name, a number that is written in another way).
"""

from collections.abc import Mapping
from typing import Any

from walkabout import json_text
from walkabout.actions import notices
from walkabout.people.masters import Master
from walkabout.periodic.errors import Broken
from walkabout.periodic.periodic_task import WALKER, PeriodicTask
from walkabout.periodic.policies import POLICY_NAMES
from walkabout.sequences.named import NAME, saved_name
from walkabout.service import Service
from walkabout.web.pages.task_form import fields
from walkabout.web.pages.task_form.argument import AS, BODY, JSON, SAVED, ArgumentReader, argument_for
from walkabout.web.pages.task_form.switch import texts_of_walker
from walkabout.web.pages.walkers.walker_inputs import PREFIX

ARGUMENT, SCHEDULE = "argument", "schedule"
NOTIFY = "notify"
"""The input of the addresses for notices, one a line."""
_PARTS = (*POLICY_NAMES, "name", "timezone")
_LINES = ("description", NOTIFY, BODY)  # inputs of several lines, beside those of a walker's fields


def texts_of(service: Service, task: PeriodicTask, master: Master) -> dict[str, str]:
    """The texts of the form of a task, by the names of its inputs, as somebody may see them."""
    texts = {"name": task.name, "timezone": task.timezone, "task": "walker" if task.task == WALKER else "sequence"}
    texts |= fields.schedule_texts(_schedule(task), task.policies)
    texts[NOTIFY] = "\n".join(target.label for target in notices.targets(service, master, task))
    try:
        argument = argument_for(service, task, master)
    except Broken:
        # The form of a broken row must open: it is where the row is put right.
        return texts | {BODY: service.masker.text(task.argument), AS: JSON}
    if task.task != WALKER:
        saved = saved_name(argument)
        beside = {key: value for key, value in argument.items() if key != NAME} if saved else argument
        return texts | {SAVED: saved, BODY: json_text.pretty(beside), AS: JSON}
    return texts | texts_of_walker(service, texts, argument)


def texts_sent(form: Mapping[str, str]) -> dict[str, str]:
    """The texts of a form that was sent. A browser sends lines with the ends that the network has."""
    return {name: _with_plain_ends(text) for name, text in form.items()}


def task_fields(texts: Mapping[str, str], argument: ArgumentReader) -> dict[str, Any]:
    """All fields of a task as they stand in its form. `argument`: as it was read from there."""
    return {
        "name": texts.get("name", "").strip(),
        ARGUMENT: argument.value or {},
        SCHEDULE: fields.schedule_of(texts),
        "timezone": texts.get("timezone", "").strip() or "UTC",
        **fields.policies_of(texts),
    }


def changed_parts(service: Service, task: PeriodicTask, master: Master, typed: Mapping[str, str]) -> set[str]:
    """What differs in a form from what it showed: names of the task's fields, ARGUMENT and SCHEDULE among them."""
    before = texts_of(service, task, master)
    names = {name for name in before.keys() | typed.keys() if not _is_same(name, before, typed)}
    return {_part(name, typed.get("schedule.type", "")) for name in names} - {""}


def _part(name: str, kind: str) -> str:
    if name in _PARTS:
        return name
    if name.startswith(fields.CONF) and not name.startswith(f"{fields.CONF}{kind}."):
        return ""  # of a kind that is not chosen
    if name.startswith(f"{SCHEDULE}."):
        return SCHEDULE
    return ARGUMENT if name == BODY or name.startswith((f"{BODY}.", PREFIX)) else ""


def _is_same(name: str, before: Mapping[str, str], typed: Mapping[str, str]) -> bool:
    was, now = _with_plain_ends(before.get(name, "")), typed.get(name, "")
    if name not in _LINES and not name.startswith(PREFIX):
        was, now = was.replace("\n", ""), now.replace("\n", "")  # an input of one line holds no others
    return was == now


def _with_plain_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _schedule(task: PeriodicTask) -> dict[str, Any]:
    try:
        return task.schedule_object()
    except Broken:
        return {}
