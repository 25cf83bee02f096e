"""The routes for those who operate the service: /healthz, /readyz and /metrics."""

import hmac
from importlib import import_module
from time import perf_counter
from typing import Any

from flask import Flask, Response, request

from walkabout import json_text
from walkabout.api.about import VERSION
from walkabout.api.answers import Answer, error_body
from walkabout.operating.readiness import ReadinessCheck
from walkabout.operating.requests import RequestCounts
from walkabout.people.addresses import is_this_machine
from walkabout.service import Service
from walkabout.web.reading import token_of
from walkabout.web.routes import respond

BEGUN = "walkabout.begun"  # in a request's environment: when it began, by the clock of perf_counter
ELSEWHERE = "(no route)"
TEXT = "text/plain; version=0.0.4; charset=utf-8"


def add_operation(app: Flask, service: Service, counts: RequestCounts) -> None:
    """Give the application these routes. `counts`: what it counts its answers by."""
    readiness = ReadinessCheck(service.db, service.consumers, service.stopping, service.clock, service.machine_clock)

    def healthz() -> Response:
        return _json(200, {"status": "ok"})

    def readyz() -> Response:
        found = readiness.look()
        all_count = request.args.get("workers") in ("1", "true")
        is_ready = found.serves and (not all_count or (found.workers and found.tick))
        fields = {"database": found.database, "workers": found.workers, "tick": found.tick}
        return _json(200 if is_ready else 503, {"ready": is_ready, **fields, "problems": list(found.problems)})

    def metrics() -> Response:
        if refused := _refusal(service.settings.metrics_token):
            return refused
        # Looked up, since only who is asked for figures pays for what writes them.
        collector = import_module("walkabout.operating.metrics").Metrics
        figures = collector(service.db, service.clock, service.consumers, service.machine_clock, counts, VERSION)
        return Response(figures.text(), content_type=TEXT)

    for view in (healthz, readyz, metrics):
        app.add_url_rule(f"/{view.__name__}", view.__name__, view, methods=["GET"], provide_automatic_options=False)


def count_answer(counts: RequestCounts, answer: Response) -> None:
    """Count the answer to the current request."""
    rule = request.url_rule
    begun: float = request.environ.get(BEGUN, 0.0)
    route = (rule.rule if rule else ELSEWHERE, request.method if rule else "")
    counts.note(route, answer.status_code, perf_counter() - begun)


def _refusal(token: str) -> Response | None:
    """Why the caller may not see the figures, if so: METRICS_TOKEN as Bearer lets in, and so does this machine itself."""
    header = request.headers.get("Authorization", "")
    if token and hmac.compare_digest((token_of(header) or "").encode(), token.encode()):
        return None
    if not header and _is_near():
        return None
    text = (
        "Send METRICS_TOKEN as a Bearer token"
        if token
        else "Set METRICS_TOKEN to ask from another machine or through a proxy"
    )
    refused = respond(Answer(401, error_body(401, [text])))
    refused.headers["WWW-Authenticate"] = "Bearer"
    return refused


def _is_near() -> bool:
    is_forwarded = any(
        name.lower() == "forwarded" or name.lower().startswith("x-forwarded-") for name, _ in request.headers
    )
    return not is_forwarded and is_this_machine(request.remote_addr or "")


def _json(status: int, value: Any) -> Response:
    return Response(json_text.write(value), status, mimetype="application/json")
