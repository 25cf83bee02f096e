"""The actions on tasks: run, enable, pause, delete and restore, for one task or many."""

from collections.abc import Mapping, Sequence

from flask import Response, abort, flash, request, url_for

from walkabout.actions import many_tasks, task_runs, task_versions
from walkabout.jobs.quotas import QueueFull
from walkabout.jobs.template import CannotRun, NotAllowed
from walkabout.periodic.errors import NoSuchTask, TaskConflict
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.problems import Invalid
from walkabout.service import Service
from walkabout.web.pages.frame import page, say, see
from walkabout.web.pages.numbers import number
from walkabout.web.pages.tasks.list import UNDO, task_of_mine
from walkabout.web.pages.tasks.query import TaskQuery, read_query
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import Moment, count, length, moment
from walkabout.web.session import me

NOTE_MOST = 200  # characters
NOTES = ("note", "tags")  # what a question carries to its answer
NAMES_MOST = 20  # that a question names
PROBLEMS_MOST = 3  # that a message tells

QUESTIONS = {
    many_tasks.RUN: "Run {} now?",
    many_tasks.ENABLE: "Resume {}?",
    many_tasks.PAUSE: "Pause {}?",
    many_tasks.TAG: "Tag {}?",
    many_tasks.UNTAG: "Take the tags from {}?",
    many_tasks.DELETE: "Delete {}?",
}
BUTTONS = {
    many_tasks.RUN: "Run now",
    many_tasks.ENABLE: "Resume",
    many_tasks.PAUSE: "Pause",
    many_tasks.TAG: "Tag",
    many_tasks.UNTAG: "Untag",
    many_tasks.DELETE: "Delete",
}
_UNDO = "You can undo it for {undo}."
MEANS = {
    many_tasks.RUN: "Each runs once more, now, whatever its schedule says. This can't be undone; you can cancel the runs.",
    many_tasks.ENABLE: "They fire again from now on. " + _UNDO,
    many_tasks.PAUSE: "They fire no more until they are resumed. Those that are paused already keep their note. "
    + _UNDO,
    many_tasks.TAG: _UNDO,
    many_tasks.UNTAG: _UNDO,
    many_tasks.DELETE: "You can restore them for {days}. Their runs are kept as usual.",
}
DONE = {
    many_tasks.RUN: "queued",
    many_tasks.ENABLE: "active",
    many_tasks.PAUSE: "paused",
    many_tasks.TAG: "tagged",
    many_tasks.UNTAG: "tags taken away",
    many_tasks.DELETE: "deleted",
}


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
        self._change(many_tasks.ENABLE, [task_of_mine(self, id)])
        return self._back(id)

    @route("/tasks/<int:id>/disable", "POST")
    def disable_task(self, id: int) -> Response:
        """Let it fire no more, until it is enabled."""
        self._change(many_tasks.PAUSE, [task_of_mine(self, id)])
        return self._back(id)

    @route("/tasks/<int:id>/delete", "POST")
    def delete_task(self, id: int) -> Response:
        """Delete it; the page has asked already."""
        self._change(many_tasks.DELETE, [task_of_mine(self, id)])
        return see(url_for("pages.tasks"))

    @route("/tasks/many", "POST")
    def many_tasks(self) -> Response:
        """The same for all that are ticked, or for all that fit the filter; what can't be undone at a glance asks first."""
        query = read_query(self.service, me(), request.form)
        what = request.form.get("do", "")
        chosen, problem = self._chosen(query)
        if what not in many_tasks.ACTIONS or not chosen:
            say(f"Nothing was done. {problem or 'Select some tasks first.'}")
        elif self._must_ask(what, chosen) and request.form.get("sure") != "yes":
            notes = {name: request.form.get(name, "") for name in NOTES}
            return ask_about_tasks(self.service, what, chosen, query.typed, query.url(), notes)
        else:
            self._change(what, chosen)
        return see(query.url())

    @route("/tasks/undo", "POST")
    def undo_tasks(self) -> Response:
        """Take back what was just done to many."""
        query = read_query(self.service, me(), request.form)
        taken = many_tasks.take_back(self.service, me(), request.form.get("undo", ""))
        if taken is None:
            say(f"It can't be undone any more: that is possible once, for {length(self.service.settings.undo_s)}.")
        else:
            say(_sentence(taken.done, "task", "as before", taken.problems) or "Nothing was undone.")
        return see(query.url())

    def _chosen(self, query: TaskQuery) -> tuple[list[PeriodicTask], str]:
        """The tasks that are meant, and why there are none."""
        if request.form.get("all") != "yes":
            return [task_of_mine(self, id) for id in _ids()], ""
        if query.problems:
            return [], " ".join(query.problems)
        try:
            return many_tasks.fitting(self.service, me(), query.filter), "No task fits."
        except Invalid as no:
            message = no.problems[0].message
            return [], f"{message[0].upper()}{message[1:]}."

    def _must_ask(self, what: str, chosen: Sequence[PeriodicTask]) -> bool:
        return what == many_tasks.DELETE or (
            len(chosen) > 1 and (what == many_tasks.RUN or request.form.get("all") == "yes")
        )

    def _change(self, what: str, chosen: Sequence[PeriodicTask]) -> None:
        """Do something to tasks, and say how it went."""
        text = request.form.get("tags", "") if what in (many_tasks.TAG, many_tasks.UNTAG) else _note()
        try:
            outcome = many_tasks.change(self.service, me(), what, chosen, text)
        except Invalid as no:
            say(f"Nothing was done: {no.problems[0].message}.")
            return
        if outcome.undo:
            flash(outcome.undo, UNDO)
        already = f"{count(len(outcome.already), 'task')} stood so already." if outcome.already else ""
        problems = [*([already] if already else []), *outcome.problems]
        say(_sentence(outcome.done, "task", DONE[what], problems) or "Nothing was done.")

    @route("/tasks/deleted")
    def deleted_tasks(self) -> Response:
        """The deleted tasks that can be restored."""
        most = self.service.settings.page_rows
        found = task_versions.deleted(self.service, me(), most)
        rows: list[tuple[int, str, Moment | None]] = [
            (one.schedule, str(one.content["name"]), moment(one.at, self.now)) for one in found
        ]
        return page("tasks/deleted.html", "Deleted tasks", "tasks", tasks=rows, days=_kept_for(self.service))

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

    def _back(self, id: int) -> Response:
        return see(url_for("pages.tasks") if request.form.get("back") == "list" else url_for("pages.task", id=id))


