"""Security headers for every answer (OWASP Secure Headers; RFC 6797 for HSTS)."""

from flask import Flask, Response, request

from walkabout.front.front import SAFETY
from walkabout.web.session import is_over_tls

DAY_S = 86_400
_OF_FILES = {name: value for name, value in SAFETY.items() if name != "Cache-Control"}


def add_safety_headers(app: Flask, hsts_days: int) -> None:
    """Keep browsers from guessing types, caching API answers, and returning without TLS. `hsts_days`: 0 means no HSTS."""

    def after(response: Response) -> Response:
        for name, value in (_OF_FILES if request.endpoint == "static" else SAFETY).items():
            response.headers.setdefault(name, value)
        if hsts_days and is_over_tls():
            response.headers.setdefault("Strict-Transport-Security", f"max-age={hsts_days * DAY_S}")
        return response

    app.after_request(after)
