"""Reads what a task runs from its form, with each problem at its field.

A walker's `ctx` is typed into inputs made of its fields or as JSON, with its other keys in inputs of their own; or all of
its argument is one JSON text, in the seed's shape. A sequence always is, but for the saved one that it may name (`body.saved`):
then the text holds what stands beside the name. What is read is what the form shows: `body.as`, "fields", "json" or "whole".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from walkabout.actions.rights import may_see
from walkabout.actions.tasks import NotTheirName, with_master
from walkabout.masking import put_back
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.errors import Broken
from walkabout.periodic.periodic_task import SEQUENCE, WALKER, PeriodicTask
from walkabout.problems import Invalid, Problem
from walkabout.sequences import relaxed_json
from walkabout.sequences.named import NAME
from walkabout.sequences.relaxed_json import Unreadable, Written
from walkabout.service import Service
from walkabout.walking.fields import WalkerField
from walkabout.web.pages.numbers import number
from walkabout.web.pages.task_form import ctx_fields
from walkabout.web.pages.walkers.walker_inputs import PREFIX

BODY, AS, OF, SAVED = "body", "body.as", "fields.of", "body.saved"
FIELDS, JSON, WHOLE = "fields", "json", "whole"
COPIED = "copied"  # of a new task: the id of the one that it began as
OWN_INPUTS = {key: f"{BODY}.{key}" for key in ("name", "nd", "snt", "mst")}
"""The keys of a walker's argument that have inputs of their own, beside `ctx`."""
_KEYS = frozenset((*OWN_INPUTS, "wlk", "ctx"))


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
    """What was typed. `value`: as the service takes it, None when it can't be read: `troubles` has why.

    `saved_apart`: the saved sequence that it names has an input of its own.
    """

    kind: str
    value: dict[str, Any] | None
    troubles: list[ArgumentProblem] = field(default_factory=list)
    left_out: list[ArgumentProblem] = field(default_factory=list)
    text: Written | None = None
    is_whole: bool = False
    saved_apart: bool = False

    def trouble(self, problem: Problem) -> ArgumentProblem:
        """Where in the form a problem of the value stands; its path is as the service names it (`ctx.by`)."""
        found: Problem | None = problem
        if self.kind == WALKER and not self.is_whole:
            if problem.path in OWN_INPUTS:
                return ArgumentProblem(OWN_INPUTS[problem.path], "", problem.message)
            found = problem.beneath("ctx")
            if found is None:
                return ArgumentProblem("", problem.path, problem.message)
            if self.text is None:
                return ArgumentProblem(problem.path, "", problem.message)
        path = found.path if found else ""
        if self.kind == SEQUENCE and path == NAME and self.saved_apart:
            return ArgumentProblem(SAVED, "", problem.message)
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
    argument = read_argument(service, texts, task)
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


def read_argument(service: Service, texts: Mapping[str, str], task: PeriodicTask | None) -> ArgumentReader:
    """The argument as it stands in the form, masks and all."""
    kind = kind_of(texts, task)
    limits = service.settings.json_limits
    if kind == WALKER and texts.get(AS) == FIELDS:
        fields = fields_of(service, texts)
        troubles = _of_another(fields, texts)
        ctx, problems = ctx_fields.read(fields, texts, limits)
        troubles += [ArgumentProblem(name, "", text) for name, text in problems.items()]
        return ArgumentReader(kind, None if troubles else _walker(texts, ctx, task), troubles)
    try:
        text = relaxed_json.read(texts.get(BODY, "") if texts.get(BODY, "").strip() else "{}", limits)
    except Unreadable as error:
        return ArgumentReader(kind, None, [ArgumentProblem(BODY, "", error.message, error.line, error.column)])
    if not isinstance(text.value, dict):
        return ArgumentReader(kind, None, [ArgumentProblem(BODY, "", "expected an object, {...}", *text.place(""))])
    if kind == SEQUENCE and (saved := texts.get(SAVED, "").strip()):
        if "requests" in text.value:
            no = "the text below has requests of its own; remove them, or choose none here"
            return ArgumentReader(kind, None, [ArgumentProblem(SAVED, "", no)], [], text)
        text = replace(text, value={NAME: saved, **{key: one for key, one in text.value.items() if key != NAME}})
    told = text.left_out if kind == WALKER else [*text.left_out, *service.sequences.advise(text.value)]
    left_out = [ArgumentProblem(BODY, one.path, one.message, *text.place(one.path)) for one in told]
    is_whole = kind == WALKER and (texts.get(AS) == WHOLE or _is_whole(text.value, fields_of(service, texts)))
    value = text.value if is_whole or kind != WALKER else _walker(texts, text.value, task)
    is_apart = kind == SEQUENCE and bool(texts.get(SAVED, "").strip())
    return ArgumentReader(kind, value, [], left_out, text, is_whole=is_whole, saved_apart=is_apart)


def check(
    service: Service, argument: ArgumentReader, asker: Master, task: PeriodicTask | None = None
) -> list[ArgumentProblem]:
    """All that is wrong with an argument, by the service's own check. `task`: the one that is edited."""
    if argument.value is None:
        return argument.troubles
    template = service.periodic_tasks.job_templates[argument.kind]
    given = template.normal(argument.value)
    if argument.kind == WALKER:
        try:
            given = with_master(service, asker, given, task.owner if task else asker.uid, BODY)
        except NotTheirName as error:
            return [argument.trouble(error.problem.beneath(BODY) or error.problem)]
        except Invalid as error:
            return [argument.trouble(problem.beneath(BODY) or problem) for problem in error.problems]
    problems = template.check(template.owner(given, asker.uid), given)
    return [argument.trouble(problem) for problem in problems]


def steps_of(service: Service, argument: Any) -> Any:
    """The argument with its steps: those of the saved sequence that it names, with what stands beside the name."""
    saved = service.sequences.saved_of(argument)
    if saved is argument or not isinstance(saved, Mapping):
        return argument
    return {**saved, **{key: value for key, value in argument.items() if key != NAME}}


def fields_of(service: Service, texts: Mapping[str, str]) -> Mapping[str, WalkerField]:
    """The fields of the walker that a form names; none when there is no such walker."""
    walker = service.sentinel.walkers().get(texts.get(OWN_INPUTS["name"], "").strip())
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


def _is_whole(given: Mapping[str, Any], fields: Mapping[str, WalkerField]) -> bool:
    """Whether JSON that was typed for `ctx` is a whole argument: as a walker's fields it can't be meant."""
    keys = given.keys()
    names_walker, has_more = keys & {"name", "wlk"}, keys & {"ctx", "mst"}
    return bool(names_walker and has_more) and keys <= _KEYS and not keys <= fields.keys()


def _walker(texts: Mapping[str, str], ctx: dict[str, Any], task: PeriodicTask | None) -> dict[str, Any]:
    """The argument of a form whose `ctx` is this one. Of an edited task's what the form does not say stays as it was given."""
    argument = _argument_before(task)
    name = texts.get(OWN_INPUTS["name"], "").strip()
    argument["wlk" if "wlk" in argument and "name" not in argument else "name"] = name
    if task is None or (argument.get("ctx") or {}) != ctx:
        argument["ctx"] = ctx
    for key in ("nd", "snt", "mst"):
        text = texts.get(OWN_INPUTS[key])
        if text is None:
            continue
        if text.strip():
            argument[key] = text.strip()
        else:
            argument.pop(key, None)
    return argument


def _argument_before(task: PeriodicTask | None) -> dict[str, Any]:
    if task is None:
        return {}
    try:
        return {key: value for key, value in task.argument_object().items() if key in _KEYS}
    except Broken:
        return {}
