"""The commands that open no installation of their own: move, backup and restore.

They work where a service could not start: on a database that is damaged, half moved, or not there yet.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click
from flask import Flask
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from walkabout.database.connections import Unavailable, Unusable
from walkabout.database.sqlite_copies import BadCopy
from walkabout.operating.backup import NoBackup, back_up, restore
from walkabout.operating.move import NotMoved, move
from walkabout.setting_groups.storage import with_url
from walkabout.settings import Settings

FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
_WITH_VALUE = ("--app", "-A", "--env-file", "-e")  # options of flask's own

T = TypeVar("T")


def command_in(arguments: Sequence[str]) -> str:
    """The command, or group of commands, that the arguments of `flask` name; "" for none."""
    words = iter(arguments)
    for word in words:
        if word in _WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""


def is_offline(arguments: Sequence[str]) -> bool:
    """Whether the arguments of `flask` ask for one of these commands."""
    return command_in(arguments) in NAMES


def offline_app(settings: Settings) -> Flask:
    """An application that has these commands and serves nothing."""
    app = Flask("walkabout", static_folder=None)
    for command in offline_commands(settings):
        app.cli.add_command(command)
    return app


def offline_commands(settings: Settings) -> list[click.Command]:
    """The commands, for the settings of this process."""
    return [_move(settings), _backup(settings), _restore(settings)]


NAMES = ("move", "backup", "restore")


def _move(settings: Settings) -> click.Command:
    @click.command(NAMES[0])
    @click.argument("source")
    @click.argument("target")
    def run(source: str, target: str) -> None:
        """Copy the whole installation in SOURCE to TARGET, sqlite:///PATH or postgresql://..., either way.

        All services have to be stopped. TARGET has to be empty, or what an earlier move has left half done; SOURCE stays as
        it is. The secret key goes along, unless SECRET_KEY is set.
        """
        sides = [_side(settings, name, url) for name, url in (("SOURCE", source), ("TARGET", target))]
        with _said(NotMoved), _bar() as tell:
            moved = move(sides[0], sides[1], secret_key=settings.secret_key, report=tell)
        for table, each in moved.tables.items():
            click.echo(f"{table:<24} {each.rows:>10} rows  sum {each.total:016x}")
        click.echo("All rows are there: counts and sums are those of the source.")
        click.echo(f"The secret key is in {moved.key_at}." if moved.key_at else "Keep SECRET_KEY as it is.")
        click.echo(
            "Start the services with the new DATABASE_URL, and none with the old one: both would fire the same tasks."
        )

    return run


def _backup(settings: Settings) -> click.Command:
    @click.command(NAMES[1])
    @FILE
    @click.option("--replace", is_flag=True, help="Put it in the place of a FILE that is there, once it is whole.")
    def run(file: Path, replace: bool) -> None:
        """Copy the installation into FILE, while it runs; the secret key too, so keep FILE private."""
        with _said(NoBackup, BadCopy), _bar() as tell:
            back_up(
                settings, file, secret_key=settings.secret_key, replace=replace,
                report=lambda done, pages: tell("pages", done, pages),
            )  # fmt: skip
        click.echo(f"{file} is whole: {file.stat().st_size} bytes.")

    return run


def _restore(settings: Settings) -> click.Command:
    @click.command(NAMES[2])
    @FILE
    @click.option("--replace", is_flag=True, help="Put it in the place of an installation; its files stay beside.")
    def run(file: Path, replace: bool) -> None:
        """Put the installation in FILE, a backup, in place. The service has to be stopped."""
        with _said(NoBackup, BadCopy), _bar() as tell:
            done = restore(
                settings, file, secret_key=settings.secret_key, replace=replace,
                report=lambda done, pages: tell("pages", done, pages),
            )  # fmt: skip
        click.echo(f"Restored{f' as it was at {done.made_at}' if done.made_at else ''}; {done.key}.")
        if done.before is not None:
            click.echo(f"What was there before is {done.before}.")
        click.echo("Jobs that waited or ran when the backup was made run again at the next start.")

    return run


def _side(settings: Settings, name: str, url: str) -> Settings:
    try:
        return with_url(settings, url)
    except ValueError as error:
        raise click.UsageError(f"{name}: {error}") from None


@contextmanager
def _said(*kinds: type[Exception]) -> Iterator[None]:
    """What goes wrong in a sentence, as the exit status 1."""
    known: tuple[type[Exception], ...] = (*kinds, Unusable, Unavailable)
    try:
        yield
    except known as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'the disk'}: {error.strerror or error}") from error


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on standard error, if somebody looks: it is told of a part, how much is done, and how much there is."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        parts: dict[str, int] = {}

        def tell(part: str, done: int, whole: int) -> None:
            if part not in parts:
                parts[part] = progress.add_task(part)
            progress.update(parts[part], completed=done, total=whole)  # type: ignore[arg-type]

        yield tell
