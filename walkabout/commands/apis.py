"""Every API from the shell: `flask --app app api NAME key=value`. Needs no running service."""

import sys
from collections.abc import Mapping

import click

from walkabout.api.registry import ADMIN, Api
from walkabout.commands import shown
from walkabout.commands.asking import OPTIONS, Given, Whom
from walkabout.nearest import suggest_or_list

FAILED = 1  # exit status: the API refused
NAME = "api"


def command(whom: Whom, apis: Mapping[str, Api]) -> click.Command:
    """The command. `whom`: who answers, by its options."""

    def api(
        name: str | None, given: tuple[str, ...], ask_as: str | None, ask_url: str | None, ask_token: str | None
    ) -> None:
        if name is None:
            click.echo("\n".join(_line(each) for each in apis.values()))
            return
        asked = apis.get(name)
        if asked is None:
            raise click.UsageError(f"{name[:80]}: there is no such API{suggest_or_list(name, apis)}")
        told = whom(ask_as, ask_url, ask_token)(asked, Given(dict(map(_pair, given))))
        if told.value is not None:
            click.echo(shown.as_json(told.value))
        if told.is_refusal:
            sys.exit(FAILED)

    params = [
        click.Argument(["name"], required=False),
        click.Argument(["given"], metavar="[KEY=VALUE]...", nargs=-1),
        *OPTIONS,
    ]
    return click.Command(NAME, params=params, callback=api, help=_HELP)


_HELP = """Ask the API NAME, with its parameters as KEY=VALUE; without NAME, list all.

A value is read as a form's is: text for a text, JSON for what is an object or a list. The answer is JSON on
standard output. The exit status is 0 when the API did it, 1 when it refused, 2 when it could not be asked.
"""


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator or not key:
        raise click.UsageError(f'"{text}" is not KEY=VALUE')
    return key, value


def _line(api: Api) -> str:
    words = api.doc.partition("\n")[0]
    params = " ".join(name if param.required else f"[{name}]" for name, param in api.params.items())
    return f"{api.name}{' (admins)' if api.audience == ADMIN else ''}  {params}\n    {words}"
