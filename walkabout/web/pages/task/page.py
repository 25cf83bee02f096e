"""One task: when it fires, what it did, and why."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from flask import Response, request, url_for

from walkabout.actions import notices, task_versions
from walkabout.jobs import queries
from walkabout.jobs.queries import JobFilter, ListedJob
from walkabout.jobs.states import FAILURE
from walkabout.periodic.errors import Broken
from walkabout.periodic.periodic_task import DISABLED, SEQUENCE, PeriodicTask
from walkabout.periodic.periodic_task import moment as at
from walkabout.periodic.rules.preview import preview
from walkabout.sequences.named import saved_name
from walkabout.sequences.rights import may_have_sequences
from walkabout.web.pages.banners import about_tasks
from walkabout.web.pages.frame import STILL_S, live_page
from walkabout.web.pages.numbers import number
from walkabout.web.pages.run.tree import Budget, tree
from walkabout.web.pages.runs.rows import row
from walkabout.web.pages.task.facts import facts
from walkabout.web.pages.task.statistics import slowest, success_rate, usual
from walkabout.web.pages.task.why import why_answer
from walkabout.web.pages.tasks.condition import illness, task_state
from walkabout.web.pages.tasks.list import task_of_mine
from walkabout.web.pages.tasks.sparkline import MOST, sparkline, took_s
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import MOVING, NOTHING, Moment, both_clocks, length, moment
from walkabout.web.session import me

NEXT = 5


class TaskView(View):
    """A task by its address."""

    @route("/tasks/<int:id>")
    def task(self, id: int) -> Response:
        """All about it; its runs are live."""
        task = task_of_mine(self, id)
        key = number(request.args.get("before", ""))
        most = self.service.settings.page_rows
        found = queries.jobs(self.service.db, JobFilter(schedule=task.id), most + 1, before=key)
        return live_page(
            "task/page.html",
            "runs/_rows.html",
            task.name,
            "tasks",
            seen=found,
            moving=task.fires_within(STILL_S, self.now) or any(run.state in MOVING for run in found),
            values=lambda: self._about(task, found) | self._runs(task, found, key),
        )

    def _about(self, task: PeriodicTask, found: Sequence[ListedJob]) -> dict[str, Any]:
        settings = self.service.settings
        following, warnings = self._next(task)
        owner = self.service.masters.by_uid(task.owner)
        marks = queries.recent(self.service.db, [task.id], MOST)[task.id]
        usually, longest = usual(marks), slowest(marks)
        argument = self._argument(task)
        paused = task_versions.last_pause(self.service, me(), task) if task.state == DISABLED else None
        return {
            "task": task,
            "state": task_state(task, self.now),
            "is_active": task.state == "active",
            "is_over": task.state not in ("active", "disabled"),
            "words": task.words(),
            "note": self.service.masker.text(task.note),
            "following": following,
            "warnings": warnings,
            "facts": facts(task, owner.email if owner else NOTHING),
            "last": moment(task.last_run_at, self.now),
            "banners": [*_never(task, found), *(about_tasks(self.service) if task.state == "active" else ())],
            "kept_for": length(settings.result_s),
            "saved": saved_name(argument) if task.task == SEQUENCE and may_have_sequences(me()) else "",
            "argument": tree(argument, Budget(settings.tree_items, settings.tree_chars)),
            "why": why_answer(
                self.service, me(), task, request.args.get("at", "").strip(), request.args.get("zone", "")
            ),
            "ill": illness(task, self.now, self.service.masker),
            "failed": next((mark.uid for mark in reversed(marks) if mark.state == FAILURE), ""),
            "sparkline": sparkline(marks, self.now),
            "rate": success_rate(marks),
            "usual": usually.words if usually else "",
            "slowest": longest and (longest.uid, length(took_s(longest, self.now))),
            "counted": len(marks),
            "told": [target.label for target in notices.targets(self.service, me(), task)],
            "paused": paused and (paused.who, moment(paused.at, self.now)),
        }

    def _runs(self, task: PeriodicTask, found: Sequence[ListedJob], key: int | None) -> dict[str, Any]:
        most, address = self.service.settings.page_rows, url_for("pages.task", id=task.id)
        return {
            "live": key is None,
            "all_owners": False,
            "by_due": True,
            "rows": [row(run, self.now) for run in found[:most]],
            "filters": None,
            "newer": "" if key is None else address,
            "newest": address,
            "older": url_for("pages.task", id=task.id, before=found[most - 1].id) if len(found) > most else "",
        }

    def _next(self, task: PeriodicTask) -> tuple[list[tuple[Moment | None, str, str]], list[str]]:
        if task.state != "active":
            return [], []
        try:
            rule = task.rule()
            warnings = preview(rule, at(self.now), NEXT)["warnings"]
            times = [fire.timestamp() for fire in islice(rule.fires_after(at(self.now)), NEXT)]
        except Exception as error:
            # A row that can't be reckoned with is put off by the tick too; its page must still open.
            return [], [f"Its next times can't be computed: {error}"]
        return [(moment(seconds, self.now), *both_clocks(seconds, task.timezone)) for seconds in times], warnings

    def _argument(self, task: PeriodicTask) -> Any:
        """What it runs with, masked; why that can't be shown when the row is broken: its page must still open."""
        try:
            return self.service.masker.masked(task.argument_object())
        except Broken as error:
            return str(error)


def _never(task: PeriodicTask, found: Sequence[ListedJob]) -> list[str]:
    """That a task has never run, although it should have, or never will; in a line, with what to do."""
    if task.state == "never":
        return ["It will never fire: its schedule has no future time. Edit its schedule."]
    if task.state == "active" and not task.total_run_count and found and not any(run.ran for run in found):
        return ["It has never run: every fire so far was skipped or missed. The notes below say why."]
    return []
