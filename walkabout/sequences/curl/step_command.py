"""Writes a step as the curl command that reads back as the same step, for a line of a shell."""

import shlex
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from sequence.json_values import wire
from walkabout.sequences.curl.command_list import sequence_of
from walkabout.sequences.curl.refused import NotACall


def command_of(argument: Mapping[str, Any]) -> str:
    """The command that reads back as this sequence. Raises NotACall when there is none, with the reason."""
    steps = argument.get("requests")
    if not isinstance(steps, list) or len(steps) != 1 or not isinstance(steps[0], dict):
        raise NotACall("it is not one request")
    command = " ".join(map(shlex.quote, _words(steps[0])))
    if "\n" in command:
        raise NotACall("its request has a line break, which no line can have")
    if sequence_of(command, {}).argument != dict(argument):
        raise NotACall("its step says more than a curl command can")
    return command


def _words(step: Mapping[str, Any]) -> Iterable[str]:
    method, has_content = str(step.get("method")), any(key in step for key in ("body", "text", "form", "files"))
    yield "curl"
    if step.get("redirects", True):
        yield "-L"
    if step.get("verify") is False:
        yield "-k"
    if "timeout" in step:
        yield from ("-m", f"{step['timeout']:g}")
    if isinstance(step.get("retry"), Mapping):
        yield from ("--retry", str(int(step["retry"].get("attempts", 1)) - 1))
    if method == "HEAD":
        yield "-I"
    elif method != ("POST" if has_content and step.get("text") != "" else "GET"):
        yield from ("-X", method)
    yield from _signing(step.get("auth"))
    for name, value in (step.get("header") or {}).items():
        yield from ("-H", f"{name}: {value}" if value else f"{name};")
    yield from _content(step)
    url = str(step.get("api"))
    if any(char in url for char in "[]{}"):
        yield "-g"
    yield url


def _signing(auth: object) -> Iterable[str]:
    if not isinstance(auth, Mapping):
        return
    if isinstance(auth.get("basic"), list):
        yield from ("-u", ":".join(map(str, auth["basic"])))
    elif "bearer" in auth:
        yield from ("--oauth2-bearer", str(auth["bearer"]))


def _content(step: Mapping[str, Any]) -> Iterable[str]:
    if "body" in step:
        yield from ("--data-raw", wire(step["body"]))
    elif isinstance(step.get("form"), Mapping) and "files" not in step:
        yield from ("--data-raw", urlencode({name: str(value) for name, value in step["form"].items()}))
    elif step.get("text"):
        yield from ("--data-raw", str(step["text"]))
