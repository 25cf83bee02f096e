"""Periodic tasks from the shell: `flask --app app schedules export | import | import-...`."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from walkabout.actions import task_files
from walkabout.jobs.template import CannotRun
from walkabout.json_text import BadJson
from walkabout.periodic.errors import TaskConflict
from walkabout.periodic.importing.celery_config import NotRead
from walkabout.periodic.importing.crontab_file import SOURCE, CrontabFile
from walkabout.periodic.importing.entries import ImportEntry
from walkabout.periodic.importing.import_plan import CHANGED, LEFT_OUT, LEFT_OVER, NEW, SAME, ImportStep
from walkabout.problems import Invalid
from walkabout.service import Service

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
TARGET = click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default="-")
APPLY = click.option("--apply", is_flag=True, help="Apply the import; without this, only show what it would do.")
_OUTCOMES = (NEW, CHANGED, SAME, LEFT_OUT, LEFT_OVER)


def group(service: Service) -> AppGroup:
    """The commands, for a service."""
    schedules = AppGroup("schedules", help="Export and import periodic tasks.")
    for command in (_export, _export_crontab, _import, _import_celery_beat, import_celery_config, _import_crontab):
        schedules.add_command(command(service))
    return schedules


def _export(service: Service) -> click.Command:
    @click.command("export")
    @TARGET
    def export(file: Path) -> None:
        """Write all scheduled tasks as JSON, by name, to FILE or to standard output."""
        _write(file, task_files.export(service, None))

    return export


def _export_crontab(service: Service) -> click.Command:
    @click.command("export-crontab")
    @TARGET
    def export_crontab(file: Path) -> None:
        """Write the scheduled tasks that a crontab can say as its lines, and the others as comments with the reason."""
        _write(file, task_files.export_crontab(service, None))

    return export_crontab


def _import(service: Service) -> click.Command:
    @click.command("import")
    @FILE
    @click.option("--owner", metavar="EMAIL", help="The owner of all tasks, whatever the file says (an email).")
    @APPLY
    def import_(file: Path, owner: str | None, apply: bool) -> None:
        """Take over the tasks of a file that export has written: new ones are made, others of their name changed."""
        named = _master(service, owner)
        _take_over(service, lambda: task_files.read_export(service, _text(file, task_files.EXPORT)), named, apply=apply)

    return import_


def _import_celery_beat(service: Service) -> click.Command:
    @click.command("import-celery-beat")
    @FILE
    @click.option("--owner", metavar="EMAIL", help="The master who runs the walkers, whatever their mst says.")
    @click.option(
        "--timezone", metavar="ZONE", help="The time zone where the dump names none; default: UTC, which is said."
    )
    @APPLY
    def import_celery_beat(file: Path, owner: str | None, timezone: str | None, apply: bool) -> None:
        """Take over the periodic tasks of a `manage.py dumpdata django_celery_beat` file."""
        named = _master(service, owner)

        def read() -> list[ImportEntry]:
            return task_files.read_celery_beat(service, _text(file, task_files.CELERY_BEAT), timezone)

        _take_over(service, read, named, apply=apply)

    return import_celery_beat


def import_celery_config(service: Service) -> click.Command:
    """The command that takes over Celery's beat_schedule; it stands beside the group, too."""

    @click.command("import-celery-config")
    @click.argument("module")
    @click.option(
        "--folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=".",
        help="Where the module is found; default: here.",
    )
    @click.option("--owner", metavar="EMAIL", help="The master who runs the walkers; default: the first admin.")
    @click.option("--timezone", metavar="ZONE", help="The time zone; default: that of the module, else UTC.")
    @APPLY
    def import_(module: str, folder: Path, owner: str | None, timezone: str | None, apply: bool) -> None:
        """Take over Celery's beat_schedule from MODULE, a name (proj.celery) or a file. The module is run."""
        named = _master(service, owner)
        _take_over(
            service, lambda: task_files.read_celery_config(service, module, folder, timezone), named, apply=apply
        )

    return import_


def _import_crontab(service: Service) -> click.Command:
    @click.command("import-crontab")
    @FILE
    @click.option("--owner", metavar="EMAIL", help="The owner of the sequences; default: the first admin.")
    @click.option("--timezone", default="UTC", show_default=True, help="The time zone, until a CRON_TZ= line.")
    @click.option("--system", is_flag=True, help="It has a column of users, like /etc/crontab.")
    @click.option(
        "--source", default=SOURCE, show_default=True, help="What this crontab is called, to tell several apart."
    )
    @APPLY
    def import_crontab(file: Path, owner: str | None, timezone: str, system: bool, source: str, apply: bool) -> None:
        """Take over the lines of a crontab that are requests (curl, wget), as sequences.

        A line that was imported before is known again, also when its time or its command has changed: its task is
        changed then. A task whose line is gone is listed, and left as it is.
        """
        named = _master(service, owner)
        path = "" if str(file) == "-" else str(file.resolve())
        how = CrontabFile(timezone, has_users=system, source=source, path=path)
        _take_over(
            service, lambda: task_files.read_crontab(service, _text(file, task_files.CRONTAB), how), named, apply=apply
        )

    return import_crontab


def _take_over(service: Service, read: Callable[[], list[ImportEntry]], owner: str | None, *, apply: bool) -> None:
    """Show what becomes of each entry, and do it if asked. The exit status is 1 when something is left out."""
    try:
        entries = read()
    except (BadJson, NotRead, Invalid) as error:
        raise click.ClickException(str(error)) from None
    steps = task_files.plan(service, None, entries, owner)
    _show(steps)
    if apply:
        try:
            task_files.apply(service, None, steps)
        except (TaskConflict, Invalid, CannotRun) as error:
            raise click.ClickException(f"nothing was changed: {error}") from None
    count = Counter(step.outcome for step in steps)
    told = ", ".join(f"{count[outcome]} {outcome}" for outcome in _OUTCOMES if count[outcome] or outcome != LEFT_OVER)
    click.echo(f"{told}. {'Done.' if apply else 'Nothing was changed: add --apply to do it.'}")
    if count[LEFT_OUT]:
        sys.exit(1)


def _show(steps: Sequence[ImportStep]) -> None:
    for step in steps:
        what = step.name if step.outcome != LEFT_OUT else f"{step.entry.where} {step.name}".rstrip()
        click.echo(f"{step.outcome:9} {what}")
        for detail in step.details + (step.entry.remarks if step.outcome != LEFT_OUT else ()):
            click.echo(f"          {detail}")


def _write(file: Path, text: str) -> None:
    with click.open_file(str(file), "w", encoding="utf-8") as out:
        out.write(text)


def _text(file: Path, format: str) -> str:
    with click.open_file(str(file), "rb") as source:
        raw: Any = source.read()
    return task_files.text_of(bytes(raw), format)


def _master(service: Service, email: str | None) -> str | None:
    uid = task_files.uid_of(service, email)
    if email is not None and uid is None:
        raise click.ClickException(f'--owner: "{email}" is not a master here; use the email of one')
    return uid
