"""Try it: runs what a task's form holds without saving it; all of it, one step, or dry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response, abort, render_template, request, url_for

from walkabout import json_text
from walkabout.actions import sequences, task_runs, tasks
from walkabout.jobs.quotas import QueueFull
from walkabout.jobs.template import CannotRun
from walkabout.periodic.periodic_task import SEQUENCE, PeriodicTask
from walkabout.problems import Invalid
from walkabout.sequences import relaxed_json
from walkabout.service import Service
from walkabout.web.pages.frame import page
from walkabout.web.pages.numbers import number
from walkabout.web.pages.run.step import StepExchange, exchange_of
from walkabout.web.pages.run.step_numbers import step_number
from walkabout.web.pages.run.tree import Branch, Budget, tree
from walkabout.web.pages.task_form.argument import BODY, ArgumentProblem, ArgumentReader, argument_of, check, kind_of
from walkabout.web.pages.task_form.step_list import steps
from walkabout.web.pages.tasks.list import task_of_mine
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import count
from walkabout.web.session import TOKEN_FIELD, me

MOCKS, ONLY, DRY = "mocks", "only", "dry"
DRY_STEPS_MOST = 50  # steps of a dry run that are shown, each with what would be sent


@dataclass
class Trial:
    """What became of a try. `uid`: its run; `dry`: the steps of a dry run, None when it was none."""

    words: str
    troubles: list[ArgumentProblem] = field(default_factory=list)
    uid: str = ""
    dry: list[StepExchange] | None = None
    more: int = 0
    ended_well: bool = True
    error: str = ""
    result: Branch | None = None


class TrialView(View):
    """Tries out what a form holds."""

    @route("/tasks/try", "POST")
    def try_task(self) -> Response:
        """Run it once: a part of the form for its script, else a page with the way back to the form."""
        texts, task = request.form, edited_task(self)
        guard_sequence(self, texts, task)
        argument = argument_of(self.service, texts, task, me())
        tried = Trials(self.service).run(argument, check(self.service, argument, me(), task), texts)
        back = url_for("pages.edit_task", id=task.id) if task else url_for("pages.new_task")
        return trial_response(tried, "tasks", back)


def trial_response(tried: Trial, place: str, back: str) -> Response:
    """What became of a try: a part of the form for its script, else a page. `back`: the address of the form."""
    status = 400 if tried.troubles else 200
    if request.headers.get("Live") is not None:
        return Response(render_template("task_form/_trial.html", tried=tried), status)
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in (TOKEN_FIELD, ONLY, DRY)]
    return page("task_form/trial.html", "Try", place, status=status, tried=tried, typed=typed, back=back)


class Trials:
    """Runs what a form holds, all of it, a step alone, or dry."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def run(self, argument: ArgumentReader, troubles: list[ArgumentProblem], texts: Mapping[str, str]) -> Trial:
        """Run it once. `troubles`: what is wrong with it; `texts`: the form's, which say how it is to be tried."""
        if troubles or argument.value is None:
            return Trial("Fix these problems to try it.", troubles)
        value, words = argument.value, "A trial; the form is not saved."
        if argument.kind == SEQUENCE and texts.get(ONLY):
            alone = alone_of(self.service.sequences.whole(value), texts[ONLY])
            if alone is None:
                return Trial(
                    "This can't be tried.", [ArgumentProblem(BODY, "", f"there is no step {texts[ONLY][:20]}")]
                )
            value, words = alone, f"Tried step {texts[ONLY]} alone; the form is not saved."
        if argument.kind == SEQUENCE and texts.get(DRY):
            return self._dry(value, texts.get(MOCKS, ""))
        name = texts.get("name", "").replace("\0", "").strip() or "a new task"
        try:
            return Trial(words, uid=task_runs.try_once(self.service, me(), argument.kind, f"Try: {name}", value))
        except (CannotRun, QueueFull) as no:
            return Trial("It can't run now.", [ArgumentProblem("", "", str(no))])

    def _dry(self, value: dict[str, Any], answers: str) -> Trial:
        limits = self.service.settings.json_limits
        try:
            mocks = relaxed_json.read(answers, limits).value if answers.strip() else {}
            ran = sequences.run_dry(self.service, me(), value, mocks)
        except relaxed_json.Unreadable as error:
            return Trial("The responses can't be read.", [ArgumentProblem(MOCKS, "", str(error))])
        except Invalid as error:
            return Trial("This can't be tried.", [ArgumentProblem(MOCKS, "", text) for text in error.errors])
        settings, records = self.service.settings, json_text.load(ran.steps)
        shown = [exchange_of(record, settings, self.service.clock()) for record in records[:DRY_STEPS_MOST]]
        return Trial(
            words=f"Dry run, nothing was sent: {count(len(records), 'step')}.",
            dry=shown,
            more=len(records) - len(shown),
            ended_well=ran.error is None,
            error="" if ran.error is None else f"{step_number(ran.error.path)}: {ran.error.message}",
            result=tree(
                self.service.masker.masked(json_text.load(ran.result)), Budget(settings.tree_items, settings.tree_chars)
            ),
        )


def alone_of(argument: dict[str, Any], text: str) -> dict[str, Any] | None:
    """An argument with one step alone, by its number in the list of steps, from 1; None: there is no such step.

    What it does at its end is left out: nobody wants a clean-up who tries a step.
    """
    listed = steps(argument)
    place = number(text)
    if place is None or not 1 <= place <= len(listed):
        return None
    rest = {name: value for name, value in argument.items() if name not in ("on_error", "finally")}
    return {**rest, "requests": [listed[place - 1].given]}


def edited_task(place: View) -> PeriodicTask | None:
    """The task whose form was sent; None: a new one."""
    id = number(request.form.get("task_id", ""))
    return None if id is None else task_of_mine(place, id)


def guard_sequence(view: View, texts: Mapping[str, str], task: PeriodicTask | None) -> None:
    """404 for a sequence of somebody who may have none."""
    if not tasks.may_have(view.service, me(), kind_of(texts, task)):
        abort(404)
