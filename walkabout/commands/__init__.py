"""The command line: `flask --app app ...`."""

from collections.abc import Mapping

import click
from flask import Flask

from walkabout.api.dispatch import Dispatcher
from walkabout.api.handbook import as_markdown
from walkabout.api.registry import Api
from walkabout.commands import apis as all_apis
from walkabout.commands import demo, doctor, faces, schedules, sequences
from walkabout.commands.asking import Here, Whom
from walkabout.commands.offline import offline_commands
from walkabout.service import Service
from walkabout.settings import table
from walkabout.starting import about_first_admin


def add_commands(app: Flask, service: Service, apis: Mapping[str, Api]) -> None:
    """Give the application its commands."""

    app.cli.add_command(schedules.group(service))
    app.cli.add_command(schedules.import_celery_config(service))
    app.cli.add_command(sequences.group(service))
    dispatcher = Dispatcher(service, apis)
    whom = Whom(service.settings, lambda email: Here(service, dispatcher, email))
    app.cli.add_command(all_apis.command(whom, apis))
    faces.add_faces(app, apis, whom)
    app.cli.add_command(demo.command(service))
    app.cli.add_command(doctor.command(service))
    for command in offline_commands(service.settings):
        app.cli.add_command(command)

    @app.cli.command("init")
    def init() -> None:
        """Bring the database up to date and make the first admin. Can be run again and again."""
        made = service.first_admin()
        if made is None:
            click.echo("The database is up to date; there is an admin already.")
            return
        click.echo(about_first_admin(*made))

    @app.cli.command("settings")
    def settings() -> None:
        """Show every setting, its default and its meaning."""
        click.echo(table())

    @app.cli.command("handbook")
    def handbook() -> None:
        """Print docs/routes.md."""
        click.echo(as_markdown(apis), nl=False)
