"""The form of a task: add, edit and clone, with its meaning while one types."""

from collections.abc import Mapping

from flask import Response, render_template, request, url_for

from walkabout import json_text
from walkabout.actions import notices, saved_sequences, tasks
from walkabout.actions.rights import is_admin
from walkabout.people.masters import Master
from walkabout.periodic.drafts import Draft
from walkabout.periodic.errors import EditedMeanwhile, TaskConflict
from walkabout.periodic.periodic_task import FULL_NAMES, SEQUENCE, PeriodicTask
from walkabout.periodic.rules.zones import zone_names
from walkabout.problems import Invalid, Problem
from walkabout.sequences import relaxed_json
from walkabout.sequences.curl.refused import NotACall
from walkabout.web.pages.frame import page, say, see
from walkabout.web.pages.numbers import number
from walkabout.web.pages.task_form import ctx_fields, fields, form_texts
from walkabout.web.pages.task_form.argument import (
    AS,
    BODY,
    COPIED,
    FIELDS,
    JSON,
    OWN_INPUTS,
    WHOLE,
    ArgumentProblem,
    ArgumentReader,
    argument_of,
    fields_of,
    kind_of,
)
from walkabout.web.pages.task_form.conflict import THEIRS, settle
from walkabout.web.pages.task_form.curl_step import NoPlace, step_text, with_step
from walkabout.web.pages.task_form.examples import SEQUENCE_EXAMPLES, WALKER_EXAMPLES, blank, example
from walkabout.web.pages.task_form.meaning import meaning
from walkabout.web.pages.task_form.switch import switch
from walkabout.web.pages.task_form.task_input import CURL, TaskInput, with_curl_step
from walkabout.web.pages.task_form.trial import edited_task, guard_sequence
from walkabout.web.pages.tasks.list import task_of_mine
from walkabout.web.pages.view import View, route
from walkabout.web.pages.walkers.walker_inputs import Input
from walkabout.web.session import me

CONFLICT = 409  # the status of an answer that asks what counts
_SWITCHES = (FIELDS, JSON, WHOLE)
MASTERS_MOST = 200  # people whom the form offers an admin as masters; others are typed
SCHEMA_KEPT_S = 3600  # a browser may be that late to see the keys of a new version


