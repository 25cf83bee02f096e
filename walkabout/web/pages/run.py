"""One run: what it is, how it went, what it gave; and two runs beside each other."""

from dataclasses import dataclass
from typing import Any

from flask import Response, abort, request, url_for

from walkabout import json_text
from walkabout.api.answers import Refusal
from walkabout.api.dispatch import Asked, Call
from walkabout.api.queue import walker_queue_cancel
from walkabout.events import mask
from walkabout.jids import jid
from walkabout.jobs import history
from walkabout.jobs.history import Which, WholeRun
from walkabout.jobs.ledger import ENDED
from walkabout.sequences.runs import KIND as SEQUENCE
from walkabout.web.pages.differences import Differences, differences
from walkabout.web.pages.frame import live_page, page, say, see
from walkabout.web.pages.place import Place, may_see, route
from walkabout.web.pages.rows import Row, error, row
from walkabout.web.pages.tree import Branch, Budget, tree
from walkabout.web.pages.words import NOTHING, Moment, count, cut, length, moment
from walkabout.web.session import me

ERROR_MOST = 4000  # characters of an error's message
CHOICES_MOST = 20  # runs that are offered to compare with


@dataclass(frozen=True)
class Shown:
    """What the page shows of a run, beside its row."""

    row: Row
    task: int | None
    started: Moment | None
    ended: Moment | None
    over: bool
    worker: str
    lost: str
    limit: str
    priority: str
    node: str
    error_kind: str
    error_text: str
    sent: str
    argument: Branch
    request: Branch | None
    result: Branch | None
    result_note: str


class OneRun(Place):
    """A run by its address."""

    @route("/runs/<uid>")
    def run(self, uid: str) -> Response:
        """Everything about a run; live until it is over."""
        found = self._run(uid)
        return live_page(
            "run/page.html",
            "run/_state.html",
            cut(found.name, 80),
            "runs",
            seen=found,
            moving=None if found.state in ENDED else found.state == "STARTED" or found.wait_until is None,
            run=self._shown(found),
            all_owners=me().is_superuser,
            can_run_again=found.ran and found.name in self.service.sentinel.walkers(),
        )

    @route("/runs/<uid>/result.json")
    def run_result(self, uid: str) -> Response:
        """The whole result, as a file."""
        found = self._run(uid)
        if found.result is None:
            abort(404)
        headers = {"Content-Disposition": f'attachment; filename="{found.uid}.json"'}
        return Response(found.result, headers=headers, mimetype="application/json")

    @route("/runs/<uid>/cancel", "POST")
    def cancel_run(self, uid: str) -> Response:
        """End it, or see to it that it never begins."""
        found = self._run(uid)
        try:
            walker_queue_cancel(Call(self.service, me(), Asked(), {}), found.uid)
            say(f"{found.name} is cancelled; nothing of it is kept.")
        except Refusal as no:
            say(no.texts[0].partition(": ")[2])
        return see(url_for("pages.run", uid=found.uid))

    @route("/runs/<uid>/again", "POST")
    def run_again(self, uid: str) -> Response:
        """Ask for the same once more."""
        found = self._run(uid)
        new = history.again(self.service.db, self.service.ledger, found.uid)
        if new is None:
            abort(404)
        say(f"{found.name} runs again: this is the new run.")
        return see(url_for("pages.run", uid=new))

    @route("/runs/compare")
    def compare_runs(self) -> Response:
        """Two runs beside each other, and where they differ; with one, a choice of others."""
        left = self._run(request.args.get("a", ""))
        other = request.args.get("b", "").strip()
        if not other:
            which = Which(name=left.name, owner=self.owner())
            others = history.runs(self.service.db, which, CHOICES_MOST + 1)
            rows = [row(run, self.now) for run in others if run.uid != left.uid][:CHOICES_MOST]
            return page("run/choose.html", "Compare", "runs", left=row(left, self.now), rows=rows)
        right = self._run(other)
        most = self.service.settings.tree_items
        return page(
            "run/compare.html",
            "Compare",
            "runs",
            facts=_facts(self._shown(left), self._shown(right)),
            left=row(left, self.now),
            right=row(right, self.now),
            argument=_differ(left.argument, right.argument, most),
            result=_differ(left.result, right.result, most),
        )

    def _run(self, uid: str) -> WholeRun:
        found = history.run(self.service.db, uid)
        if found is None or not may_see(me(), found.owner):
            abort(404)
        return found

    def _shown(self, run: WholeRun) -> Shown:
        settings = self.service.settings
        budget = Budget(settings.tree_items, settings.tree_chars)
        argument = json_text.load(run.argument)
        kind, text = error(run)
        asked = argument.get("request")
        is_sequence = run.kind == SEQUENCE
        value = None if run.result is None else json_text.load(run.result)
        # What a sequence keeps has tokens that servers gave it.
        result = None if run.result is None else tree(mask(value) if is_sequence else value, budget)
        spent = budget.items <= 0 or budget.chars <= 0
        # What it was asked with comes first on the page's mind, but a large result must not crowd it out.
        budget = Budget(settings.tree_items, settings.tree_chars)
        return Shown(
            row=row(run, self.now),
            task=run.schedule,
            started=moment(run.started_at, self.now),
            ended=moment(run.ended_at, self.now),
            over=run.state in ENDED,
            worker=f"{run.worker}, process {run.worker_pid}" if run.worker else NOTHING,
            lost=count(run.takeovers, "worker lost", "workers lost") if run.takeovers else "",
            limit=length(run.limit_s),
            priority=f"{run.priority:+d}" if run.priority else "0",
            node=jid(argument["nd"]) if isinstance(argument.get("nd"), str) else "",
            error_kind=kind,
            error_text=cut(text, ERROR_MOST),
            sent=run.sent or "",
            argument=tree(mask(argument if is_sequence else argument.get("ctx", {})), budget),
            request=tree(mask(asked), budget) if asked else None,
            result=result,
            result_note=f"{len(run.result or ''):,} characters; the tree shows a part of it" if spent else "",
        )


def _facts(left: Shown, right: Shown) -> list[tuple[str, str, str]]:
    def words(run: Shown) -> dict[str, str]:
        return {
            "State": run.row.state.word,
            "Waited": run.row.waited,
            "Length": run.row.length,
            "Attempt": run.row.attempt,
            "Worker": run.worker,
            "Node": run.node,
            "Error": f"{run.error_kind}: {run.error_text}" if run.error_kind else NOTHING,
        }

    one, other = words(left), words(right)
    return [(name, one[name], other[name]) for name in one]


def _differ(left: str | None, right: str | None, most: int) -> Differences:
    def value(text: str | None) -> Any:
        found = {} if text is None else mask(json_text.load(text))
        # The request that it came from differs in every header: noise.
        return {key: inner for key, inner in found.items() if key != "request"}

    return differences(value(left), value(right), most)
