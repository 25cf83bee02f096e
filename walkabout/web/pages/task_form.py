"""A task's form: add, edit, clone; and what the schedule means, while one types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from flask import Response, abort, render_template, request, url_for

from walkabout import json_text
from walkabout.api.answers import Refusal
from walkabout.api.dispatch import Asked, Call
from walkabout.api.schedules import Edits, NewTerms, add_scheduled_sequence, add_scheduled_walker, schedule_update
from walkabout.jids import jid
from walkabout.schedules.book import Clash
from walkabout.schedules.preview import preview
from walkabout.schedules.refusal import Refused
from walkabout.schedules.rule import read_rule
from walkabout.schedules.task import WALKER, Task
from walkabout.schedules.task import moment as at
from walkabout.schedules.zones import zone_names
from walkabout.web.pages import task_fields
from walkabout.web.pages.frame import page, say, see
from walkabout.web.pages.place import Place, route
from walkabout.web.pages.tasks import task_of_mine
from walkabout.web.pages.words import Moment, local, moment
from walkabout.web.session import me

NEXT = 5
NAMES = {
    "name", "timezone", "body", "body.name", "body.nd", "schedule.type", "schedule.start_time", "schedule.expires",
    "schedule.one_off", *NewTerms.__dataclass_fields__,
}  # fmt: skip
EXAMPLES: dict[str, dict[str, str]] = {
    "walker": {
        "name": "My first task", "body.name": "count", "body": '{"by": 1}', "schedule.type": "interval",
        "schedule.conf.interval.every": "1", "schedule.conf.interval.period": "minutes",
    },
    "night": {
        "name": "Each night", "body.name": "run", "schedule.type": "crontab", "schedule.conf.crontab.minute": "0",
        "schedule.conf.crontab.hour": "3",
    },
}  # fmt: skip


@dataclass
class Typed:
    """What was typed, and what is wrong with it, by field."""

    texts: Mapping[str, str]
    problems: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    status: int = 200


@dataclass(frozen=True)
class Meaning:
    """What a schedule means: in words, its next times, and what may surprise; or what is wrong with it."""

    words: str
    following: list[tuple[Moment | None, str]]
    warnings: list[str]


class TaskForm(Place):
    """Makes and edits tasks."""

    @route("/tasks/new", "GET", "POST")
    def new_task(self) -> Response:
        """An empty form, an example, or a copy of a task; and what is sent with it."""
        if request.method == "POST":
            return self._send(None)
        copied = request.args.get("copy", "")
        if copied.isdecimal():
            texts = _texts(task_of_mine(self, int(copied)))
            return self._form(Typed(texts | {"name": f"{texts['name']} (copy)"}), None)
        blank = {"name": "", "task": "walker", "timezone": "UTC", "body.nd": "active:graph", "body": "{}"}
        return self._form(Typed(blank | EXAMPLES.get(request.args.get("example", ""), {})), None)

    @route("/tasks/<int:id>/edit", "GET", "POST")
    def edit_task(self, id: int) -> Response:
        """The form of a task as it is; and what is sent with it."""
        task = task_of_mine(self, id)
        return self._send(task) if request.method == "POST" else self._form(Typed(_texts(task)), task)

    @route("/tasks/preview", "POST")
    def preview_task(self) -> Response:
        """What the schedule means that is being typed: a part of the form, for its script."""
        return Response(render_template("task_form/_meaning.html", meaning=self._meaning(request.form)))

    def _send(self, task: Task | None) -> Response:
        typed = Typed(dict(request.form))
        if request.form.get("do") == "preview":
            return self._form(typed, task)
        try:
            shown = self._keep(typed.texts, task)
        except json_text.BadJson as error:
            typed.problems["body"] = str(error)
        except Refused as refused:
            kind = typed.texts.get("schedule.type", "")
            problems = [(problem.field, problem.message) for problem in refused.problems]
            typed.problems, typed.others = task_fields.placed(problems, kind, NAMES)
        except (Refusal, Clash) as no:
            texts = no.texts if isinstance(no, Refusal) else (str(no),)
            found = [(path, text) for path, _, text in (each.partition(": ") for each in texts)]
            typed.problems, typed.others = task_fields.placed(found, "", NAMES)
        else:
            say(f"{request.form.get('name', '').strip()} is kept.")
            return see(url_for("pages.task", id=shown["id"]))
        typed.status = 400
        return self._form(typed, task)

    def _keep(self, texts: Mapping[str, str], task: Task | None) -> dict[str, Any]:
        is_walker = (task.task == WALKER) if task else texts.get("task") != "sequence"
        if not is_walker and not me().is_superuser:
            abort(404)
        body = self._argument(texts, task, is_walker)
        schedule, terms = task_fields.schedule_of(texts), task_fields.terms_of(texts)
        zone, name = texts.get("timezone", "").strip() or "UTC", texts.get("name", "").strip()
        values = {**terms, "schedule": schedule, "timezone": zone}
        call = Call(self.service, me(), Asked(values=values), {})
        if task is not None:
            seen = texts.get("revision", "")
            revision = int(seen) if seen.isdecimal() else None
            edits = Edits(schedule=schedule, timezone=zone, **terms)
            return dict(schedule_update(call, edits, id=task.id, name=name, body=body, revision=revision))
        add = add_scheduled_walker if is_walker else add_scheduled_sequence
        return dict(add(call, name, schedule, body, NewTerms(**terms), zone))

    def _argument(self, texts: Mapping[str, str], task: Task | None, is_walker: bool) -> dict[str, Any]:
        written = texts.get("body", "").strip() or "{}"
        value = json_text.read(written, self.service.settings.max_json_depth)
        if not isinstance(value, dict):
            raise json_text.BadJson("expected an object, {...}")
        if json_text.has_nul(value, written):
            raise json_text.BadJson("holds a NUL character, which no text may")
        if not is_walker:
            return value
        argument = {"name": texts.get("body.name", "").strip(), "ctx": value}
        if texts.get("body.nd", "").strip():
            argument["nd"] = texts["body.nd"].strip()
        # Of an argument's other keys (in whose name, which sentinel) the form says nothing: they stay.
        kept = {key: inner for key, inner in task.argument_object().items() if key in ("mst", "snt")} if task else {}
        return {**argument, **kept} if task else {**argument, "mst": jid(me().uid)}

    def _meaning(self, texts: Mapping[str, str]) -> Meaning:
        zone = texts.get("timezone", "").strip() or "UTC"
        now = at(self.now)
        try:
            rule = read_rule(task_fields.schedule_of(texts), zone, anchor=now, now=now)
            told = preview(rule, now, NEXT)
            times = [fire.timestamp() for fire in islice(rule.fires_after(now), NEXT)]
        except Refused as refused:
            return Meaning("", [], [text.replace("schedule.conf.", "") for text in refused.errors])
        return Meaning(told["text"], [(moment(one, self.now), local(one, zone)) for one in times], told["warnings"])

    def _form(self, typed: Typed, task: Task | None) -> Response:
        return page(
            "task_form/page.html",
            f"Edit {task.name}" if task else "New task",
            "tasks",
            status=typed.status,
            task=task,
            typed=typed,
            is_sequence=(task.task != WALKER) if task else typed.texts.get("task") == "sequence",
            may_sequence=me().is_superuser,
            kinds=task_fields.kinds(typed.texts, typed.problems),
            terms=task_fields.terms(typed.texts, typed.problems),
            walkers=sorted(self.service.sentinel.walkers()),
            zones=sorted(zone_names()),
            meaning=self._meaning(typed.texts),
        )


def _texts(task: Task) -> dict[str, str]:
    argument = task.argument_object()
    is_walker = task.task == WALKER
    texts = task_fields.typed_of(json_text.load(task.schedule), task.terms)
    texts |= {"name": task.name, "timezone": task.timezone, "task": "walker" if is_walker else "sequence"}
    body = argument.get("ctx", {}) if is_walker else argument
    texts["body"] = json_text.pretty(body)
    if is_walker:
        texts |= {"body.name": str(argument.get("name", "")), "body.nd": str(argument.get("nd", ""))}
    return texts