def ask_about_tasks(
    service: Service,
    what: str,
    chosen: Sequence[PeriodicTask],
    typed: Mapping[str, str],
    back: str,
    notes: Mapping[str, str],
) -> Response:
    """A page that asks whether one of many_tasks.ACTIONS is to be done to these tasks.

    `typed`: the filter of the list that is shown afterwards; `back`: where "Cancel" leads; `notes`: texts of NOTES.
    """
    shown = chosen[:NAMES_MOST]
    return page(
        "tasks/confirm.html",
        "Tasks",
        "tasks",
        question=QUESTIONS[what].format(count(len(chosen), "task")),
        means=MEANS[what].format(days=_kept_for(service), undo=length(service.settings.undo_s)),
        button=BUTTONS[what],
        what=what,
        names=[task.name for task in shown],
        more=len(chosen) - len(shown),
        ids=[task.id for task in chosen],
        typed=typed,
        back=back,
        notes=notes,
    )


def _kept_for(service: Service) -> str:
    """How long a deleted task can be restored, in words."""
    return length(service.settings.result_s)


def _note() -> str:
    return request.form.get("note", "").strip().replace("\0", "")[:NOTE_MOST]


def _ids() -> list[int]:
    return [id for text in request.form.getlist("task") if (id := number(text)) is not None]


def _sentence(names: Sequence[str], noun: str, word: str, problems: Sequence[str]) -> str:
    text = [f"{names[0] if len(names) == 1 else count(len(names), noun)}: {word}."] if names else []
    more = len(problems) - PROBLEMS_MOST
    return " ".join([*text, *problems[:PROBLEMS_MOST], *([f"And {more} more."] if more > 0 else [])])
