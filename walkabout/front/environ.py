"""Turns a request of the server (RSGI) into the environ of WSGI applications (PEP 3333)."""

import sys
from functools import lru_cache
from typing import Any, Protocol

REMEMBERED = 1024  # names of headers, and addresses of the server; a client may make up any number of names


class Headers(Protocol):
    """The headers of a request; their names are in lower case."""

    def items(self) -> list[tuple[str, str]]:
        """Each header; one that came twice is there twice."""


class RequestScope(Protocol):
    """What a request's head says."""

    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None
    headers: Headers


_SAME_FOR_ALL: dict[str, Any] = {
    "SCRIPT_NAME": "",
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multiprocess": False,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}


def environ_of(scope: RequestScope) -> dict[str, Any]:
    """The environ of a request, without its input.

    A header whose name has an underscore is dropped: it would look like the one with a hyphen, which a proxy in front
    may have set or removed (X_Forwarded_For).
    """
    environ = dict(_SAME_FOR_ALL)
    environ["SERVER_PROTOCOL"] = "HTTP/" + ("1.0" if scope.http_version == "1" else scope.http_version)
    environ["SERVER_NAME"], environ["SERVER_PORT"] = _host_and_port(scope.server)
    environ["REMOTE_ADDR"] = scope.client.rpartition(":")[0].strip("[]")
    environ["REQUEST_METHOD"] = scope.method
    environ["PATH_INFO"] = _as_latin_1(scope.path)
    environ["QUERY_STRING"] = _as_latin_1(scope.query_string)
    environ["wsgi.url_scheme"] = scope.scheme
    for name, value in scope.headers.items():
        variable = _variable(name)
        if variable in environ:
            value = environ[variable] + (";" if variable == "HTTP_COOKIE" else ",") + value
        environ[variable] = value
    environ.pop("", None)  # headers with an underscore
    if "HTTP_HOST" not in environ:
        environ["HTTP_HOST"] = scope.authority or ""
    return environ


def _as_latin_1(text: str) -> str:
    # PEP 3333: bytes, each as the character of its number.
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("latin-1")


@lru_cache(REMEMBERED)
def _variable(name: str) -> str:
    if "_" in name:
        return ""
    variable = name.upper().replace("-", "_")
    return variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + variable


@lru_cache(REMEMBERED)
def _host_and_port(address: str) -> tuple[str, str]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), port
