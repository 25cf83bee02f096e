"""Try it: run what a task's form holds, now and without keeping it; only one of its steps; or dry, against given answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Response, abort, render_template, request

from walkabout import json_text
from walkabout.api.answers import Refusal
from walkabout.api.dispatch import Asked, Call
from walkabout.api.sequences import sequence_run
from walkabout.api.when import When
from walkabout.events import mask
from walkabout.jobs.standing import CannotRun
from walkabout.schedules.task import SEQUENCE, Task
from walkabout.sequences import written
from walkabout.web.pages.argument import BODY, Argument, Trouble, argument_of, check, kind_of
from walkabout.web.pages.frame import page
from walkabout.web.pages.numbers import number
from walkabout.web.pages.place import Place, route
from walkabout.web.pages.step import Shown, shown_of
from walkabout.web.pages.steps import steps
from walkabout.web.pages.tasks import task_of_mine
from walkabout.web.pages.tree import Branch, Budget, tree
from walkabout.web.pages.words import count
from walkabout.web.session import TOKEN_FIELD, me

MOCKS, ONLY, DRY = "mocks", "only", "dry"
DRY_STEPS_MOST = 50  # steps of a dry run that are shown, each with what would be sent


@dataclass
class Tried:
    """What became of a try. `uid`: its run; `dry`: the steps of a dry run, None when it was none."""

    words: str
    troubles: list[Trouble] = field(default_factory=list)
    uid: str = ""
    dry: list[Shown] | None = None
    more: int = 0
    ended_well: bool = True
    error: str = ""
    result: Branch | None = None


class TryOut(Place):
    """Tries out what a form holds."""

    @route("/tasks/try", "POST")
    def try_task(self) -> Response:
        """Run it once: a part of the form for its script, else a page with the way back to the form."""
        texts, task = request.form, edited_task(self)
        guard_sequence(texts, task)
        tried = self._tried(argument_of(self.service, texts, task, me()), texts)
        status = 400 if tried.troubles else 200
        if request.headers.get("Live") is not None:
            return Response(render_template("task_form/_tried.html", tried=tried), status)
        typed = [(name, value) for name, value in texts.items(multi=True) if name not in (TOKEN_FIELD, ONLY, DRY)]
        return page("task_form/tried.html", "Try", "tasks", status=status, tried=tried, typed=typed, task=task)

    def _tried(self, argument: Argument, texts: Mapping[str, str]) -> Tried:
        troubles = check(self.service, argument, me().uid)
        if troubles or argument.value is None:
            return Tried("It can't be tried yet.", troubles)
        value, words = argument.value, "Tried, not kept."
        if argument.kind == SEQUENCE and texts.get(ONLY):
            alone = alone_of(value, texts[ONLY])
            if alone is None:
                return Tried("It can't be tried.", [Trouble(BODY, "", f"there is no step {texts[ONLY][:20]}")])
            value, words = alone, f"Tried step {texts[ONLY]} alone, not kept."
        if argument.kind == SEQUENCE and texts.get(DRY):
            return self._dry(value, texts.get(MOCKS, ""))
        standing = self.service.book.standings[argument.kind]
        given = standing.normal(value)
        try:
            name = texts.get("name", "").replace("\0", "").strip() or "a new task"
            ask = standing.ask(standing.owner(given, me().uid) or me().uid, f"Try: {name}"[:200], given)
        except CannotRun as no:
            return Tried("It can't run now.", [Trouble("", "", str(no))])
        return Tried(words, uid=self.service.ledger.ask(ask))

    def _dry(self, value: dict[str, Any], answers: str) -> Tried:
        depth = self.service.settings.max_json_depth
        try:
            mocks = written.read(answers, depth).value if answers.strip() else {}
            call = Call(self.service, me(), Asked(), {})
            answer = sequence_run(call, value, when=When(), mocks=mocks)
        except written.Unreadable as error:
            return Tried("The answers can't be read.", [Trouble(MOCKS, "", str(error))])
        except Refusal as no:
            return Tried("It can't be tried.", [Trouble(MOCKS, "", text) for text in no.texts])
        ran = json_text.load(answer.as_text())
        settings, records = self.service.settings, ran["steps"]
        shown = [shown_of(record, settings, self.now) for record in records[:DRY_STEPS_MOST]]
        return Tried(
            words=f"Dry, nothing was sent: {count(len(records), 'step')}.",
            dry=shown,
            more=len(records) - len(shown),
            ended_well=ran["success"],
            error="" if ran["error"] is None else f"{ran['error']['path']}: {ran['error']['message']}",
            result=tree(mask(ran["result"]), Budget(settings.tree_items, settings.tree_chars)),
        )


def alone_of(argument: dict[str, Any], text: str) -> dict[str, Any] | None:
    """An argument with one step alone, by its number in the list of steps, from 1; None: there is no such step."""
    listed = steps(argument)
    place = number(text)
    if place is None or not 1 <= place <= len(listed):
        return None
    return {**argument, "requests": [listed[place - 1].given]}


def edited_task(place: Place) -> Task | None:
    """The task whose form was sent; None: a new one."""
    id = number(request.form.get("task_id", ""))
    return None if id is None else task_of_mine(place, id)


def guard_sequence(texts: Mapping[str, str], task: Task | None) -> None:
    """404 for a sequence of somebody who may have none."""
    if kind_of(texts, task) == SEQUENCE and not me().is_superuser:
        abort(404)
