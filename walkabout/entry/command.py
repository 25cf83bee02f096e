"""The command `walkabout` of an installed package: `walkabout init`, `walkabout run`, and every command of the service.

Settings are variables of the environment; those of the file `walkabout.env` count where the environment has none.
"""

import os
import sys
from importlib import import_module
from pathlib import Path

import click
from flask import Flask
from flask.cli import FlaskGroup
from honcho.environ import parse

from walkabout import launch
from walkabout.own_files import STARTER

SETTINGS = Path("walkabout.env")
PRIVATE = 0o600  # passwords may come to stand there
_BEGIN = """\
# Settings of this installation, a line each; README.md has all of them. What stands in the environment comes first.
# PORT=8000
# ADMIN_EMAIL=you@example.com
# ADMIN_PASSWORD=
"""


def _app() -> Flask:
    # Looked up: to build the service is for those commands that need it.
    app: Flask = import_module("walkabout.entry.web").app
    return app


class _Commands(FlaskGroup):
    """The service's own commands, without those of Flask."""

    def __init__(self) -> None:
        super().__init__(
            add_default_commands=False,
            add_version_option=False,
            create_app=_app,
            load_dotenv=False,
            set_debug_flag=False,
            help="Walkers, background jobs, schedules and sequences of requests. Begin with `walkabout init`.",
        )


commands = _Commands()


@commands.command()
def run() -> None:
    """Start the service in this folder: web and worker, until Ctrl-C."""
    sys.exit(launch.main([], {name: f"exec python -m walkabout.processes {name}" for name in ("web", "worker")}))


@commands.command()
def init() -> None:
    """Make walkers/ and walkabout.env in this folder; what is there already stays as it is."""
    _write(Path("walkers") / STARTER.name, STARTER.read_text())
    _write(SETTINGS, _BEGIN, PRIVATE)
    click.echo("Next: walkabout run")


def _write(path: Path, text: str, mode: int = 0o666) -> None:
    path.parent.mkdir(exist_ok=True)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        click.echo(f"{path} is there already")
    else:
        click.echo(f"made {path}")


def main() -> None:
    """Run one command."""
    if SETTINGS.exists():
        for name, value in parse(SETTINGS.read_text(encoding="utf-8")).items():
            os.environ.setdefault(name, value)
    commands.main(prog_name="walkabout")
