"""Files of tasks: export them all, and import them from files; what an import would do is shown before it is done."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Response, request, url_for

from walkabout.actions import task_files
from walkabout.actions.task_files import CELERY_BEAT, CRONTAB, EXPORT, ImportFile, ImportPlan
from walkabout.jobs.template import CannotRun
from walkabout.periodic.errors import TaskConflict
from walkabout.periodic.importing.crontab_file import SOURCE
from walkabout.periodic.importing.import_plan import CHANGED, LEFT_OUT, LEFT_OVER, NEW, SAME, ImportStep
from walkabout.problems import Invalid
from walkabout.web.pages.frame import page, say, see
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import State, count
from walkabout.web.session import me

STEPS_MOST = 500  # that the page shows of a plan
FORMATS = {
    EXPORT: "Export of Walkabout (JSON)",
    CRONTAB: "Crontab",
    CELERY_BEAT: "django-celery-beat (manage.py dumpdata)",
}
OUTCOMES = {
    NEW: State("ok", "+", "new"),
    CHANGED: State("run", "≠", "changed"),
    LEFT_OUT: State("bad", "✕", "left out"),
    LEFT_OVER: State("warn", "○", "left over"),
    SAME: State("off", "=", "same"),
}
_OTHER_PLAN = "Nothing was imported: tasks have changed since this was shown. Look at it once more."


@dataclass
class ImportInput:
    """What was typed and sent for an import, what is wrong with it by field, and what it would do."""

    texts: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    problems: dict[str, str] = field(default_factory=dict)
    plan: ImportPlan | None = None
    status: int = 200

    @property
    def sent(self) -> ImportFile:
        """The file as the service takes it."""
        return ImportFile(
            text=self.file,
            format=self.texts.get("format", EXPORT),
            owner=self.texts.get("owner", "").strip(),
            timezone=self.texts.get("timezone", "").strip(),
            has_users=self.texts.get("system") == "yes",
            source=self.texts.get("source", "").strip() or SOURCE,
        )


@dataclass(frozen=True)
class StepRow:
    """One step of a plan, as the page shows it."""

    state: State
    where: str
    name: str
    details: tuple[str, ...]


class TaskFilesView(View):
    """Exports and imports, for admins: a file holds the tasks of many people."""

    @route("/tasks/files", admin=True)
    def task_files(self) -> Response:
        """What can be exported, and the form of an import."""
        return self._form(ImportInput())

    @route("/tasks/export.json", admin=True)
    def export_tasks(self) -> Response:
        """All tasks as a file of JSON."""
        return _download(task_files.export(self.service, me()), "application/json", "tasks.json")

    @route("/tasks/export.crontab", admin=True)
    def export_crontab(self) -> Response:
        """The tasks that a crontab can say, as a crontab."""
        return _download(task_files.export_crontab(self.service, me()), "text/plain", "tasks.crontab")

    @route("/tasks/import", "POST", admin=True)
    def import_tasks(self) -> Response:
        """What a file would do; and once that was shown, do it."""
        typed = ImportInput(request.form)
        try:
            typed.file = _text_sent(request.form.get("format", EXPORT))
            typed.plan = task_files.plan_file(self.service, me(), typed.sent)
            if request.form.get("do") == "import":
                if typed.plan.mark == request.form.get("mark"):
                    task_files.apply(self.service, me(), typed.plan.steps)
                    say(f"Imported: {_summary(typed.plan)}.")
                    return see(url_for("pages.tasks"))
                typed.problems[""], typed.status = _OTHER_PLAN, 409
        except Invalid as refused:
            typed.problems, typed.status = {problem.path: problem.message for problem in refused.problems}, 400
        except (TaskConflict, CannotRun) as error:
            typed.problems[""], typed.status = f"Nothing was imported: {error}", 409
        return self._form(typed)

    def _form(self, typed: ImportInput) -> Response:
        steps = [step for step in typed.plan.steps if step.outcome != SAME] if typed.plan else []
        return page(
            "tasks/files.html",
            "Import and export",
            "tasks",
            status=typed.status,
            typed=typed,
            formats=FORMATS,
            source=SOURCE,
            summary=_summary(typed.plan) if typed.plan else "",
            changes=any(step.outcome in (NEW, CHANGED) for step in steps),
            rows=[_row(step) for step in steps[:STEPS_MOST]],
            more=max(len(steps) - STEPS_MOST, 0),
        )


def _text_sent(format: str) -> str:
    """The file that was chosen, or else what stands in the text area."""
    chosen = request.files.get("upload")
    raw = chosen.read() if chosen is not None and chosen.filename else b""
    return task_files.text_of(raw, format) if raw else request.form.get("file", "")


def _row(step: ImportStep) -> StepRow:
    remarks = step.entry.remarks if step.outcome != LEFT_OUT else ()
    return StepRow(OUTCOMES[step.outcome], step.entry.where, step.name, (*step.details, *remarks))


def _summary(plan: ImportPlan) -> str:
    counted = Counter(step.outcome for step in plan.steps)
    told = [f"{counted[outcome]:,} {state.word}" for outcome, state in OUTCOMES.items() if counted[outcome]]
    return f"{count(len(plan.steps), 'task')}: {', '.join(told)}" if told else "no task"


def _download(text: str, kind: str, name: str) -> Response:
    answer = Response(text.encode("utf-8", "backslashreplace"), content_type=f"{kind}; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
