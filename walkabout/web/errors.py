"""Errors that Flask finds before an API is called: JSON in the one shape, or a page on the admin page."""

from collections.abc import Callable, Mapping

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from walkabout.api.answers import Answer, error_body
from walkabout.api.registry import Api
from walkabout.events import Events
from walkabout.jids import new_uid
from walkabout.nearest import suggest
from walkabout.web.routes import respond

ErrorPage = Callable[[Exception], Response | None]


def add_errors(app: Flask, apis: Mapping[str, Api], events: Events, error_page: ErrorPage) -> None:
    """Answer unknown routes, wrong methods and internal errors. `error_page`: returns a page for the admin page, else None."""
    paths = [path for api in apis.values() for _, path in api.paths()]

    def no_route(error: NotFound) -> Response:
        hint = suggest(request.path, paths)
        return _answer(404, f"No route {request.path[:200]}{hint}")

    def wrong_method(error: MethodNotAllowed) -> Response:
        allowed = sorted(set(error.valid_methods or ()) - {"HEAD"})
        answer = _answer(405, f'Method "{request.method}" not allowed; use {" or ".join(allowed)}')
        answer.headers["Allow"] = ", ".join(allowed)
        return answer

    def refuse(error: HTTPException) -> Response:
        status = error.code or 500
        return _answer(status, error.description or error.name)

    def bug(error: Exception) -> Response:
        number = new_uid()[:8]
        events.bug("web.failed", error, path=request.path, id=number)
        return _answer(500, f"Something went wrong on our side; the log has the details under the id {number}")

    for kind, answer in ((NotFound, no_route), (MethodNotAllowed, wrong_method), (HTTPException, refuse)):
        app.register_error_handler(kind, _page_or(error_page, answer))
    app.register_error_handler(Exception, _page_or(error_page, bug))


def _page_or(error_page: ErrorPage, answer: Callable[..., Response]) -> Callable[[Exception], Response]:
    return lambda error: error_page(error) or answer(error)


def _answer(status: int, text: str) -> Response:
    return respond(Answer(status, error_body(status, [text])))
