"""The command line: `flask --app app ...`."""

import click
from flask import Flask

from walkabout.service import Service
from walkabout.settings import table


def add_commands(app: Flask, service: Service) -> None:
    """Give the application its commands."""

    @app.cli.command("init")
    def init() -> None:
        """Bring the database up to date and make the first admin. Can be run again and again."""
        made = service.first_admin()
        if made is None:
            click.echo("The database is up to date; there is an admin already.")
            return
        email, password = made
        click.echo(f"Made the first admin {email}, password {password or 'as ADMIN_PASSWORD says'}")

    @app.cli.command("settings")
    def settings() -> None:
        """Show every setting, its default and its meaning."""
        for name, default, doc in table():
            click.echo(f"{name:20} {default or '-':18} {doc}")
