"""Writes tasks as the lines of a crontab(5); what can't be said there is a comment with the reason.

A comment before a line has what a line can't say but its import reads: the task's name and policies.
"""

import json
from collections.abc import Iterable

from walkabout.periodic.importing.crontab_file import NAMED
from walkabout.periodic.periodic_task import ACTIVE, SEQUENCE, PeriodicTask
from walkabout.periodic.policies import DEFAULTS
from walkabout.periodic.rules.kinds.crontab import Crontab
from walkabout.sequences.curl.refused import NotACall
from walkabout.sequences.curl.step_command import command_of

_HEAD = """\
# Tasks of this installation that a crontab can say. The times are on the clock that CRON_TZ= names (cronie knows it,
# Debian's cron does not). Read it back with: flask --app app schedules import-crontab
"""


def write_crontab(tasks: Iterable[PeriodicTask]) -> str:
    """The crontab of tasks, by name."""
    lines, zone = [_HEAD], ""
    for task in sorted(tasks, key=lambda task: task.name):
        try:
            line = _line(task)
        except NotACall as error:
            lines.append(f"# left out: {json.dumps(task.name, ensure_ascii=False)}: {error}\n")
            continue
        if task.timezone != zone:
            zone = task.timezone
            lines.append(f"CRON_TZ={zone}\n")
        lines += [f"{NAMED}{_said_beside(task)}\n", f"{line}\n"]
    return "\n".join(text.rstrip("\n") for text in lines) + "\n"


def _said_beside(task: PeriodicTask) -> str:
    usual = DEFAULTS.by_name()
    policies = {name: value for name, value in task.policies.by_name().items() if value != usual[name]}
    return json.dumps({"name": task.name, **policies}, ensure_ascii=True)


def _line(task: PeriodicTask) -> str:
    """The times and the command. Raises NotACall."""
    if task.state != ACTIVE:
        raise NotACall(f"it is {task.state}{f' ({task.note})' if task.note else ''}".replace("\n", " "))
    if task.task != SEQUENCE:
        raise NotACall("it runs a walker, which is no command")
    try:
        rule, argument = task.rule(), task.argument_object()
    except Exception as error:
        raise NotACall(f"it can't be read ({error})") from None
    if not isinstance(rule.kind, Crontab):
        raise NotACall(f"cron has no such schedule: {rule.describe()}")
    if rule.one_off or rule.start_time or rule.expires:
        raise NotACall(f"cron knows no first and no last time: {rule.describe()}")
    fields = [str(getattr(rule.kind.conf, name)).replace(" ", "") for name in rule.kind.input_order]
    if not fields[2].startswith("*") and not fields[4].startswith("*"):
        raise NotACall("its day of the month and its weekday must both match, and cron takes either")
    return f"{' '.join(fields)} {command_of(argument)}".replace("%", r"\%")
