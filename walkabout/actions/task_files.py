"""Export periodic tasks to a file, and import them from files.

A file holds the tasks of many people, so this is for admins, and for the operator at the command line: there `by` is
None.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from walkabout import jids
from walkabout.jids import BadJid
from walkabout.jobs.template import NotAllowed
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
from walkabout.periodic.importing.crontab_file import CrontabFile
from walkabout.periodic.importing.entries import ImportEntry, with_owner
from walkabout.periodic.importing.import_plan import ImportStep
from walkabout.service import Service

ONLY_ADMINS = "tasks are exported and imported by admins"


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


def read_celery_beat(service: Service, text: str, timezone: str | None) -> list[ImportEntry]:
    """The entries of `manage.py dumpdata django_celery_beat`; `timezone`: where it names none. Raises BadJson."""
    return celery_beat.read_dump(text, _celery_source(service, timezone))


def read_celery_config(service: Service, module: str, folder: Path, timezone: str | None) -> list[ImportEntry]:
    """The entries of beat_schedule in a Python module, which is run: for the operator alone, never for the page.

    Raises celery_config.NotRead.
    """
    return celery_config.read_config(module, folder, _celery_source(service, timezone))


def _celery_source(service: Service, timezone: str | None) -> CelerySource:
    return CelerySource(
        asker=uid_of(service, service.settings.admin_email),
        timezone=timezone,
        now=service.periodic_tasks.clock(),
        is_walker=service.sentinel.walkers().__contains__,
    )


def read_crontab(service: Service, raw: bytes, how: CrontabFile) -> list[ImportEntry]:
    """The entries of a crontab: sequences, whose owner is the first admin."""
    entries = crontab_file.read_crontab(crontab_file.text_of(raw), how)
    admin = uid_of(service, service.settings.admin_email)
    return entries if admin is None else [with_owner(entry, admin) for entry in entries]


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
