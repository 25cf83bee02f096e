"""The actions on tasks: run, enable, pause, delete and restore, for one task or many."""

from collections.abc import Callable, Sequence

from flask import Response, abort, flash, request, url_for

from walkabout.actions import task_runs, task_versions, tasks
from walkabout.jobs.quotas import QueueFull
from walkabout.jobs.template import CannotRun, NotAllowed
from walkabout.periodic.errors import NoSuchTask, TaskConflict
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.problems import Invalid
from walkabout.web.pages.frame import page, say, see
from walkabout.web.pages.numbers import number
from walkabout.web.pages.tasks.list import UNDO, task_of_mine
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import Moment, count, length, moment
from walkabout.web.session import me

NOTE_MOST = 200  # characters
UNDO_MOST = 200  # deleted tasks that a message can bring back: their ids travel in the cookie
PROBLEMS_MOST = 3  # that a message tells

Action = Callable[[PeriodicTask], object]


class TaskActionsView(View):
    """Every button that is about tasks."""

    @route("/tasks/<int:id>/run", "POST")
    def run_task(self, id: int) -> Response:
        """Run it once more, now."""
        task = task_of_mine(self, id)
        try:
            uid = task_runs.run_now(self.service, me(), task)
        except (NotAllowed, CannotRun, TaskConflict, QueueFull) as error:
            say(f"{task.name} can't run now: {error}")
            return see(url_for("pages.task", id=id))
        say(f"{task.name} is queued. This is the run.")
        return see(url_for("pages.run", uid=uid))

    @route("/tasks/<int:id>/enable", "POST")
    def enable_task(self, id: int) -> Response:
        """Let it fire again."""
        say(self._do("enable", [task_of_mine(self, id)]))
        return self._back(id)

    @route("/tasks/<int:id>/disable", "POST")
    def disable_task(self, id: int) -> Response:
        """Let it fire no more, until it is enabled."""
        say(self._do("disable", [task_of_mine(self, id)]))
        return self._back(id)

    @route("/tasks/<int:id>/delete", "POST")
    def delete_task(self, id: int) -> Response:
        """Delete it; the page has asked already."""
        say(self._do("delete", [task_of_mine(self, id)]))
        return see(url_for("pages.tasks"))

    @route("/tasks/many", "POST")
    def many_tasks(self) -> Response:
        """The same for all that are ticked; deleting asks first."""
        ticked = [task_of_mine(self, id) for id in _ids()]
        what = request.form.get("do", "")
        if what not in self._actions() or not ticked:
            say("Nothing was done. Select some tasks first.")
        elif what == "delete" and request.form.get("sure") != "yes":
            names = [(task.id, task.name) for task in ticked]
            return page("tasks/confirm.html", "Delete", "tasks", tasks=names, days=self._kept_for())
        else:
            say(self._do(what, ticked))
        return see(url_for("pages.tasks"))

    @route("/tasks/deleted")
    def deleted_tasks(self) -> Response:
        """The deleted tasks that can be restored."""
        most = self.service.settings.page_rows
        found = task_versions.deleted(self.service, me(), most)
        rows: list[tuple[int, str, Moment | None]] = [
            (one.schedule, str(one.content["name"]), moment(one.at, self.now)) for one in found
        ]
        return page("tasks/deleted.html", "Deleted tasks", "tasks", tasks=rows, days=self._kept_for())

    @route("/tasks/restore", "POST")
    def restore_tasks(self) -> Response:
        """Bring deleted tasks back; their next times are reckoned from now."""
        problems, done = [], []
        try:
            gone_by_id = {id: task_versions.deleted_task(self.service, me(), id) for id in _ids()}
        except NoSuchTask:
            abort(404)
        for id, gone in gone_by_id.items():
            try:
                done.append(task_versions.restore(self.service, me(), id).name)
            except NoSuchTask:
                problems.append("A task that was deleted too long ago, or is not deleted, can't be restored.")
            except (NotAllowed, TaskConflict, Invalid) as error:
                name = gone.content["name"] if gone else id
                problems.append(f"{name} can't be restored: {error}.")
        say(_sentence(done, "task", "restored", problems) or "Nothing was restored.")
        return see(url_for("pages.tasks"))

    def _actions(self) -> dict[str, tuple[str, Action]]:
        note = request.form.get("note", "").strip().replace("\0", "")[:NOTE_MOST]
        service, by = self.service, me()
        return {
            "run": ("queued", lambda task: task_runs.run_now(service, by, task)),
            "enable": ("active", lambda task: tasks.enable(service, by, task)),
            "disable": ("paused", lambda task: tasks.disable(service, by, task, note)),
            "delete": ("deleted", lambda task: tasks.delete(service, by, task)),
        }

    def _do(self, what: str, chosen: Sequence[PeriodicTask]) -> str:
        """Do something to tasks; how it went, in words."""
        word, do = self._actions()[what]
        done: list[PeriodicTask] = []
        problems = []
        for task in chosen:
            try:
                do(task)
                done.append(task)
            except (Invalid, TaskConflict, NoSuchTask, NotAllowed, CannotRun, QueueFull) as error:
                problems.append(f"{task.name}: {error}")
        if what == "delete" and 0 < len(done) <= UNDO_MOST:
            flash(",".join(str(task.id) for task in done), UNDO)
        return _sentence([task.name for task in done], "task", word, problems)

    def _back(self, id: int) -> Response:
        return see(url_for("pages.tasks") if request.form.get("back") == "list" else url_for("pages.task", id=id))

    def _kept_for(self) -> str:
        """How long a deleted task can be restored, in words."""
        return length(self.service.settings.result_s)


def _ids() -> list[int]:
    return [id for text in request.form.getlist("task") if (id := number(text)) is not None]


def _sentence(names: Sequence[str], noun: str, word: str, problems: Sequence[str]) -> str:
    text = [f"{names[0] if len(names) == 1 else count(len(names), noun)}: {word}."] if names else []
    more = len(problems) - PROBLEMS_MOST
    return " ".join([*text, *problems[:PROBLEMS_MOST], *([f"And {more} more."] if more > 0 else [])])
