"""Shows two runs side by side, and where they differ."""

from typing import Any

from flask import Response, request, url_for

from walkabout import json_text
from walkabout.jobs import queries
from walkabout.jobs.queries import JobFilter, WholeJob
from walkabout.web.pages.frame import page, say, see
from walkabout.web.pages.run.differences import Differences, differences
from walkabout.web.pages.runs.list import run_of_mine
from walkabout.web.pages.runs.rows import error, node, row, worker
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import NOTHING, cut

ERROR_MOST = 4000  # characters of an error's message
CHOICES_MOST = 20  # runs that are offered to compare with


class CompareView(View):
    """Compares runs."""

    @route("/runs/compare")
    def compare_runs(self) -> Response:
        """Two runs beside each other, and where they differ; with one, a choice of others."""
        left = run_of_mine(self, request.args.get("a", ""))
        other = request.args.get("b", "").strip()
        if not other:
            which = JobFilter(owner=self.owner(), **_same(left))
            others = queries.jobs(self.service.db, which, CHOICES_MOST + 1)
            rows = [row(run, self.now) for run in others if run.uid != left.uid][:CHOICES_MOST]
            return page("run/choose.html", "Compare", "runs", left=row(left, self.now), rows=rows)
        right = run_of_mine(self, other)
        if _same(left) != _same(right):
            say(f"These are runs of {left.title} and of {right.title}. Only runs of the same task can be compared.")
            return see(url_for("pages.compare_runs", a=left.uid))
        most = self.service.settings.tree_items
        one, another = self._facts(left), self._facts(right)
        return page(
            "run/compare.html",
            "Compare",
            "runs",
            facts=[(name, one[name], another[name]) for name in one],
            left=row(left, self.now),
            right=row(right, self.now),
            argument=self._differ(left.argument, right.argument, most),
            result=self._differ(left.result, right.result, most),
        )

    def _facts(self, run: WholeJob) -> dict[str, str]:
        shown = row(run, self.now)
        kind, text = error(run)
        return {
            "State": shown.state.word,
            "Waited": shown.waited,
            "Duration": shown.length,
            "Attempt": shown.attempt,
            "Worker": worker(run),
            "Node": node(json_text.load(run.argument)),
            "Error": f"{kind}: {cut(text, ERROR_MOST)}" if kind else NOTHING,
        }

    def _differ(self, left: str | None, right: str | None, most: int) -> Differences:
        def value(text: str | None) -> Any:
            found = {} if text is None else self.service.masker.masked(json_text.load(text))
            # The request that it came from differs in every header: noise.
            return {key: inner for key, inner in found.items() if key != "request"}

        return differences(value(left), value(right), most)


def _same(run: WholeJob) -> dict[str, Any]:
    """What the runs have in common that a run is compared with: the task, or without one the walker."""
    return {"schedule": run.schedule} if run.schedule else {"name": run.name, "alone": True}
