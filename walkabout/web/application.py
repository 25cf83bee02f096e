"""The Flask application of a service."""

from collections.abc import Callable
from importlib import import_module
from time import perf_counter
from typing import Any

from flask import Flask, Response

from walkabout import tracing
from walkabout.api.families import dispatcher_of
from walkabout.operating.requests import RequestCounts
from walkabout.own_files import STATIC, TEMPLATES
from walkabout.service import Service
from walkabout.web.compression import add_compression
from walkabout.web.cross_origin import CrossOrigin
from walkabout.web.errors import add_errors
from walkabout.web.operation import BEGUN, add_operation, count_answer
from walkabout.web.page_request import request_class
from walkabout.web.pages.site import Site
from walkabout.web.routes import add_routes
from walkabout.web.safety import add_safety_headers


class Application(Flask):
    """Flask, for views that are plain functions, and with its answers counted."""

    answered: RequestCounts

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: to ask of each one whether it is a coroutine costs a request more than to route it."""
        return func

    def wsgi_app(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer a request, and note when it began."""
        environ[BEGUN] = perf_counter()
        with tracing.within(tracing.read(environ.get("HTTP_TRACEPARENT"))):
            return super().wsgi_app(environ, start_response)

    def process_response(self, response: Response) -> Response:
        """An answer as it is sent, and count it."""
        sent = super().process_response(response)
        count_answer(self.answered, sent)
        return sent


def create_app(service: Service) -> Flask:
    """The application: routes, errors, and the command line."""
    app = Application("walkabout", static_folder=str(STATIC), static_url_path="/static", template_folder=str(TEMPLATES))
    app.answered = RequestCounts()
    app.request_class = request_class(service.settings)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    dispatcher = dispatcher_of(service)
    apis = dispatcher.apis
    add_routes(app, dispatcher, apis, service.settings)
    add_operation(app, service, app.answered)
    site = Site(service)
    site.add(app)
    CrossOrigin(service.settings.cors_origins).add(app)
    add_compression(app)
    add_safety_headers(app, service.settings.hsts_days)
    add_errors(app, apis, service.events, site.error)
    if service.settings.process != "web":
        # Looked up, since a process that serves would keep what draws tables all its life: 4 MiB.
        import_module("walkabout.commands").add_commands(app, service, apis)
    return app
