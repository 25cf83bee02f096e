"""Edits the fields of a periodic task and checks them, on plain data.

What an edit leaves as it is, is not checked again and changes nothing: a walker that is gone, or a moment that has
passed, is no reason to refuse an edit of something else.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from walkabout import json_text
from walkabout.jobs.template import JobTemplate
from walkabout.periodic.drafts import check_argument, check_name
from walkabout.periodic.errors import Broken
from walkabout.periodic.periodic_task import DISABLED, OVER, PeriodicTask, first_due, moment
from walkabout.periodic.policies import POLICY_NAMES, read_policies
from walkabout.periodic.rules.schedule import read_schedule
from walkabout.problems import Invalid, Problem, gather


def edit(
    task: PeriodicTask, edits: Mapping[str, Any], template: JobTemplate, now: float, path: str = "body"
) -> PeriodicTask:
    """A task with other fields, at a moment (UTC seconds): name, argument, schedule, timezone, and its policies.

    `path`: what the argument is called where it was written. Raises Invalid with every field that is wrong.
    The task itself when the edits change nothing.
    """
    problems: list[Problem] = []
    edited = task
    if edits.get("name", task.name) != task.name:
        with gather(problems):
            edited = replace(edited, name=check_name(edits["name"]))
    if "argument" in edits:
        given = edits["argument"]
        # The same in other words (keys in another order, wlk for name) is kept as it was given now, and not checked.
        owner, argument = (
            (task.owner, dict(given))
            if has_argument(task, given, template)
            else check_argument(template, given, task.owner, path, problems)
        )
        edited = replace(edited, owner=owner or "", argument=json_text.write(argument))
    policies = {name: edits[name] for name in POLICY_NAMES if name in edits}
    with gather(problems):
        edited = replace(edited, policies=read_policies(task.policies.by_name() | policies))
    with gather(problems):
        edited = _reschedule(edited, edits, now)
    if problems:
        raise Invalid(problems)
    if edited != task and edited.next_run_at == task.next_run_at:
        # Its jitter may be another one; and a task that was put off is tried again.
        edited = edited.with_due_time(edited.state, edited.next_run_at)
    return edited


def has_argument(task: PeriodicTask, argument: Mapping[str, Any], template: JobTemplate) -> bool:
    """Whether a task has this argument, in whatever words."""
    try:
        return same_json(template.normal(task.argument_object()), template.normal(argument))
    except Broken:
        return False  # a broken row: the edit puts it right


def same_json(one: Any, other: Any) -> bool:
    """Whether two JSON values say the same: the order of keys does not count, and 1.0 is 1 but not true."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same_json(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def _reschedule(task: PeriodicTask, edits: Mapping[str, Any], now: float) -> PeriodicTask:
    zone, anchor = edits.get("timezone", task.timezone), float(edits.get("anchor", task.anchor))
    is_other = "schedule" in edits and not task.has_schedule(
        read_schedule(edits["schedule"], zone, anchor=moment(anchor))
    )
    if not is_other and (zone, anchor) == (task.timezone, task.anchor):
        return task  # its due times stay, and so does what it has missed
    given = edits["schedule"] if is_other else task.schedule_object()
    schedule = read_schedule(given, zone, anchor=moment(anchor), now=moment(now) if is_other else None)
    edited = replace(task.with_schedule(schedule), anchor=anchor)
    if task.state == DISABLED or (task.state in OVER and not is_other):
        return edited
    state, due_at = first_due(schedule, now)
    return replace(edited.with_due_time(state, due_at, now), note="")
