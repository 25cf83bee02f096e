"""How a command asks an API: of the installation here, or over HTTP of a service elsewhere. The answers are the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

import click
import requests

from walkabout import json_text
from walkabout.api.answers import Answer
from walkabout.api.dispatch import Dispatcher
from walkabout.api.parameters import ApiRequest
from walkabout.api.registry import PUBLIC, Api
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.settings import Settings
from walkabout.walking.files import File

PATIENCE_S = 330.0  # longer than any answer is waited for (WAIT_MAX_S)
LEAST_ERROR = 400
_TEXT_MOST = 500  # characters of an answer that is no JSON, in an error


@dataclass(frozen=True)
class Given:
    """What a command gives an API: texts, as a form's are, and files."""

    texts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """What an API told: its status, and the answer as a JSON value, or as a text when it is none."""

    status: int
    value: Any

    @property
    def is_refusal(self) -> bool:
        """Whether the API did not do it."""
        return self.status >= LEAST_ERROR


class Asker(Protocol):
    """Asks an API. Raises click.ClickException when nobody answers."""

    def __call__(self, api: Api, given: Given) -> Told:
        """The answer."""


@dataclass(frozen=True)
class Here:
    """Asks this installation, in somebody's name: of an email, or of the first admin. Needs no running service."""

    service: Service
    dispatcher: Dispatcher
    email: str | None = None

    def __call__(self, api: Api, given: Given) -> Told:
        """The answer."""
        files = {name: [File(name, "", content)] for name, content in given.files.items()}
        asked = ApiRequest(method=_method(api), texts=given.texts, files=files)
        return _told(self.dispatcher.ask_as(api, self._caller(api), asked))

    def _caller(self, api: Api) -> Master | None:
        if self.email is None and api.audience == PUBLIC and not api.asks_who:
            return None
        masters = self.service.masters
        caller = masters.first_superuser() if self.email is None else masters.by_email(self.email)
        if caller is None:
            nobody = "there is no admin yet; create one with flask --app app init"
            raise click.UsageError(nobody if self.email is None else f"--as: nobody has the email {self.email}")
        return caller


@dataclass(frozen=True)
class Elsewhere:
    """Asks a service at an address, with a token."""

    url: str
    token: str

    def __call__(self, api: Api, given: Given) -> Told:
        """The answer."""
        if not self.token and api.audience != PUBLIC:
            raise click.UsageError("a token is missing: WALKABOUT_TOKEN in the environment, or --token")
        sent: dict[str, Any] = {"files": dict(given.files)} if given.files else {}
        sent["params" if _method(api) == "GET" else "data"] = dict(given.texts)
        url = self.url.rstrip("/") + _path(api, given.texts)
        try:
            answer = requests.request(
                _method(api), url, auth=self._sign, timeout=PATIENCE_S, allow_redirects=False, **sent
            )
        except requests.RequestException as error:
            raise click.ClickException(f"{self.url} does not answer: {_cause(error)}") from None
        if answer.is_redirect:
            raise click.ClickException(f"{self.url} leads to {answer.headers['Location']}; use that address")
        return Told(answer.status_code, _value(answer.text))

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        # As `auth`, and no mere header: a password in ~/.netrc would take its place.
        if self.token:
            request.headers["Authorization"] = f"token {self.token}"
        return request


OPTIONS = (
    click.Option(["--as", "ask_as"], metavar="EMAIL", help="In whose name, here; default: the first admin."),
    click.Option(
        ["--url", "ask_url"],
        metavar="URL",
        help="A service elsewhere, like https://jobs.example.org; default: WALKABOUT_URL.",
    ),
    click.Option(
        ["--token", "ask_token"], metavar="TOKEN", help="The token for that service; default: WALKABOUT_TOKEN."
    ),
)
"""The options of every command that asks an API; their names are those of no parameter."""


@dataclass(frozen=True)
class Whom:
    """Whom a command asks, by its options, and where they say nothing by the settings.

    `here`: asks this installation in the name of an email; None: there is none.
    """

    settings: Settings
    here: Callable[[str | None], Asker] | None = None

    def __call__(self, email: str | None, url: str | None, token: str | None) -> Asker:
        """The one to ask. Raises click.UsageError."""
        if url := url or self.settings.command_url:
            if email:
                raise click.UsageError(
                    "--as is for the installation here; a token says in whose name it is asked elsewhere"
                )
            return Elsewhere(url, token or self.settings.command_token)
        if self.here is None:
            raise click.UsageError("--url is missing")
        return self.here(email)


def _told(answer: Answer) -> Told:
    if answer.own is not None:
        return Told(answer.status, _value(answer.own.body.decode("utf-8", "replace")))
    return Told(answer.status, json_text.load(answer.as_text()))


def _method(api: Api) -> str:
    return "POST" if "POST" in api.methods else api.methods[0]


def _path(api: Api, texts: Mapping[str, str]) -> str:
    path = next(path for audience, path in api.paths() if audience == api.audience)
    return path.format_map({name: quote(text, safe=":") for name, text in texts.items()})


def _value(text: str) -> Any:
    if not text:
        return None
    try:
        return json_text.load(text)
    except ValueError:
        return text


def _cause(error: requests.RequestException) -> str:
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return str(reason or error)[:_TEXT_MOST]
