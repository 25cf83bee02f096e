"""Lets pages of other origins call the APIs from a browser, as CORS_ORIGINS says (the Fetch standard, 3.2).

Written here rather than taken from a library: the rule is one table of headers for a few prefixes, and the server's front,
which refuses bodies before Flask sees the request, needs the same headers.
"""

import re

from flask import Flask, Response, request

_PREFIXES = ("/js/", "/js_public/", "/js_admin/", "/user/")
_METHODS = "GET, POST, PUT, PATCH"
_HEADERS = "authorization, content-type, idempotency-key, traceparent"
_EXPOSED = "Retry-After, X-Walkabout-Next-Offset"
_KEPT_S = 600  # for so long a browser remembers what it was told


class CrossOrigin:
    """What browsers on pages of other origins are told. Cookies are never let in: a token is sent as a header."""

    def __init__(self, origins: str) -> None:
        """`origins`: with commas or blanks between; `*` for all, empty for none."""
        self.origins = frozenset(text.rstrip("/").lower() for text in re.split(r"[,\s]+", origins) if text)

    def headers(self, path: str, origin: str | None) -> dict[str, str]:
        """The headers of an answer at a path for a page of an origin, also of an error."""
        if not self.origins or not path.startswith(_PREFIXES):
            return {}
        headers = {"Vary": "Origin"}
        if origin and ("*" in self.origins or origin.lower() in self.origins):
            headers["Access-Control-Allow-Origin"] = "*" if "*" in self.origins else origin
            headers["Access-Control-Expose-Headers"] = _EXPOSED
        return headers

    def add(self, app: Flask) -> None:
        """Answer the questions that browsers ask beforehand, and say with each answer who may read it."""
        if not self.origins:
            return

        def before() -> Response | None:
            if request.method != "OPTIONS" or not self.headers(request.path, None):
                return None
            answer = Response(status=204)
            del answer.headers["Content-Type"]
            if "Access-Control-Allow-Origin" in self.headers(request.path, request.headers.get("Origin")):
                answer.headers["Access-Control-Allow-Methods"] = _METHODS
                answer.headers["Access-Control-Allow-Headers"] = _HEADERS
                answer.headers["Access-Control-Max-Age"] = str(_KEPT_S)
            return answer

        def after(response: Response) -> Response:
            headers = self.headers(request.path, request.headers.get("Origin"))
            if "Vary" in headers:
                response.vary.add(headers.pop("Vary"))
            response.headers.update(headers)
            return response

        app.before_request(before)
        app.after_request(after)
