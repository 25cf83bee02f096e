"""One run: its state, its input, what it did and its result."""

from dataclasses import dataclass
from typing import Any

from flask import Response, abort, url_for

from walkabout import json_text
from walkabout.actions import jobs
from walkabout.actions.jobs import AlreadyEnded
from walkabout.jobs import queries, run_log
from walkabout.jobs.queries import WholeJob
from walkabout.jobs.states import ENDED, STARTED
from walkabout.jobs.waits import Waits
from walkabout.periodic import task_queries
from walkabout.sequences.named import saved_name
from walkabout.sequences.rights import may_have_sequences
from walkabout.sequences.runs import KIND as SEQUENCE
from walkabout.web.pages.frame import live_page, say, see
from walkabout.web.pages.run.failed_step import FailedStep, failed_step
from walkabout.web.pages.run.graph_changes import Changed, changes_of
from walkabout.web.pages.run.log import log_of
from walkabout.web.pages.run.resume import Resuming, resuming_of
from walkabout.web.pages.run.steps import Steps, steps
from walkabout.web.pages.run.tree import Branch, Budget, tree
from walkabout.web.pages.runs.list import run_of_mine
from walkabout.web.pages.runs.rows import RunRow, error, failed_path, node, row, worker
from walkabout.web.pages.task.statistics import usual
from walkabout.web.pages.task_form.argument import steps_of
from walkabout.web.pages.tasks.sparkline import MOST
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import Moment, count, cut, length, moment
from walkabout.web.session import me

ERROR_MOST = 4000  # characters of an error's message
ERRORS_SHOWN = 20  # errors of one run behind its first
LATE_FROM_S = 1.0  # less is not called late


@dataclass(frozen=True)
class RunValues:
    """What the page shows of a run, beside its row. `late`: how long after it was due it began; `saved`: the saved
    sequence that it runs."""

    row: RunRow
    task: tuple[int, str] | None
    due: Moment | None
    late: str
    started: Moment | None
    ended: Moment | None
    over: bool
    worker: str
    lost: str
    limit: str
    priority: str
    queue: str
    waits: str
    node: str
    is_sequence: bool
    error_kind: str
    error_text: str
    error_path: str
    failed: FailedStep | None
    more_errors: list[tuple[str, str]]
    cleans_up: bool
    cancelling: bool
    sent: str
    argument: Branch | None
    request: Branch | None
    result: Branch | None
    result_note: str
    changed: Changed | None
    asked_by: str
    slow: str
    saved: str


