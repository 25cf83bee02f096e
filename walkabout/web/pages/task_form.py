"""A task's form: add, edit, clone; and what it means, while one types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response, render_template, request, url_for

from walkabout import json_text
from walkabout.api.answers import Refusal
from walkabout.api.dispatch import Asked, Call
from walkabout.api.schedules import Edits, NewTerms, add_scheduled_sequence, add_scheduled_walker, schedule_update
from walkabout.schedules.book import Clash
from walkabout.schedules.curl import NotACall
from walkabout.schedules.refusal import Refused
from walkabout.schedules.task import FULL_NAMES, SEQUENCE, WALKER, Broken, Task
from walkabout.schedules.zones import zone_names
from walkabout.sequences import written
from walkabout.web.pages import ctx_fields, task_fields
from walkabout.web.pages.argument import (
    AS,
    BODY,
    FIELDS,
    JSON,
    Argument,
    Trouble,
    argument_of,
    by_field,
    fields_of,
    kind_of,
)
from walkabout.web.pages.curl_step import NoPlace, step_text, with_step
from walkabout.web.pages.examples import SEQUENCE_EXAMPLES, WALKER_EXAMPLES, blank, example
from walkabout.web.pages.form import PREFIX, Input
from walkabout.web.pages.frame import page, say, see
from walkabout.web.pages.meaning import meaning
from walkabout.web.pages.numbers import number
from walkabout.web.pages.place import Place, route
from walkabout.web.pages.switch import as_fields, switched
from walkabout.web.pages.tasks import task_of_mine
from walkabout.web.pages.try_out import edited_task, guard_sequence
from walkabout.web.session import me

CURL = "curl"
SCHEMA_KEPT_S = 3600  # a browser may be that late to see the keys of a new version


@dataclass
class Typed:
    """What was typed, and what is wrong with it; `status`: of the answer."""

    texts: Mapping[str, str]
    troubles: list[Trouble] = field(default_factory=list)
    status: int = 200

    @property
    def problems(self) -> dict[str, str]:
        """The texts of what is wrong, by the input."""
        return by_field(self.troubles)

    @property
    def in_text(self) -> list[Trouble]:
        """What is wrong with the text of the argument."""
        return [one for one in self.troubles if one.field == BODY]

    def others(self, inputs: list[Input]) -> list[str]:
        """What is wrong and has no input at which it could stand."""
        ours = {one.name for one in inputs}
        return [
            str(one) if not one.field else f"{one.field.removeprefix(PREFIX)}: {one}"
            for one in self.troubles
            if not one.field or (one.field.startswith(PREFIX) and one.field not in ours)
        ]


class TaskForm(Place):
    """Makes and edits tasks."""

    @route("/tasks/new", "GET", "POST")
    def new_task(self) -> Response:
        """An empty form, an example, or a copy of a task; and what is sent with it."""
        if request.method == "POST":
            return self._send(None)
        copied = number(request.args.get("copy", ""))
        if copied is not None:
            texts = self._texts(task_of_mine(self, copied))
            return self._form(Typed(texts | {"name": f"{texts['name']} (copy)"}), None)
        filled = example(request.args.get("example", ""), self.service.sentinel.walkers(), me(), self.now)
        return self._form(Typed(filled or blank()), None)

    @route("/tasks/<int:id>/edit", "GET", "POST")
    def edit_task(self, id: int) -> Response:
        """The form of a task as it is; and what is sent with it."""
        task = task_of_mine(self, id)
        return self._send(task) if request.method == "POST" else self._form(Typed(self._texts(task)), task)

    @route("/tasks/preview", "POST")
    def preview_task(self) -> Response:
        """What the form means that is being typed: a part of the page, for its script."""
        task = edited_task(self)
        guard_sequence(request.form, task)
        found = meaning(self.service, request.form, task, me())
        return Response(render_template("task_form/_meaning.html", meaning=found, is_part=True))

    @route("/tasks/argument", "POST")
    def argument_of_task(self) -> Response:
        """A walker's fields as inputs or as JSON, as is asked for: a part of the form, for its script."""
        texts, problems = self._switched(dict(request.form), edited_task(self), request.form.get("do", FIELDS))
        inputs = self._inputs(texts, problems)
        typed = Typed(texts, [Trouble(name, "", text) for name, text in problems.items()])
        walkers = self.service.sentinel.walkers()
        part = render_template("task_form/_ctx.html", typed=typed, inputs=inputs, walkers=walkers, is_part=True)
        return Response(part)

    @route("/tasks/curl", "POST", admin=True)
    def step_of_curl(self) -> Response:
        """The step of a curl line, or with `do=curl` the whole sequence with it; 400 with the reason when it is none."""
        line, form = request.form.get(CURL, ""), request.form
        try:
            is_whole = form.get("do") == CURL
            depth = self.service.settings.max_json_depth
            text = with_step(form.get(BODY, ""), line, depth) if is_whole else step_text(line)
            return Response(text, mimetype="text/plain")
        except (NotACall, NoPlace, written.Unreadable) as no:
            return Response(str(no), 400, mimetype="text/plain")

    @route("/sequence-schema.json")
    def sequence_schema(self) -> Response:
        """The JSON Schema of sequences: which keys may stand where, for the editor."""
        answer = Response(json_text.write(written.schema()), mimetype="application/json")
        answer.headers["Cache-Control"] = f"private, max-age={SCHEMA_KEPT_S}"
        return answer

    def _send(self, task: Task | None) -> Response:
        typed = Typed(dict(request.form))
        guard_sequence(typed.texts, task)
        do = request.form.get("do", "keep")
        if do in (FIELDS, JSON, CURL, "preview"):
            return self._form(self._changed(typed, task, do), task)
        argument = argument_of(self.service, typed.texts, task, me())
        if argument.value is None:
            typed.troubles = argument.troubles
        else:
            shown = self._keep(typed, argument, task)
            if shown:
                say(f"{request.form.get('name', '').strip()} is kept.")
                return see(url_for("pages.task", id=shown["id"]))
        typed.status = 400
        return self._form(typed, task)

    def _changed(self, typed: Typed, task: Task | None, do: str) -> Typed:
        """The form after one of its own buttons: nothing is kept yet."""
        if do in (FIELDS, JSON):
            texts, problems = self._switched(typed.texts, task, do)
            return Typed(texts, [Trouble(name, "", text) for name, text in problems.items()])
        if do == CURL:
            depth = self.service.settings.max_json_depth
            try:
                body = with_step(typed.texts.get(BODY, ""), typed.texts.get(CURL, ""), depth)
                return Typed({**typed.texts, BODY: body, CURL: ""})
            except written.Unreadable as error:
                return Typed(typed.texts, [Trouble(BODY, "", error.message, error.line, error.column)])
            except (NotACall, NoPlace) as no:
                return Typed(typed.texts, [Trouble(CURL, "", str(no))])
        return typed

    def _switched(self, texts: Mapping[str, str], task: Task | None, to: str) -> tuple[dict[str, str], dict[str, str]]:
        if kind_of(texts, task) == SEQUENCE:
            return dict(texts), {}
        return switched(self.service, texts, task, me(), to)

    def _keep(self, typed: Typed, argument: Argument, task: Task | None) -> dict[str, Any] | None:
        """The task as it is kept; None: something is wrong, and stands in `typed`."""
        try:
            return self._sent(typed.texts, argument, task)
        except Refused as refused:
            found = [(problem.field, problem.message) for problem in refused.problems]
        except (Refusal, Clash) as no:
            texts = no.texts if isinstance(no, Refusal) else (str(no),)
            found = [(path, text) for path, _, text in (each.partition(": ") for each in texts)]
        kind = typed.texts.get("schedule.type", "")
        for path, text in found:
            if path.startswith("body."):
                typed.troubles.append(argument.trouble(path.removeprefix("body."), text))
            else:
                name = task_fields.place_of(path, kind)
                typed.troubles.append(Trouble(name, "" if name else path, text))
        return None

    def _sent(self, texts: Mapping[str, str], argument: Argument, task: Task | None) -> dict[str, Any]:
        schedule, terms = task_fields.schedule_of(texts), task_fields.terms_of(texts)
        zone, name = texts.get("timezone", "").strip() or "UTC", texts.get("name", "").strip()
        call = Call(self.service, me(), Asked(values={**terms, "schedule": schedule, "timezone": zone}), {})
        if task is not None:
            revision = number(texts.get("revision", ""))
            edits = Edits(schedule=schedule, timezone=zone, **terms)
            body = argument.value
            return dict(schedule_update(call, edits, id=task.id, name=name, body=body, revision=revision))
        add = add_scheduled_walker if argument.kind == WALKER else add_scheduled_sequence
        return dict(add(call, name, schedule, argument.value, NewTerms(**terms), zone))

    def _inputs(self, texts: Mapping[str, str], problems: Mapping[str, str]) -> list[Input]:
        named = {name.removeprefix(PREFIX): text for name, text in problems.items() if name.startswith(PREFIX)}
        return ctx_fields.inputs(fields_of(self.service, texts), texts, named)

    def _form(self, typed: Typed, task: Task | None) -> Response:
        problems = typed.problems
        inputs = self._inputs(typed.texts, problems)
        is_sequence = kind_of(typed.texts, task) == SEQUENCE
        examples = WALKER_EXAMPLES | (SEQUENCE_EXAMPLES if me().is_superuser else {})
        return page(
            "task_form/page.html",
            f"Edit {task.name}" if task else "New task",
            "tasks",
            status=typed.status,
            task=task,
            typed=typed,
            others=typed.others(inputs),
            inputs=inputs,
            is_sequence=is_sequence,
            may_sequence=me().is_superuser,
            full_name=FULL_NAMES,
            examples=examples if task is None else {},
            kinds=task_fields.kinds(typed.texts, problems),
            terms=task_fields.terms(typed.texts, problems),
            walkers=sorted(self.service.sentinel.walkers()),
            zones=sorted(zone_names()),
            meaning=meaning(self.service, typed.texts, task, me()),
        )

    def _texts(self, task: Task) -> dict[str, str]:
        texts = {"name": task.name, "timezone": task.timezone, "task": "walker" if task.task == WALKER else "sequence"}
        texts |= task_fields.typed_of(_schedule(task), task.terms)
        try:
            argument = task.argument_object()
        except Broken:
            # The form of a broken row must open: it is where the row is put right.
            return texts | {BODY: task.argument, AS: JSON}
        if task.task != WALKER:
            return texts | {BODY: json_text.pretty(argument), AS: JSON}
        ctx = argument.get("ctx") or {}
        texts |= {BODY: json_text.pretty(ctx), AS: JSON}
        texts |= {"body.name": str(argument.get("name", "")), "body.nd": str(argument.get("nd", ""))}
        return (as_fields(self.service, texts, ctx) or texts) if isinstance(ctx, dict) else texts


def _schedule(task: Task) -> dict[str, Any]:
    try:
        return task.schedule_object()
    except Broken:
        return {}
