"""The actions on tasks: run, enable, pause, delete and restore, for one task or many."""

from collections.abc import Callable, Sequence

from flask import Response, abort, flash, request, url_for

from walkabout.actions.rights import may_see
from walkabout.jobs.quotas import QueueFull
from walkabout.jobs.template import CannotRun, NotAllowed
from walkabout.periodic import versions
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

Deed = Callable[[int], object]


class TaskActionsView(View):
    """Every button that is about tasks."""

    @route("/tasks/<int:id>/run", "POST")
    def run_task(self, id: int) -> Response:
        """Run it once more, now."""
        task = task_of_mine(self, id)
        try:
            uid = self.service.periodic_tasks.run_now(task.id, by=me().uid)
        except (NotAllowed, CannotRun, TaskConflict, QueueFull) as error:
            say(f"{task.name} can't run now: {error}")
            return see(url_for("pages.task", id=id))
        say(f"{task.name} runs once more: this is the run.")
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
        tasks = [task_of_mine(self, id) for id in _ids()]
        what = request.form.get("do", "")
        if what not in self._deeds() or not tasks:
            say("Nothing was done: tick some tasks first.")
        elif what == "delete" and request.form.get("sure") != "yes":
            names = [(task.id, task.name) for task in tasks]
            return page("tasks/confirm.html", "Delete", "tasks", tasks=names, days=self._kept_for())
        else:
            say(self._do(what, tasks))
        return see(url_for("pages.tasks"))

    @route("/tasks/deleted")
    def deleted_tasks(self) -> Response:
        """What can be brought back."""
        most = self.service.settings.page_rows
        found = versions.all_deleted(self.service.db, self.owner(), most)
        rows: list[tuple[int, str, Moment | None]] = [
            (one.schedule, str(one.content["name"]), moment(one.at, self.now)) for one in found
        ]
        return page("tasks/deleted.html", "Deleted tasks", "tasks", tasks=rows, days=self._kept_for())

    @route("/tasks/restore", "POST")
    def restore_tasks(self) -> Response:
        """Bring deleted tasks back; their next times are reckoned from now."""
        problems, done = [], []
        gone_by_id = {id: versions.deleted(self.service.db, id) for id in _ids()}
        if any(gone is not None and not may_see(me(), gone.owner) for gone in gone_by_id.values()):
            abort(404)
        for id, gone in gone_by_id.items():
            try:
                done.append(self.service.periodic_tasks.restore(id, by=me().uid).name)
            except NoSuchTask:
                problems.append("A task that was deleted too long ago, or is there, can't be brought back.")
            except (NotAllowed, TaskConflict, Invalid) as error:
                name = gone.content["name"] if gone else id
                problems.append(f"{name} can't be brought back: {error}.")
        say(_told(done, "task", "brought back", problems) or "Nothing was brought back.")
        return see(url_for("pages.tasks"))

    def _deeds(self) -> dict[str, tuple[str, Deed]]:
        note = request.form.get("note", "").strip().replace("\0", "")[:NOTE_MOST]
        periodic_tasks, by = self.service.periodic_tasks, me().uid
        return {
            "run": ("asked to run", lambda id: periodic_tasks.run_now(id, by=by)),
            "enable": ("active", lambda id: periodic_tasks.enable(id, by=by)),
            "disable": ("paused", lambda id: periodic_tasks.disable(id, note, by=by)),
            "delete": ("deleted", lambda id: periodic_tasks.delete(id, by=by)),
        }

    def _do(self, what: str, tasks: Sequence[PeriodicTask]) -> str:
        """Do something to tasks; how it went, in words."""
        word, do = self._deeds()[what]
        done: list[PeriodicTask] = []
        problems = []
        for task in tasks:
            try:
                do(task.id)
                done.append(task)
            except (Invalid, TaskConflict, NoSuchTask, NotAllowed, CannotRun, QueueFull) as error:
                problems.append(f"{task.name}: {error}")
        if what == "delete" and 0 < len(done) <= UNDO_MOST:
            flash(",".join(str(task.id) for task in done), UNDO)
        return _told([task.name for task in done], "task", word, problems)

    def _back(self, id: int) -> Response:
        return see(url_for("pages.tasks") if request.form.get("back") == "list" else url_for("pages.task", id=id))

    def _kept_for(self) -> str:
        """How long a deleted task can be brought back, in words."""
        return length(self.service.settings.result_days * 86_400)


def _ids() -> list[int]:
    return [id for text in request.form.getlist("task") if (id := number(text)) is not None]


def _told(names: Sequence[str], noun: str, word: str, problems: Sequence[str]) -> str:
    text = [f"{names[0] if len(names) == 1 else count(len(names), noun)}: {word}."] if names else []
    more = len(problems) - PROBLEMS_MOST
    return " ".join([*text, *problems[:PROBLEMS_MOST], *([f"And {more} more."] if more > 0 else [])])
