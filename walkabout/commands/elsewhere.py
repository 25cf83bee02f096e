"""The commands that ask a service elsewhere (--url): they open no installation here, and make none."""

from collections.abc import Sequence

from flask import Flask

from walkabout.api.families import apis
from walkabout.commands import apis as all_apis
from walkabout.commands.asking import Whom
from walkabout.commands.faces import GROUPS, add_faces
from walkabout.commands.offline import command_in
from walkabout.settings import Settings


def asks_elsewhere(arguments: Sequence[str], settings: Settings) -> bool:
    """Whether the arguments of `flask` are one of these commands, and they or the settings have an address."""
    if command_in(arguments) not in (*GROUPS, all_apis.NAME):
        return False
    return bool(settings.command_url) or any(word == "--url" or word.startswith("--url=") for word in arguments)


def elsewhere_app(settings: Settings) -> Flask:
    """An application that has these commands and serves nothing."""
    app = Flask("walkabout", static_folder=None)
    whom = Whom(settings)
    add_faces(app, apis(), whom)
    app.cli.add_command(all_apis.command(whom, apis()))
    return app
