"""Reads what a task runs from its form, with each problem at its field.

A walker's `ctx` is typed into inputs made of its fields or as JSON, a sequence always as JSON. Which of both is read is
what the form shows: `body.as`, "fields" or "json".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from walkabout.actions.rights import may_see
from walkabout.jids import jid
from walkabout.masking import put_back
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.errors import Broken
from walkabout.periodic.periodic_task import SEQUENCE, WALKER, PeriodicTask
from walkabout.problems import Problem
from walkabout.sequences import relaxed_json
from walkabout.sequences.relaxed_json import Unreadable, Written
from walkabout.service import Service
from walkabout.walking.fields import WalkerField
from walkabout.web.pages.numbers import number
from walkabout.web.pages.task_form import ctx_fields
from walkabout.web.pages.walkers.walker_inputs import PREFIX

BODY, AS, OF = "body", "body.as", "fields.of"
FIELDS, JSON = "fields", "json"
COPIED = "copied"  # of a new task: the id of the one that it began as
_OWN_INPUTS = {"name": "body.name", "nd": "body.nd"}


@dataclass(frozen=True)
class ArgumentProblem:
    """What is wrong, or was left out. `field`: the input of the form, "" for none; `path`: within the argument;
    `line` and `column`: in the text of that input, from 1, 0 when it is no text of lines."""

    field: str
    path: str
    message: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.path + ': ' if self.path else ''}{self.message}"


@dataclass(frozen=True)
class ArgumentReader:
    """What was typed. `value`: as the service takes it, None when it can't be read: `troubles` has why."""

    kind: str
    value: dict[str, Any] | None
    troubles: list[ArgumentProblem] = field(default_factory=list)
    left_out: list[ArgumentProblem] = field(default_factory=list)
    text: Written | None = None

    def trouble(self, problem: Problem) -> ArgumentProblem:
        """Where in the form a problem of the value stands; its path is as the service names it (`ctx.by`)."""
        found: Problem | None = problem
        if self.kind == WALKER:
            if problem.path in _OWN_INPUTS:
                return ArgumentProblem(_OWN_INPUTS[problem.path], "", problem.message)
            found = problem.beneath("ctx")
            if found is None:
                return ArgumentProblem("", problem.path, problem.message)
            if self.text is None:
                return ArgumentProblem(problem.path, "", problem.message)
        path = found.path if found else ""
        line, column = self.text.place(path) if self.text else (0, 0)
        return ArgumentProblem(BODY, path, problem.message, line, column)


def kind_of(texts: Mapping[str, str], task: PeriodicTask | None) -> str:
    """What a form is about, SEQUENCE or WALKER: an edited task stays what it is."""
    return task.task if task else SEQUENCE if texts.get("task") == "sequence" else WALKER


def argument_of(
    service: Service, texts: Mapping[str, str], task: PeriodicTask | None, master: Master
) -> ArgumentReader:
    """The argument that a form holds (`texts`, by the names of its inputs). `task`: the one that is edited.

    Where somebody else than its owner left what they were shown as it was, it is the owner's own.
    """
    argument = read_argument(service, texts, task, master)
    source = task or _copy_source(service, texts, master)
    if argument.value is None or source is None or source.owner == master.uid:
        return argument
    try:
        real = source.argument_object()
    except Broken:
        return argument
    return replace(argument, value=put_back(argument.value, service.masker.masked(real), real))


def argument_for(service: Service, task: PeriodicTask, master: Master) -> dict[str, Any]:
    """The argument of a task as its form shows it to somebody: masked, unless it is their own. Raises Broken."""
    argument = task.argument_object()
    return argument if task.owner == master.uid else dict(service.masker.masked(argument))


def _copy_source(service: Service, texts: Mapping[str, str], master: Master) -> PeriodicTask | None:
    id = number(texts.get(COPIED, ""))
    source = None if id is None else task_queries.by_id(service.db, id)
    return source if source is not None and may_see(master, source.owner) else None


def read_argument(
    service: Service, texts: Mapping[str, str], task: PeriodicTask | None, master: Master
) -> ArgumentReader:
    """The argument as it stands in the form, masks and all."""
    kind = kind_of(texts, task)
    limits = service.settings.json_limits
    if kind == WALKER and texts.get(AS) == FIELDS:
        fields = fields_of(service, texts)
        troubles = _of_another(fields, texts)
        ctx, problems = ctx_fields.read(fields, texts, limits)
        troubles += [ArgumentProblem(name, "", text) for name, text in problems.items()]
        return ArgumentReader(kind, None if troubles else _walker(texts, ctx, task, master), troubles)
    try:
        text = relaxed_json.read(texts.get(BODY, "") if texts.get(BODY, "").strip() else "{}", limits)
    except Unreadable as error:
        return ArgumentReader(kind, None, [ArgumentProblem(BODY, "", error.message, error.line, error.column)])
    if not isinstance(text.value, dict):
        return ArgumentReader(kind, None, [ArgumentProblem(BODY, "", "expected an object, {...}", *text.place(""))])
    left_out = [ArgumentProblem(BODY, one.path, one.message, *text.place(one.path)) for one in text.left_out]
    value = _walker(texts, text.value, task, master) if kind == WALKER else text.value
    return ArgumentReader(kind, value, [], left_out, text)


def check(service: Service, argument: ArgumentReader, asker: str) -> list[ArgumentProblem]:
    """All that is wrong with an argument, by the service's own check. `asker`: in whose name, a uid."""
    if argument.value is None:
        return argument.troubles
    template = service.periodic_tasks.job_templates[argument.kind]
    given = template.normal(argument.value)
    problems = template.check(template.owner(given, asker), given)
    return [argument.trouble(problem) for problem in problems]


def fields_of(service: Service, texts: Mapping[str, str]) -> Mapping[str, WalkerField]:
    """The fields of the walker that a form names; none when there is no such walker."""
    walker = service.sentinel.walkers().get(texts.get("body.name", "").strip())
    return walker.walker_fields if walker else {}


def by_field(troubles: Iterable[ArgumentProblem]) -> dict[str, str]:
    """The texts of troubles by the input at which they stand; several at one are joined."""
    found: dict[str, str] = {}
    for one in troubles:
        found[one.field] = f"{found[one.field]}; {one}" if one.field in found else str(one)
    return found


def _of_another(fields: Mapping[str, WalkerField], texts: Mapping[str, str]) -> list[ArgumentProblem]:
    """Without a script another walker may be named while the inputs are still those of the one before."""
    shown, name = texts.get(OF, ""), texts.get("body.name", "").strip()
    typed = [n for n, text in texts.items() if n.startswith(PREFIX) and text.strip()]
    lost = [n.removeprefix(PREFIX) for n in typed if n.removeprefix(PREFIX) not in fields]
    if not lost or shown == name:
        return []
    return [
        ArgumentProblem(
            "body.name", "", f"what you typed into {', '.join(lost)} belongs to {shown}; show the fields again"
        )
    ]


def _walker(texts: Mapping[str, str], ctx: dict[str, Any], task: PeriodicTask | None, master: Master) -> dict[str, Any]:
    argument: dict[str, Any] = {"name": texts.get("body.name", "").strip(), "ctx": ctx}
    if texts.get("body.nd", "").strip():
        argument["nd"] = texts["body.nd"].strip()
    if task is None:
        return {**argument, "mst": jid(master.uid)}
    # Of an argument's other keys (in whose name, which sentinel) the form says nothing: they stay.
    try:
        kept = task.argument_object()
    except Broken:
        kept = {"mst": jid(task.owner)}
    return argument | {key: inner for key, inner in kept.items() if key in ("mst", "snt")}
