"""Tasks: what is planned, whether it is well, and when it is next. Switched on and off here, one or many at once."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, abort, request, url_for

from walkabout.jobs import fires
from walkabout.jobs.standing import CannotRun
from walkabout.schedules import table
from walkabout.schedules.book import Clash, NoSuchTask
from walkabout.schedules.refusal import Refused
from walkabout.schedules.table import Which
from walkabout.schedules.task import SEQUENCE, WALKER, Task
from walkabout.web.pages.frame import page, say, see
from walkabout.web.pages.place import Place, may_see, route
from walkabout.web.pages.spark import MOST, Spark, spark, took_s
from walkabout.web.pages.words import STATES, Moment, State, count, length, local, moment
from walkabout.web.session import me

STANDS = {
    "active": State("ok", "●", "active"),
    "disabled": State("off", "◌", "paused"),
    "finished": State("off", "✓", "finished"),
    "expired": State("warn", "∅", "expired"),
    "never": State("warn", "∅", "never fires"),
}
KINDS = {"walker": WALKER, "sequence": SEQUENCE}
ROWS_MOST = 25  # tasks on a page: each has a picture of thirty runs
NOTE_MOST = 200  # characters


@dataclass(frozen=True)
class Listed:
    """A task in the list."""

    id: int
    name: str
    state: State
    is_active: bool
    note: str
    words: str
    timezone: str
    following: Moment | None
    local: str
    last_uid: str
    last: State | None
    took: str
    spark: Spark


def task_of_mine(place: Place, id: int) -> Task:
    """The task of an id; 404 when it is not there, or somebody else's."""
    found = table.by_id(place.service.db, id) if id < 2**63 else None
    if found is None or not may_see(me(), found.owner):
        abort(404)
    return found


class Tasks(Place):
    """The start page."""

    @route("/")
    def tasks(self) -> Response:
        """A page of the list, the newest first."""
        typed = {n: request.args[n].strip() for n in ("search", "state", "kind") if request.args.get(n, "").strip()}
        which = Which(
            self.owner(), typed.get("search", ""), typed.get("state", ""), KINDS.get(typed.get("kind", ""), "")
        )
        before = request.args.get("before", "")
        key = int(before) if before.isdecimal() and len(before) < 19 else None
        most = min(self.service.settings.page_rows, ROWS_MOST)
        found = table.newest(self.service.db, which, most + 1, key)
        marks = fires.recent(self.service.db, [task.id for task in found[:most]], MOST)
        older = {**typed, "before": str(found[most - 1].id)} if len(found) > most else {}
        return page(
            "tasks/list.html",
            "Tasks",
            "tasks",
            tasks=[self._listed(task, spark(marks[task.id], self.now)) for task in found[:most]],
            typed=typed,
            states={name: state.word for name, state in STANDS.items()},
            kinds=list(KINDS),
            older=f"{url_for('pages.tasks')}?{urlencode(older)}" if older else "",
            is_first=key is None,
            no_worker=not self.service.consumers.alive(),
        )

    @route("/tasks/<int:id>/run", "POST")
    def run_task(self, id: int) -> Response:
        """Run it once more, now."""
        task = task_of_mine(self, id)
        try:
            uid = self.service.book.run_now(task.id)
        except (CannotRun, Clash) as error:
            say(f"{task.name} can't run now: {error}")
            return see(url_for("pages.task", id=id))
        say(f"{task.name} runs once more: this is the run.")
        return see(url_for("pages.run", uid=uid))

    @route("/tasks/<int:id>/enable", "POST")
    def enable_task(self, id: int) -> Response:
        """Let it fire again."""
        return self._back(id, self._do("enable", [task_of_mine(self, id)]))

    @route("/tasks/<int:id>/disable", "POST")
    def disable_task(self, id: int) -> Response:
        """Let it fire no more, until it is enabled."""
        return self._back(id, self._do("disable", [task_of_mine(self, id)]))

    @route("/tasks/<int:id>/delete", "POST")
    def delete_task(self, id: int) -> Response:
        """Delete it; the page has asked already."""
        say(self._do("delete", [task_of_mine(self, id)]))
        return see(url_for("pages.tasks"))

    @route("/tasks/many", "POST")
    def many_tasks(self) -> Response:
        """The same for all that are ticked; deleting asks first."""
        ids = [int(text) for text in request.form.getlist("task") if text.isdecimal() and len(text) < 19]
        tasks = [task_of_mine(self, id) for id in ids]
        what = request.form.get("do", "")
        if what not in self._deeds() or not tasks:
            say("Nothing was done: tick some tasks first.")
        elif what == "delete" and request.form.get("sure") != "yes":
            note = request.form.get("note", "")
            return page("tasks/sure.html", "Delete", "tasks", tasks=[(task.id, task.name) for task in tasks], note=note)
        else:
            say(self._do(what, tasks))
        return see(url_for("pages.tasks"))

    def _deeds(self) -> dict[str, tuple[str, Callable[[int], object]]]:
        note = request.form.get("note", "").strip().replace("\0", "")[:NOTE_MOST]
        book = self.service.book
        return {
            "run": ("asked to run", book.run_now),
            "enable": ("active", lambda id: book.enable(id, by=me().uid)),
            "disable": ("paused", lambda id: book.disable(id, note, by=me().uid)),
            "delete": ("deleted", lambda id: book.delete(id, by=me().uid)),
        }

    def _do(self, what: str, tasks: list[Task]) -> str:
        """Do something to tasks; how it went, in words."""
        word, do = self._deeds()[what]
        done, problems = 0, []
        for task in tasks:
            try:
                do(task.id)
                done += 1
            except (Refused, Clash, NoSuchTask, CannotRun) as error:
                problems.append(f"{task.name}: {error}")
        names = tasks[0].name if len(tasks) == 1 else count(done, "task")
        text = f"{names}: {word}." if done else ""
        return " ".join([text, *problems[:3], *([f"And {len(problems) - 3} more."] if len(problems) > 3 else [])])

    def _back(self, id: int, words: str) -> Response:
        say(words)
        return see(url_for("pages.tasks") if request.form.get("back") == "list" else url_for("pages.task", id=id))

    def _listed(self, task: Task, picture: Spark) -> Listed:
        last = picture.last
        return Listed(
            id=task.id,
            name=task.name,
            state=STANDS[task.state],
            is_active=task.state == "active",
            note=task.note,
            words=task.words(),
            timezone=task.timezone,
            following=moment(task.next_run_at, self.now),
            local=local(task.next_run_at, task.timezone),
            last_uid=last.uid if last else "",
            last=STATES[last.state] if last else None,
            took=length(took_s(last, self.now)) if last and last.started_at else "",
            spark=picture,
        )
