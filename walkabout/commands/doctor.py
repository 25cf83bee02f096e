"""The command `doctor`: looks the installation over, and says what to do."""

import sys
from dataclasses import asdict

import click

from walkabout.commands import shown
from walkabout.operating.doctor import BAD, Doctor
from walkabout.service import Service


def command(service: Service) -> click.Command:
    """The command, for a service."""

    @click.command("doctor")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
    def doctor(as_json: bool) -> None:
        """Look over settings, files, database, workers, queue, tasks, clock, walkers and notices; exits with 1 if one is bad."""
        found = Doctor(
            settings=service.settings,
            db=service.db,
            clock=service.clock,
            consumers=service.consumers,
            machine_clock=service.machine_clock,
            sentinel=service.sentinel,
            carrier=service.carrier,
        ).look()
        rows = [{"": one.level, "area": one.area, "found": one.text, "what to do": one.remedy} for one in found]
        click.echo(
            shown.as_json([asdict(one) for one in found])
            if as_json
            else shown.table(rows, ("", "area", "found", "what to do"))
        )
        if any(one.level == BAD for one in found):
            sys.exit(1)

    return doctor
