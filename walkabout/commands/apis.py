"""Every API from the shell: `flask --app app api NAME key=value`. Needs no running service."""

import sys
from collections.abc import Mapping

import click

from walkabout import json_text
from walkabout.api.dispatch import Dispatcher
from walkabout.api.parameters import ApiRequest
from walkabout.api.registry import ADMIN, PUBLIC, Api
from walkabout.nearest import suggest_or_list
from walkabout.people.masters import Master
from walkabout.service import Service

NO_CONTENT = 204
FAILED = 1  # exit status: the API refused


def command(service: Service, apis: Mapping[str, Api]) -> click.Command:
    """The command, for a service and its APIs."""
    dispatcher = Dispatcher(service, apis)

    @click.command("api")
    @click.argument("name", required=False)
    @click.argument("given", metavar="[KEY=VALUE]...", nargs=-1)
    @click.option("--as", "email", metavar="EMAIL", help="The master who calls; default: the first admin.")
    def api(name: str | None, given: tuple[str, ...], email: str | None) -> None:
        """Ask the API NAME, with its parameters as KEY=VALUE; without NAME, list all.

        A value is read as a form's is: text for a text, JSON for what is an object or a list. The answer is JSON on
        standard output. The exit status is 0 when the API did it, 1 when it refused, 2 when it could not be asked.
        """
        if name is None:
            click.echo("\n".join(_line(each) for each in apis.values()))
            return
        asked = apis.get(name)
        if asked is None:
            raise click.UsageError(f"{name[:80]}: there is no such API{suggest_or_list(name, apis)}")
        answer = dispatcher.ask_as(asked, _caller(service, asked, email), ApiRequest(texts=dict(map(_pair, given))))
        if answer.status != NO_CONTENT:
            click.echo(json_text.pretty(json_text.load(answer.as_text())))
        if answer.status >= 400:
            sys.exit(FAILED)

    return api


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator or not key:
        raise click.UsageError(f'"{text}" is not KEY=VALUE')
    return key, value


def _caller(service: Service, api: Api, email: str | None) -> Master | None:
    if email is None and api.audience == PUBLIC and not api.asks_who:
        return None
    caller = service.masters.first_superuser() if email is None else service.masters.by_email(email)
    if caller is None:
        nobody = "there is no admin yet; create one with flask --app app init"
        raise click.UsageError(nobody if email is None else f"--as: nobody has the email {email}")
    return caller


def _line(api: Api) -> str:
    words = api.doc.partition("\n")[0]
    params = " ".join(name if param.required else f"[{name}]" for name, param in api.params.items())
    return f"{api.name}{' (admins)' if api.audience == ADMIN else ''}  {params}\n    {words}"
