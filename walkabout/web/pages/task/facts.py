"""The table of facts on a task's page: its owner, its policies, and how often it ran."""

from typing import Any

from walkabout.periodic.periodic_task import WALKER, PeriodicTask
from walkabout.periodic.policies import POLICIES
from walkabout.periodic.rules.fields import FieldSpec
from walkabout.web.pages.words import NOTHING, length

_ON_ITS_OWN = ("description",)  # stands below the name of the task


def facts(task: PeriodicTask, owner: str) -> list[tuple[str, str]]:
    """Names and texts; what says nothing is left out. `owner`: as people know them."""
    found = [
        ("Runs", "a walker" if task.task == WALKER else "a sequence of requests"),
        ("Owner", owner),
        ("Time zone", task.timezone),
        *((policy.label, _text(policy, getattr(task.policies, policy.name))) for policy in POLICIES),
        ("Ran", f"{task.total_run_count:,} times"),
        ("Revision", str(task.revision)),
    ]
    return [(name, text) for name, text in found if text != NOTHING]


def _text(policy: FieldSpec, value: Any) -> str:
    if policy.name in _ON_ITS_OWN or value in (None, ""):
        return NOTHING
    if policy.unit == "s":
        return length(value) if value else NOTHING
    is_signed = value and policy.least is not None and policy.least < 0
    return f"{value:+d}" if is_signed else str(value)
