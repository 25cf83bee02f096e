"""Edits the fields of a periodic task and checks them, on plain data."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from walkabout import json_text
from walkabout.jobs.template import JobTemplate
from walkabout.periodic.drafts import check_argument, check_name
from walkabout.periodic.periodic_task import DISABLED, OVER, PeriodicTask, first_due, moment
from walkabout.periodic.policies import POLICY_NAMES, read_policies
from walkabout.periodic.rules.schedule import read_schedule
from walkabout.problems import Invalid, Problem, gather


def edit(
    task: PeriodicTask, edits: Mapping[str, Any], template: JobTemplate, now: float, path: str = "body"
) -> PeriodicTask:
    """A task with other fields, at a moment (UTC seconds): name, argument, schedule, timezone, and its policies.

    `path`: what the argument is called where it was written. Raises Invalid with every field that is wrong, and Broken.
    """
    problems: list[Problem] = []
    edited = task
    if "name" in edits:
        with gather(problems):
            edited = replace(edited, name=check_name(edits["name"]))
    if "argument" in edits:
        owner, argument = check_argument(template, edits["argument"], task.owner, path, problems)
        edited = replace(edited, owner=owner or "", argument=json_text.write(argument))
    policies = {name: edits[name] for name in POLICY_NAMES if name in edits}
    with gather(problems):
        edited = replace(edited, policies=read_policies(task.policies.by_name() | policies))
        edited = edited.with_due_time(edited.state, edited.next_run_at)
    if "schedule" in edits or "timezone" in edits:
        with gather(problems):
            edited = _reschedule(edited, edits, now)
    if problems:
        raise Invalid(problems)
    return edited


def _reschedule(task: PeriodicTask, edits: Mapping[str, Any], now: float) -> PeriodicTask:
    given = edits["schedule"] if "schedule" in edits else task.schedule_object()
    zone, anchor = edits.get("timezone", task.timezone), moment(task.anchor)
    if task.has_schedule(read_schedule(given, zone, anchor=anchor)):
        return task  # its due times stay, and so does what it has missed
    schedule = read_schedule(given, zone, anchor=anchor, now=moment(now) if "schedule" in edits else None)
    edited = task.with_schedule(schedule)
    if task.state == DISABLED or (task.state in OVER and "schedule" not in edits):
        return edited
    state, due_at = first_due(schedule, now)
    return replace(edited.with_due_time(state, due_at, now), note="")
