"""Export periodic tasks to a file, and import them from files.

A file holds the tasks of many people, so this is for admins, and for the operator at the command line: there `by` is
None.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from walkabout import jids
from walkabout.jids import BadJid
from walkabout.jobs.template import NotAllowed
from walkabout.json_text import BadJson
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.importing import (
    celery_beat,
    celery_config,
    crontab_export,
    crontab_file,
    export_file,
    import_plan,
)
from walkabout.periodic.importing.celery_task import CelerySource
from walkabout.periodic.importing.crontab_file import SOURCE, CrontabFile
from walkabout.periodic.importing.entries import ImportEntry, decoded, with_owner
from walkabout.periodic.importing.import_plan import ImportStep
from walkabout.periodic.rules.wording import either, excerpt, wrong
from walkabout.periodic.rules.zones import read_zone
from walkabout.problems import Invalid, Problem, gather, refuse
from walkabout.service import Service

ONLY_ADMINS = "tasks are exported and imported by admins"
EXPORT, CRONTAB, CELERY_BEAT = "export", "crontab", "celery-beat"
FORMATS = (EXPORT, CRONTAB, CELERY_BEAT)


@dataclass(frozen=True)
class ImportFile:
    """A file that somebody sends to be imported, and what it does not say itself.

    `format`: one of FORMATS; `owner`: the email of the person who gets its tasks; "": as the file says, and where that names
    nobody, who imports it. `timezone`: where the file names none; "": UTC. `has_users`, `source`: of a crontab.
    """

    text: str
    format: str = EXPORT
    owner: str = ""
    timezone: str = ""
    has_users: bool = False
    source: str = SOURCE


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do. `mark`: tells whether another plan says the same."""

    steps: tuple[ImportStep, ...]

    @property
    def mark(self) -> str:
        """A short text that is another one when the plan says something else."""
        told = repr([(step.outcome, step.name, step.details, step.entry.remarks) for step in self.steps])
        return hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()[:20]


def export(service: Service, by: Master | None) -> str:
    """All tasks as JSON, by name. Raises NotAllowed."""
    _check_allowed(by)
    tasks = task_queries.page(service.db, None, "", 0, 0, ascending=True)
    emails = service.masters.emails(sorted({task.owner for task in tasks}))
    return export_file.write_export(tasks, lambda uid: emails.get(uid, ""))


def export_crontab(service: Service, by: Master | None) -> str:
    """All tasks as a crontab, by name; what can't be said there is a comment with the reason. Raises NotAllowed."""
    _check_allowed(by)
    return crontab_export.write_crontab(task_queries.page(service.db, None, "", 0, 0, ascending=True))


def read_export(service: Service, text: str) -> list[ImportEntry]:
    """The entries of a file that `export` has written. Raises BadJson."""
    here = export_file.Installation(
        owner_of=lambda email: uid_of(service, email),
        is_master=lambda mst: _is_master(service, mst),
        now=service.periodic_tasks.clock(),
    )
    return export_file.read_export(text, here)


def _is_master(service: Service, mst: object) -> bool:
    try:
        uid = jids.uid_of(mst) if isinstance(mst, str) else None
    except BadJid:
        return False
    return uid is not None and service.masters.by_uid(uid) is not None


def read_celery_beat(service: Service, text: str, timezone: str | None, by: Master | None = None) -> list[ImportEntry]:
    """The entries of `manage.py dumpdata django_celery_beat`; `timezone`: where it names none. Raises BadJson."""
    return celery_beat.read_dump(text, _celery_source(service, timezone, by))


def read_celery_config(service: Service, module: str, folder: Path, timezone: str | None) -> list[ImportEntry]:
    """The entries of beat_schedule in a Python module, which is run: for the operator alone, never for the page.

    Raises celery_config.NotRead.
    """
    return celery_config.read_config(module, folder, _celery_source(service, timezone))


def _celery_source(service: Service, timezone: str | None, by: Master | None = None) -> CelerySource:
    return CelerySource(
        asker=_asker(service, by),
        timezone=timezone,
        now=service.periodic_tasks.clock(),
        is_walker=service.sentinel.walkers().__contains__,
    )


def read_crontab(service: Service, text: str, how: CrontabFile, by: Master | None = None) -> list[ImportEntry]:
    """The entries of a crontab: sequences of who imports it; at the command line, of the first admin."""
    entries, asker = crontab_file.read_crontab(text, how), _asker(service, by)
    return entries if asker is None else [with_owner(entry, asker) for entry in entries]


def text_of(raw: bytes, format: str) -> str:
    """The text of a file of a format (one of FORMATS), as it is sent or lies on a disk. Raises Invalid: `file`."""
    if format == CRONTAB:
        return crontab_file.text_of(raw)
    try:
        return decoded(raw)
    except UnicodeDecodeError as error:
        raise refuse("file", f"byte {error.start} is not UTF-8; save it in that encoding") from None


def _asker(service: Service, by: Master | None) -> str | None:
    """Whose the tasks of a file become that names nobody."""
    return by.uid if by else uid_of(service, service.settings.admin_email)


def plan_file(service: Service, by: Master, file: ImportFile) -> ImportPlan:
    """What would become of a file's tasks now; nothing is changed.

    Raises NotAllowed, and Invalid: `format`, `owner`, `timezone`, and `file` when it can't be read.
    """
    _check_allowed(by)
    problems: list[Problem] = []
    if file.format not in FORMATS:
        problems.append(Problem("format", wrong(excerpt(file.format), "a kind of file", either(FORMATS))))
    owner = uid_of(service, file.owner) if file.owner else None
    if file.owner and owner is None:
        problems.append(Problem("owner", f"{excerpt(file.owner)} is not a master here; use the email of one"))
    if not file.text.strip():
        problems.append(Problem("file", "it is empty; send the text of a file"))
    with gather(problems):
        read_zone(file.timezone or "UTC")
    if problems:
        raise Invalid(problems)
    try:
        entries = _read_file(service, by, file)
    except BadJson as error:
        raise refuse("file", str(error)) from None
    return ImportPlan(tuple(plan(service, by, entries, owner)))


def _read_file(service: Service, by: Master, file: ImportFile) -> list[ImportEntry]:
    if file.format == CRONTAB:
        how = CrontabFile(file.timezone or "UTC", has_users=file.has_users, source=file.source or SOURCE)
        return read_crontab(service, file.text, how, by)
    if file.format == CELERY_BEAT:
        return read_celery_beat(service, file.text, file.timezone or None, by)
    return read_export(service, file.text)


def plan(service: Service, by: Master | None, entries: Iterable[ImportEntry], owner: str | None) -> list[ImportStep]:
    """What would become of entries now; nothing is changed. `owner`: whose (a uid) all become, whatever they say.

    Raises NotAllowed.
    """
    _check_allowed(by)
    named = entries if owner is None else [with_owner(entry, owner) for entry in entries]
    return import_plan.plan_import(service.periodic_tasks, named)


def apply(service: Service, by: Master | None, steps: Sequence[ImportStep]) -> None:
    """Do what the steps say, all or nothing. Raises NotAllowed, TaskConflict, Invalid, CannotRun."""
    _check_allowed(by)
    import_plan.apply_import(service.periodic_tasks, service.db, steps, by=by.uid if by else None)


def uid_of(service: Service, email: object) -> str | None:
    """Whose email it is, or None."""
    master = service.masters.by_email(email) if isinstance(email, str) else None
    return master.uid if master else None


def _check_allowed(by: Master | None) -> None:
    if by is not None and not by.is_superuser:
        raise NotAllowed(ONLY_ADMINS)
