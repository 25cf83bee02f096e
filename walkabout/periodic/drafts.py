"""Drafts of periodic tasks: checked, and made into tasks as they would be saved now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import floor
from typing import Any

from walkabout import json_text
from walkabout.jobs.template import JobTemplate
from walkabout.periodic.periodic_task import PeriodicTask, first_due, moment
from walkabout.periodic.policies import NUL, Policies, read_policies
from walkabout.periodic.rules.schedule import read_schedule
from walkabout.periodic.rules.wording import excerpt
from walkabout.problems import Invalid, Problem, gather, refuse

NAME_MOST = 200  # characters, as in the original


@dataclass(frozen=True)
class Draft:
    """A task that somebody wants. `policies`: as `Policies` declares them; `asker`: in whose name, if the argument doesn't say.

    `path`: what the argument is called where it was written, for the texts of refusals. Of a task that comes from
    elsewhere: `anchor`, from where its intervals are counted (UTC seconds); `over`, the state in which it is over or
    paused there, "" when it goes on; `note`, why; `share`, its own part of its jitter.
    """

    name: str
    task: str
    argument: Mapping[str, Any]
    schedule: object
    timezone: object = "UTC"
    policies: Mapping[str, Any] = field(default_factory=dict)
    asker: str | None = None
    path: str = "body"
    anchor: float | None = None
    over: str = ""
    note: str = ""
    share: float | None = None


def new_task(draft: Draft, template: JobTemplate, now: float, share: float) -> PeriodicTask:
    """The task of a draft at a moment (UTC seconds), without an id. Raises Invalid with every field that is wrong.

    `share`: the task's own part of its jitter, 0 to 1.
    """
    anchor = float(floor(now)) if draft.anchor is None else draft.anchor
    problems: list[Problem] = []
    with gather(problems):
        check_name(draft.name)
    owner, argument = check_argument(template, draft.argument, draft.asker, draft.path, problems)
    policies = Policies()
    with gather(problems):
        policies = read_policies(dict(draft.policies))
    with gather(problems):
        schedule = read_schedule(
            draft.schedule, draft.timezone, anchor=moment(anchor), now=None if draft.over else moment(now)
        )
    if problems:
        raise Invalid(problems)
    state, due_at = (draft.over, None) if draft.over else first_due(schedule, now)
    blank = PeriodicTask(
        id=0,
        name=draft.name,
        task=draft.task,
        argument=json_text.write(argument),
        schedule="",
        timezone="",
        owner=owner or "",
        policies=policies,
        state=state,
        note=draft.note,
        one_off=False,
        start_at=None,
        expires_at=None,
        anchor=anchor,
        share=share if draft.share is None else draft.share,
        next_run_at=None,
        fire_at=None,
        last_run_at=None,
        total_run_count=0,
        revision=1,
        created_at=now,
        updated_at=now,
    )
    return blank.with_schedule(schedule).with_due_time(state, due_at, now)


def check_name(name: object) -> str:
    """The name of a task. Raises Invalid."""
    if not isinstance(name, str) or not name.strip():
        raise refuse("name", f"{excerpt(name)} is not a name; use a non-empty text")
    if "\0" in name:
        raise refuse("name", NUL)
    if len(name) > NAME_MOST:
        raise refuse("name", f"{excerpt(name)} has {len(name)} characters; use {NAME_MOST} or fewer")
    return name


def check_argument(
    template: JobTemplate, given: Mapping[str, Any], asker: str | None, path: str, problems: list[Problem]
) -> tuple[str | None, dict[str, Any]]:
    """Whose an argument is, and the argument as it is saved: as it was given. What is wrong with it is added to the problems.

    `asker`: whose it is if it doesn't say; `path`: what it is called where it was written.
    """
    argument = template.normal(given)
    owner = template.owner(argument, asker)
    wrong = template.check(owner, argument)
    problems += [problem.within(path) for problem in wrong]
    if owner is None and not wrong:
        problems.append(Problem("owner", "the owner is missing; use the email of a master"))
    elif owner is not None and not wrong and (why := template.why_not_for(owner)):
        problems.append(Problem("owner", why))
    return owner, dict(given)