class RunView(View):
    """A run by its address."""

    @route("/runs/<uid>")
    def run(self, uid: str) -> Response:
        """Everything about a run; live until it is over."""
        found = run_of_mine(self, uid)
        is_sequence = found.kind == SEQUENCE
        shown_steps = steps(self.service.db, found, self.now, self._sequence_of(found)) if is_sequence else None
        log_mark = run_log.written_at(self.service.db, found.uid)
        can_run_again = may_have_sequences(me()) if is_sequence else found.name in self.service.sentinel.walkers()
        return live_page(
            "run/page.html",
            "run/_state.html",
            cut(found.title, 80),
            "runs",
            seen=(found, shown_steps.mark if shown_steps else 0, self._slow(found), self._waits(found), log_mark),
            moving=None if found.state in ENDED else found.state == STARTED or found.wait_until is None,
            values=lambda: {
                "run": self._values_of(found, shown_steps),
                "steps": shown_steps,
                "resuming": self._resuming_of(found) if is_sequence else Resuming(),
                "log": log_of(self.service, found, self.now) if log_mark else None,
                "all_owners": me().is_superuser,
                "can_run_again": found.ran and can_run_again,
            },
        )

    @route("/runs/<uid>/result.json")
    def run_result(self, uid: str) -> Response:
        """The whole result, as a file."""
        found = run_of_mine(self, uid)
        if found.result is None:
            abort(404)
        headers = {"Content-Disposition": f'attachment; filename="{found.uid}.json"'}
        return Response(found.result, headers=headers, mimetype="application/json")

    @route("/runs/<uid>/cancel", "POST")
    def cancel_run(self, uid: str) -> Response:
        """End it, or see to it that it never begins."""
        found = run_of_mine(self, uid)
        try:
            cancelled = jobs.cancel(self.service, me(), found.uid)
            kept = "requests that were sent stay sent" if found.kind == SEQUENCE else "none of its changes are saved"
            if cancelled.ended:
                say(f"{found.title} is cancelled; {kept}.")
            else:
                say(f"{found.title} is being cancelled; it cleans up first. Cancel it again to end it at once.")
        except AlreadyEnded as error:
            say(str(error))
        return see(url_for("pages.run", uid=found.uid))

    def _waits(self, run: WholeJob) -> str:
        return "" if run.ended or run.state == STARTED else Waits(self.service.consumers.alive()).why(run)

    def _sequence_of(self, run: WholeJob) -> Any:
        """The sequence of a run that goes on, masked: that of a saved one as it is now. None for others."""
        if run.state != STARTED:
            return None
        return self.service.masker.masked(steps_of(self.service, json_text.load(run.argument)))

    def _resuming_of(self, run: WholeJob) -> Resuming:
        return resuming_of(self.service.db, run, may_go_on=may_have_sequences(me()))

    def _values_of(self, run: WholeJob, shown_steps: Steps | None) -> RunValues:
        argument = json_text.load(run.argument)
        kind, text = error(run)
        # A run by hand has no due time.
        due = run.eta if run.scheduled_for is None else run.fire_at or run.scheduled_for
        is_sequence = run.kind == SEQUENCE
        # Beside a part of its steps, all that was asked and given would only be in the way.
        asked, request, result, note = (
            (None, None, None, "") if shown_steps and shown_steps.is_part else self._trees(run, argument, is_sequence)
        )
        return RunValues(
            row=row(run, self.now),
            task=self._task(run),
            due=moment(due, self.now),
            late=_late(run, due, self.now),
            started=moment(run.started_at, self.now),
            ended=moment(run.ended_at, self.now),
            over=run.state in ENDED,
            worker=worker(run),
            lost=count(run.takeovers, "worker lost", "workers lost") if run.takeovers else "",
            limit=length(run.limit_s),
            priority=f"{run.priority:+d}" if run.priority else "0",
            queue=run.queue,
            waits=self._waits(run),
            node=node(argument),
            is_sequence=is_sequence,
            error_kind=kind,
            error_text=cut(text, ERROR_MOST),
            error_path=failed_path(run),
            failed=failed_step(self.service.db, run.uid, failed_path(run)) if is_sequence else None,
            more_errors=_more_errors(run),
            cleans_up=run.cleans_up and run.attempt > 0,
            cancelling=run.cancelling and not run.ended,
            sent=run.sent or "",
            argument=asked,
            request=request,
            result=result,
            result_note=note,
            changed=changes_of(run.changes),
            asked_by=self._email(run.asked_by),
            slow=self._slow(run),
            saved=saved_name(argument) if is_sequence and may_have_sequences(me()) else "",
        )

    def _trees(
        self, run: WholeJob, argument: dict[str, Any], is_sequence: bool
    ) -> tuple[Branch, Branch | None, Branch | None, str]:
        """What it was asked with, the request that it came from, what it gave, and a note on that."""
        masked = self.service.masker.masked
        budget = self._budget(is_sequence)
        # What a run keeps may have tokens that servers gave it.
        result = None if run.result is None else tree(masked(json_text.load(run.result)), budget)
        spent = budget.items <= 0 or budget.chars <= 0
        note = f"{len(run.result or ''):,} characters; the tree shows part of it" if spent else ""
        # What it was asked with comes first on the page's mind, but a large result must not crowd it out.
        budget = self._budget(is_sequence)
        asked = tree(masked(argument if is_sequence else argument.get("ctx", {})), budget)
        came_from = None if is_sequence else argument.get("request")
        return asked, tree(masked(came_from), budget) if came_from else None, result, note

    def _budget(self, is_sequence: bool) -> Budget:
        settings = self.service.settings
        # Beside a waterfall there is room for half of it.
        part = 2 if is_sequence else 1
        return Budget(max(settings.tree_items // part, 1), settings.tree_chars // part)

    def _email(self, uid: str | None) -> str:
        master = self.service.masters.by_uid(uid) if uid else None
        return master.email if master else "a deleted person" if uid else ""

    def _slow(self, run: WholeJob) -> str:
        """That it takes longer than usual, while it runs."""
        if run.state != STARTED or run.schedule is None or run.started_at is None:
            return ""
        usually = usual(queries.recent(self.service.db, [run.schedule], MOST)[run.schedule])
        if usually is None or self.now - run.started_at <= usually.most_s:
            return ""
        return f"It takes longer than usual: {usually.words}."

    def _task(self, run: WholeJob) -> tuple[int, str] | None:
        task = task_queries.by_id(self.service.db, run.schedule) if run.schedule else None
        return (task.id, cut(task.name, 80)) if task else None


def _late(run: WholeJob, due: float | None, now: float) -> str:
    if due is None or run.attempt > 1 or not run.ran:
        return ""
    began = run.started_at or run.ended_at or now
    return length(began - due) if began - due >= LATE_FROM_S else ""


def _more_errors(run: WholeJob) -> list[tuple[str, str]]:
    """The errors of a sequence's run behind the first: of soft steps, and of what it did at its end."""
    told: dict[str, Any] = json_text.load(run.error) if run.error else {}
    return [(str(one["path"]), cut(str(one["message"]), 400)) for one in told.get("errors", [])[1 : 1 + ERRORS_SHOWN]]
