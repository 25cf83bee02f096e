"""Runs a run again from the beginning, or resumes a sequence from the step that failed."""

from dataclasses import dataclass, field
from typing import Any

from flask import Response, abort, request, url_for

from walkabout import json_text
from walkabout.actions import jobs, sequences
from walkabout.actions.jobs import NoSuchJob
from walkabout.actions.timing import Timing
from walkabout.api.refusals import MEANT, refusal_of
from walkabout.database.connections import Database
from walkabout.jobs.queries import WholeJob
from walkabout.jobs.states import FAILURE, REVOKED
from walkabout.jobs.template import NotAllowed
from walkabout.masking import put_back
from walkabout.problems import Invalid
from walkabout.sequences import journal, relaxed_json
from walkabout.sequences.resuming import is_resumable
from walkabout.sequences.runs import KIND as SEQUENCE
from walkabout.web.pages.frame import page, say, see
from walkabout.web.pages.runs.list import run_of_mine
from walkabout.web.pages.view import View, route
from walkabout.web.session import me

ASKS_MOST = 50  # requests of unknown outcome that one form asks about
# Errors that may have left requests in flight, as a cancel does.
IN_FLIGHT = ("UnknownOutcome", "TimeLimit", "WorkerLost")
PROBLEMS_MOST = 20


@dataclass(frozen=True)
class Resuming:
    """How a sequence's run goes on: whether it can, and whether somebody may have to say what became of a request
    before; the uids of the run that went on from it, and of the one that it goes on from."""

    can_go_on: bool = False
    asks: bool = False
    later: str | None = None
    source: str | None = None


@dataclass
class Word:
    """What is said of one request of unknown outcome, as it was typed."""

    path: str
    said: str = ""
    status: str = "200"
    body: str = ""
    problem: str = ""


@dataclass
class ResumeInput:
    """The form as it was typed, and what is wrong with it. `is_open`: whether the sequence stands open, to be edited."""

    words: list[Word]
    argument: str
    is_edited: bool = False
    is_open: bool = False
    problems: list[str] = field(default_factory=list)
    status: int = 200


def resuming_of(db: Database, run: WholeJob, *, may_go_on: bool) -> Resuming:
    """How a run of a sequence goes on, for somebody who may go on from it or not."""
    again = journal.resumed_from(db, run.id)
    source = again.source if again else None
    if run.state not in (FAILURE, REVOKED):
        return Resuming(source=source)
    later = journal.resumed_by(db, run.uid)
    can_go_on = may_go_on and is_resumable(db, run)
    kind = json_text.load(run.error).get("type") if run.error else ""
    return Resuming(can_go_on, run.state == REVOKED or kind in IN_FLIGHT, later, source)


class ResumeView(View):
    """Asks for runs that come from other runs."""

    @route("/runs/<uid>/again", "POST")
    def run_again(self, uid: str) -> Response:
        """Ask for the same once more, from the beginning."""
        found = run_of_mine(self, uid)
        new = self._sequence_again(found) if found.kind == SEQUENCE else self._walker_again(found)
        if new is None:
            return see(url_for("pages.run", uid=found.uid))
        say(f"{found.title} runs again. This is the new run.")
        return see(url_for("pages.run", uid=new))

    @route("/runs/<uid>/on", "GET", "POST", admin=True)
    def go_on(self, uid: str) -> Response:
        """Go on from where a sequence failed; the form for what somebody has to say before."""
        found = run_of_mine(self, uid)
        if not resuming_of(self.service.db, found, may_go_on=True).can_go_on:
            say("This run can't be resumed.")
            return see(url_for("pages.run", uid=found.uid))
        paths = journal.unsettled(self.service.db, found.id)
        if request.method == "GET":
            words = [Word(path) for path in paths[:ASKS_MOST]]
            return self._form(found, ResumeInput(words, self._argument(found), is_open="edit" in request.args))
        if paths and "argument" not in request.form:
            # The button of the run's page: there is something to be said first.
            return see(url_for("pages.go_on", uid=found.uid))
        typed = self._read_form(found, paths[:ASKS_MOST])
        new = self._go_on(found, typed)
        if new is None:
            typed.status = max(typed.status, 400)
            return self._form(found, typed)
        say(f"{found.title} resumes. This is the new run.")
        return see(url_for("pages.run", uid=new))

    def _walker_again(self, run: WholeJob) -> str:
        try:
            return jobs.run_again(self.service, me(), run.uid)
        except NoSuchJob:
            abort(404)

    def _sequence_again(self, run: WholeJob) -> str | None:
        try:
            return sequences.run_again(self.service, me(), run)
        except NotAllowed:
            abort(404)
        except Invalid as error:
            say(f"It can't run again: {error.problems[0]}")
            return None

    def _argument(self, run: WholeJob) -> str:
        return json_text.pretty(self._mask_for_others(run, json_text.load(run.argument)))

    def _mask_for_others(self, run: WholeJob, argument: Any) -> Any:
        return argument if run.owner == me().uid else self.service.masker.masked(argument)

    def _read_edit(self, run: WholeJob, text: str) -> Any:
        """What was made of the sequence, with the owner's own values where their masks were left. Raises Invalid."""
        edited = relaxed_json.value_of(text, self.service.settings.json_limits, "sequence")
        real = json_text.load(run.argument)
        return put_back(edited, self._mask_for_others(run, real), real)

    def _read_form(self, run: WholeJob, paths: list[str]) -> ResumeInput:
        own, form = self._argument(run), request.form
        # Browsers send lines that end with CR LF.
        argument = form.get("argument", own).replace("\r\n", "\n")
        said = {form[name]: name.removeprefix("path-") for name in form if name.startswith("path-")}
        words = [_word(path, said.get(path, "")) for path in paths]
        is_edited = argument.strip() != own.strip()
        return ResumeInput(words, argument, is_edited, is_open=is_edited)

    def _go_on(self, run: WholeJob, typed: ResumeInput) -> str | None:
        """The uid of the run that goes on; None: something is wrong, and stands in `typed`."""
        unknown = {word.path: self._read_word(word) for word in typed.words}
        if any(word.problem for word in typed.words):
            return None
        timing = Timing(background=True, priority=run.priority, queue=run.queue)
        try:
            argument = self._read_edit(run, typed.argument) if typed.is_edited else None
            sequences.resume(self.service, me(), run.uid, argument, timing, unknown=unknown)
        except MEANT as error:
            no = refusal_of(error)
            typed.problems, typed.status = list(no.texts[:PROBLEMS_MOST]), no.status
            return None
        return journal.resumed_by(self.service.db, run.uid)

    def _read_word(self, word: Word) -> Any:
        if word.said == "send":
            return "send"
        if word.said != "done":
            word.problem = "choose what happened to it"
            return None
        status = word.status.strip()
        if not (status.isdecimal() and len(status) == 3 and 100 <= int(status) <= 599):
            word.problem = "a status is a number from 100 to 599"
            return None
        if not word.body.strip():
            return {"status": int(status)}
        try:
            body = relaxed_json.read(word.body, self.service.settings.json_limits).value
        except json_text.BadJson as error:
            word.problem = f"the response's body is {error}; put a text in quotes"
            return None
        return {"status": int(status), "body": body}

    def _form(self, run: WholeJob, typed: ResumeInput) -> Response:
        return page("run/resume.html", f"Resume: {run.title}", "runs", status=typed.status, run=run, typed=typed)


def _word(path: str, number: str) -> Word:
    form = request.form
    if not number:
        return Word(path)
    return Word(path, *(form.get(f"{name}-{number}", "") for name in ("said", "status", "body")))
