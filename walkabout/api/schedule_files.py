"""APIs of files of periodic tasks: export them, and import them from other installations and other tools."""

from collections import Counter
from typing import Any

from walkabout import json_text
from walkabout.actions import task_files
from walkabout.actions.task_files import CRONTAB, EXPORT, ImportFile
from walkabout.api.answers import Refusal
from walkabout.api.dispatch import Call
from walkabout.api.registry import ADMIN, api
from walkabout.periodic.importing.crontab_file import SOURCE
from walkabout.periodic.importing.import_plan import ImportStep
from walkabout.periodic.rules.wording import either, excerpt, wrong
from walkabout.problems import Problem


@api(ADMIN)
def schedule_export(call: Call, format: str = EXPORT) -> Any:
    """All scheduled tasks, by name: with format "export" as a JSON object, with "crontab" as the lines of a crontab, a text.

    Arguments are written as they are, with their secrets.
    """
    if format == EXPORT:
        return json_text.load(task_files.export(call.service, call.master))
    if format == CRONTAB:
        return task_files.export_crontab(call.service, call.master)
    raise Refusal(400, Problem("format", wrong(excerpt(format), "a format", either((EXPORT, CRONTAB)))))


@api(ADMIN, conflicts=True)
def schedule_import(
    call: Call,
    file: Any = None,
    format: str = EXPORT,
    owner: str = "",
    timezone: str = "",
    system: bool = False,
    source: str = SOURCE,
    apply: bool = False,
) -> dict[str, Any]:
    """What a file of tasks would make and change here, and what it leaves out and why; with `apply` do it, all or nothing.

    `file`: the text of a file, what it says as JSON, or the file of a multipart form; `format`: export, crontab or
    celery-beat; `owner`: the email of the person who gets all tasks; `timezone`: where the file names none; `system`: the
    crontab has a column of users.
    """
    sent = ImportFile(_text_of(call, file, format), format, owner, timezone, has_users=system, source=source)
    steps = task_files.plan_file(call.service, call.master, sent).steps
    if apply:
        task_files.apply(call.service, call.master, steps)
    count = Counter(step.outcome for step in steps)
    return {"success": True, "applied": apply, "count": dict(count), "steps": [_step_view(step) for step in steps]}


def _text_of(call: Call, file: Any, format: str) -> str:
    if uploaded := call.asked.files.get("file"):
        return task_files.text_of(uploaded[0].content, format)
    if file is None:
        raise Refusal(400, Problem("file", "is required: the text of a file", is_missing=True))
    return file if isinstance(file, str) else json_text.write(file)


def _step_view(step: ImportStep) -> dict[str, Any]:
    return {
        "outcome": step.outcome,
        "name": step.name,
        "where": step.entry.where,
        "details": list(step.details),
        "remarks": list(step.entry.remarks),
    }