class TaskFormView(View):
    """Makes and edits tasks."""

    @route("/tasks/new", "GET", "POST")
    def new_task(self) -> Response:
        """An empty form, an example, or a copy of a task; and what is sent with it."""
        if request.method == "POST":
            return self._send(None)
        copied = number(request.args.get("copy", ""))
        if copied is not None:
            source = task_of_mine(self, copied)
            guard_sequence(self, {}, source)
            texts = form_texts.texts_of(self.service, source, me())
            if source.owner != me().uid and OWN_INPUTS["mst"] in texts:
                texts[OWN_INPUTS["mst"]] = ""  # a copy of somebody else's task is one's own
            copy = {"name": f"{texts['name']} (copy)", COPIED: str(copied), form_texts.NOTIFY: ""}
            return self._form(TaskInput(texts | copy), None)
        filled = example(self.service, request.args.get("example", ""), me())
        return self._form(TaskInput(filled or blank()), None)

    @route("/tasks/<int:id>/edit", "GET", "POST")
    def edit_task(self, id: int) -> Response:
        """The form of a task as it is; and what is sent with it."""
        task = task_of_mine(self, id)
        guard_sequence(self, {}, task)
        if request.method == "POST":
            return self._send(task)
        return self._form(TaskInput(form_texts.texts_of(self.service, task, me())), task)

    @route("/tasks/preview", "POST")
    def preview_task(self) -> Response:
        """What the form means that is being typed: a part of the page, for its script."""
        task = edited_task(self)
        guard_sequence(self, request.form, task)
        found = meaning(self.service, form_texts.texts_sent(request.form), task, me())
        part = render_template(
            "task_form/_meaning.html", meaning=found, is_part=True, try_url=url_for("pages.try_task")
        )
        return Response(part)

    @route("/tasks/argument", "POST")
    def argument_of_task(self) -> Response:
        """A walker's argument as inputs or as JSON, as is asked for: a part of the form, for its script."""
        texts, problems = self._switch(
            form_texts.texts_sent(request.form), edited_task(self), request.form.get("do", FIELDS)
        )
        inputs = self._inputs(texts, problems)
        typed = TaskInput(texts, [ArgumentProblem(name, "", text) for name, text in problems.items()])
        walkers = sorted(self.service.sentinel.walkers())
        is_other_call = any(texts.get(name) != request.form.get(name) for name in (*OWN_INPUTS.values(), AS))
        part = render_template(
            "task_form/_ctx.html",
            typed=typed,
            inputs=inputs,
            walkers=walkers,
            masters=self._masters(),
            is_part=True,
            with_call=is_other_call,
        )
        return Response(part)

    @route("/tasks/curl", "POST", admin=True)
    def step_of_curl(self) -> Response:
        """The step of a curl line, or with `do=curl` the whole sequence with it; 400 with the reason when it is none."""
        line, form = request.form.get(CURL, ""), request.form
        try:
            is_whole = form.get("do") == CURL
            limits = self.service.settings.json_limits
            text = with_step(form.get(BODY, ""), line, limits) if is_whole else step_text(line)
            return Response(text, mimetype="text/plain")
        except (NotACall, NoPlace, relaxed_json.Unreadable) as no:
            return Response(str(no), 400, mimetype="text/plain")

    @route("/sequence-schema.json")
    def sequence_schema(self) -> Response:
        """The JSON Schema of sequences: which keys may stand where, for the editor."""
        answer = Response(json_text.write(relaxed_json.schema()), mimetype="application/json")
        answer.headers["Cache-Control"] = f"private, max-age={SCHEMA_KEPT_S}"
        return answer

    def _send(self, task: PeriodicTask | None) -> Response:
        typed = TaskInput(form_texts.texts_sent(request.form))
        guard_sequence(self, typed.texts, task)
        do = request.form.get("do", "keep")
        if do in (*_SWITCHES, CURL, "preview"):
            return self._form(self._press_button(typed, task, do), task)
        if task is not None:
            typed.texts, typed.conflict = settle(self.service, me(), task, typed.texts, do)
            typed.status = CONFLICT if typed.conflict else 200
            if typed.conflict or do == THEIRS:
                return self._form(typed, task)
        argument = argument_of(self.service, typed.texts, task, me())
        changed = form_texts.changed_parts(self.service, task, me(), typed.texts) if task else {form_texts.ARGUMENT}
        if argument.value is None and form_texts.ARGUMENT in changed:
            typed.troubles = argument.troubles
        else:
            try:
                saved = self._save(typed, argument, task, changed)
            except EditedMeanwhile:  # at this moment
                return self._send(task_of_mine(self, task.id) if task else None)
            if saved:
                say(f"{request.form.get('name', '').strip()} was saved.")
                return see(url_for("pages.task", id=saved.id))
        typed.status = 400
        return self._form(typed, task)

    def _press_button(self, typed: TaskInput, task: PeriodicTask | None, do: str) -> TaskInput:
        """The form after one of its own buttons: nothing is kept yet."""
        if do in _SWITCHES:
            texts, problems = self._switch(typed.texts, task, do)
            return TaskInput(texts, [ArgumentProblem(name, "", text) for name, text in problems.items()])
        return with_curl_step(typed.texts, self.service.settings.json_limits) if do == CURL else typed

    def _switch(
        self, texts: Mapping[str, str], task: PeriodicTask | None, to: str
    ) -> tuple[dict[str, str], dict[str, str]]:
        if kind_of(texts, task) == SEQUENCE:
            return dict(texts), {}
        return switch(self.service, texts, task, me(), to)

    def _save(
        self, typed: TaskInput, argument: ArgumentReader, task: PeriodicTask | None, changed: set[str]
    ) -> PeriodicTask | None:
        """The task as it was saved; None: something is wrong, and stands in `typed`. Raises EditedMeanwhile."""
        try:
            return (
                self._add(typed.texts, argument) if task is None else self._edit(typed.texts, argument, task, changed)
            )
        except Invalid as refused:
            found = refused.problems
        except EditedMeanwhile:
            raise
        except (TaskConflict, tasks.NotTheirName) as refused:
            found = (refused.problem,)
        except notices.NotYourAddress as refused:
            found = (Problem(form_texts.NOTIFY, str(refused)),)
        kind = typed.texts.get("schedule.type", "")
        for problem in found:
            inner = problem.beneath(BODY)
            if inner is not None:
                typed.troubles.append(argument.trouble(inner))
            else:
                name = fields.place_of(problem.path, kind)
                typed.troubles.append(ArgumentProblem(name, "" if name else problem.path, problem.message))
        return None

    def _add(self, texts: Mapping[str, str], argument: ArgumentReader) -> PeriodicTask:
        wanted = form_texts.task_fields(texts, argument)
        name, given, schedule, zone = (wanted.pop(part) for part in ("name", "argument", "schedule", "timezone"))
        draft = Draft(name, argument.kind, given, schedule, zone, wanted)
        return notices.add_task(self.service, me(), draft, texts.get(form_texts.NOTIFY, "").splitlines())

    def _edit(
        self, texts: Mapping[str, str], argument: ArgumentReader, task: PeriodicTask, changed: set[str]
    ) -> PeriodicTask:
        edits = {part: value for part, value in form_texts.task_fields(texts, argument).items() if part in changed}
        told = texts[form_texts.NOTIFY].splitlines() if form_texts.NOTIFY in texts else None
        return notices.edit_task(self.service, me(), task, edits, told, revision=number(texts.get("revision", "")))

    def _masters(self) -> list[Master]:
        """In whose name somebody may let a walker run, to choose from."""
        return self.service.masters.page(MASTERS_MOST, 0, True, "")[1] if is_admin(me()) else []

    def _inputs(self, texts: Mapping[str, str], problems: Mapping[str, str]) -> list[Input]:
        return ctx_fields.inputs(fields_of(self.service, texts), texts, problems)

    def _form(self, typed: TaskInput, task: PeriodicTask | None) -> Response:
        problems = typed.problems
        inputs = self._inputs(typed.texts, problems)
        is_sequence = kind_of(typed.texts, task) == SEQUENCE
        may_sequence = tasks.may_have(self.service, me(), SEQUENCE)
        examples = WALKER_EXAMPLES | (SEQUENCE_EXAMPLES if may_sequence else {})
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
            may_sequence=may_sequence,
            try_url=url_for("pages.try_task"),
            saved_names=saved_sequences.names(self.service, me()) if may_sequence else [],
            full_name=FULL_NAMES,
            examples=examples if task is None else {},
            kinds=fields.kinds(typed.texts, problems),
            policies=fields.policies(typed.texts, problems),
            walkers=sorted(self.service.sentinel.walkers()),
            masters=self._masters(),
            zones=sorted(zone_names()),
            meaning=meaning(self.service, typed.texts, task, me()),
        )
