"""The meaning of a task's form while one types: when it will run, and what it will do."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from walkabout import json_text
from walkabout.people.masters import Master
from walkabout.periodic.periodic_task import OVER, WALKER, PeriodicTask, moment
from walkabout.periodic.rules.clock import offset
from walkabout.periodic.rules.preview import preview
from walkabout.periodic.rules.schedule import read_schedule
from walkabout.periodic.rules.zones import read_zone
from walkabout.problems import Invalid
from walkabout.sequences.named import saved_name
from walkabout.service import Service
from walkabout.web.pages.task_form import fields
from walkabout.web.pages.task_form.argument import (
    OWN_INPUTS,
    ArgumentProblem,
    ArgumentReader,
    argument_of,
    check,
    steps_of,
)
from walkabout.web.pages.task_form.step_list import ListedStep, count, steps
from walkabout.web.pages.task_form.timeline import Timeline, timeline
from walkabout.web.pages.words import Moment, both_clocks, cut
from walkabout.web.pages.words import count as how_many
from walkabout.web.pages.words import moment as shown_moment

NEXT = 5
TROUBLES_MOST = 20
MEANING_CHARS = 80  # of what one input means


@dataclass(frozen=True)
class ScheduleMeaning:
    """A schedule: in words, its next times (on the page's clock, and there), what may surprise; or what is wrong."""

    words: str = ""
    following: list[tuple[Moment | None, str, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    line: Timeline | None = None
    zone: str = ""


@dataclass(frozen=True)
class ArgumentMeaning:
    """An argument: a walker with its fields (name, what it is for, what it gets), or the steps of a sequence.

    `saved`: the saved sequence that it names as a whole.
    """

    is_walker: bool
    name: str = ""
    doc: str = ""
    fields: list[tuple[str, str, str]] = field(default_factory=list)
    steps: list[ListedStep] = field(default_factory=list)
    more: int = 0
    troubles: list[ArgumentProblem] = field(default_factory=list)
    left_out: list[ArgumentProblem] = field(default_factory=list)
    runs_as: str = ""
    saved: str = ""

    @property
    def in_one_line(self) -> str:
        """How many problems it has, and the first, for those who listen."""
        found = self.troubles
        return f"{how_many(len(found), 'problem')}. {found[0]}" if found else ""


@dataclass(frozen=True)
class Meaning:
    """All of it. `inputs`: what the text in an input of the schedule means by itself, by the input's id."""

    when: ScheduleMeaning
    what: ArgumentMeaning
    inputs: dict[str, str]

    @property
    def in_one_line(self) -> str:
        """The same in one line, for those who listen."""
        problems = [*self.when.problems, *(str(one) for one in self.what.troubles)]
        return f"{how_many(len(problems), 'problem')}. {problems[0]}" if problems else self.when.words


def meaning(service: Service, texts: Mapping[str, str], task: PeriodicTask | None, master: Master) -> Meaning:
    """What the texts of a form mean now."""
    argument = argument_of(service, texts, task, master)
    return Meaning(when(texts, service.clock(), task), _what(service, argument, master, task), _inputs(texts))


def when(texts: Mapping[str, str], seconds: float, task: PeriodicTask | None = None) -> ScheduleMeaning:
    """What the schedule of a form means. `seconds`: now, UTC; `task`: the one that is edited."""
    name, now = texts.get("timezone", "").strip() or "UTC", moment(seconds)
    zone = _zone(name, seconds)
    try:
        rule = read_schedule(fields.schedule_of(texts), name, anchor=moment(task.anchor) if task else now)
        is_as_before = task is not None and task.has_schedule(rule)
        if not is_as_before:
            rule.kind.check_new(now)
        told = preview(rule, now, NEXT)
    except Invalid as refused:
        return ScheduleMeaning(
            problems=[str(problem.beneath("schedule.conf") or problem) for problem in refused.problems], zone=zone
        )
    if task is not None and is_as_before and task.state in OVER:
        over = f"The task is {task.state}: only with another schedule it fires again."
        return ScheduleMeaning(told["text"], warnings=[over], zone=zone)
    fires = list(islice(rule.fires_after(now), NEXT))
    following = [(shown_moment(fire.timestamp(), seconds), *both_clocks(fire.timestamp(), name)) for fire in fires]
    return ScheduleMeaning(told["text"], following, told["warnings"], [], timeline(rule, now, fires), zone)


def _inputs(texts: Mapping[str, str]) -> dict[str, str]:
    return {id: cut(text, MEANING_CHARS) for id, text in fields.meanings(texts).items()}


def _what(service: Service, argument: ArgumentReader, master: Master, task: PeriodicTask | None) -> ArgumentMeaning:
    troubles = [one for one in check(service, argument, master, task) if not _not_yet(argument, one)]
    if argument.kind != WALKER:
        return sequence_meaning(service, argument, troubles)
    given = service.periodic_tasks.job_templates[WALKER].normal(argument.value or {})
    name = str(given["name"] or "")
    walker = service.sentinel.walkers().get(name)
    if walker is None:
        return ArgumentMeaning(True, troubles=troubles[:TROUBLES_MOST], left_out=argument.left_out)
    ctx = service.masker.masked(given["ctx"]) if isinstance(given["ctx"], dict) else {}
    fields = [(one.name, one.doc, _gets(one.describe(), one.name, ctx)) for one in walker.walker_fields.values()]
    doc = inspect.cleandoc(walker.__doc__ or "").split("\n\n")[0]
    return ArgumentMeaning(
        True,
        name,
        doc,
        fields,
        troubles=troubles[:TROUBLES_MOST],
        left_out=argument.left_out,
        runs_as="" if troubles else _runs_as(service, given, master),
    )


def sequence_meaning(
    service: Service, argument: ArgumentReader, troubles: Sequence[ArgumentProblem]
) -> ArgumentMeaning:
    """What a sequence does, step by step, those of the saved one that it names; and what is wrong with it."""
    value = steps_of(service, argument.value)
    listed = steps(service.masker.masked(value))
    return ArgumentMeaning(
        False,
        steps=listed,
        more=count(value) - len(listed),
        troubles=list(troubles[:TROUBLES_MOST]),
        left_out=argument.left_out,
        saved=saved_name(argument.value),
    )


def _runs_as(service: Service, given: Mapping[str, Any], master: Master) -> str:
    """In whose name it runs, an email, where that is somebody else than who looks at it."""
    if not given.get("mst"):
        return ""
    owner = service.masters.by_uid(service.names.uid(master, str(given["mst"])))
    return owner.email if owner is not None and owner.uid != master.uid else ""


def _not_yet(argument: ArgumentReader, one: ArgumentProblem) -> bool:
    """Nobody has named a walker yet: that is no mistake while one types."""
    is_name = one.field == OWN_INPUTS["name"] or (argument.is_whole and one.path == "name")
    return argument.kind == WALKER and is_name and not (argument.value or {}).get("name")


def _gets(described: Mapping[str, Any], name: str, ctx: Mapping[str, Any]) -> str:
    if name in ctx:
        return cut(json_text.write(ctx[name]), 60)
    return "is required" if described["required"] else f"{cut(json_text.write(described['default']), 60)}, its default"


def _zone(name: str, seconds: float) -> str:
    """`Europe/Berlin: 14:05 there now, UTC+1`; empty for a zone that is none."""
    try:
        zone = read_zone(name)
    except Invalid:
        return ""
    there = moment(seconds).astimezone(zone)
    minutes = int(offset(zone, moment(seconds)).total_seconds() // 60)
    if not minutes:
        return f"{name}: it is {there:%H:%M} now" + ("" if name == "UTC" else ", as in UTC")
    hours, rest = divmod(abs(minutes), 60)
    apart = f"{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"
    return f"{name}: it is {there:%H:%M} there now, UTC{apart}"
