"""The command `demo`: fills an installation for people who want to look."""

import click

from walkabout.demo.filling import NotEmpty, fill
from walkabout.service import Service
from walkabout.starting import about_first_admin


def command(service: Service) -> click.Command:
    """The command, for a service."""

    @click.command("demo")
    def demo() -> None:
        """Fill an installation that has no tasks with three days of believable ones."""
        try:
            made = fill(service.settings)
        except NotEmpty as error:
            raise click.ClickException(str(error)) from None
        click.echo(f"Made {made.tasks} periodic tasks and {made.runs} runs of theirs")
        if made.admin:
            click.echo(about_first_admin(*made.admin))

    return demo
