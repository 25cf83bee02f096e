"""The routes of the named APIs: passes each path of the registry to the dispatcher."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from flask import Flask, Response

from walkabout import json_text
from walkabout.api.answers import Answer
from walkabout.api.dispatch import Dispatcher
from walkabout.api.openapi import document
from walkabout.api.registry import Api
from walkabout.settings import Settings
from walkabout.web.reading import current_request, read_request, read_webhook, token_of

_SANDBOX = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}


def add_routes(app: Flask, dispatcher: Dispatcher, apis: Mapping[str, Api], settings: Settings) -> None:
    """Give every API its routes, and /openapi.json the document of all of them."""
    for api in apis.values():
        for audience, path in api.paths():
            rule = path.replace("{", "<").replace("}", ">")
            view = _view(dispatcher, api, audience, settings)
            app.add_url_rule(rule, f"{audience}:{api.name}", view, methods=api.methods, provide_automatic_options=False)
    # Made when somebody asks for it: it is a good part of the time that a start takes.
    text = cache(lambda: json_text.write(document(apis)))
    app.add_url_rule(
        "/openapi.json", "openapi", lambda: respond(Answer(200, text=text())), provide_automatic_options=False
    )


def respond(answer: Answer) -> Response:
    """An answer as HTTP."""
    if answer.own is not None:
        # A walker's page is not ours: it gets none of what pages of this service may do.
        headers = [*answer.own.headers, *_SANDBOX.items()]
        return Response(answer.own.body, answer.own.status, headers, content_type=answer.own.type)
    if answer.status == 204:
        empty = Response(status=204)
        del empty.headers["Content-Type"]
        return empty
    return Response(answer.as_text(), answer.status, answer.headers, mimetype="application/json")


def _view(dispatcher: Dispatcher, api: Api, audience: str, settings: Settings) -> Callable[..., Response]:
    takes_key = "key" in api.params
    reads = read_webhook if api.loose else read_request

    def view(**path_texts: Any) -> Response:
        asking = current_request()
        if takes_key and "key" not in asking.args and (key := asking.headers.get("X-Walkabout-Key")):
            path_texts["key"] = key
        token = token_of(asking.headers.get("Authorization", ""))
        return respond(dispatcher.ask(api, audience, token, partial(reads, asking, path_texts, settings)))

    return view
