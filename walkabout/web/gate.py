"""Decides who may send a large body: the caller is identified before the body is read."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, parse_qsl

from flask import Flask, Request

from walkabout import json_text
from walkabout.actions.rights import is_admin
from walkabout.api.answers import error_body
from walkabout.database.connections import Unavailable
from walkabout.front.reading import FREE
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.walking.sentinel import UnknownWalker
from walkabout.web.bodies import FORM, MULTIPART
from walkabout.web.cross_origin import CrossOrigin
from walkabout.web.reading import token_of
from walkabout.web.session import PREFIX, token_of_session

KEY_HEADER = "HTTP_X_WALKABOUT_KEY"
CALLBACK, SUMMON = "/js_public/walker_callback/", "/js_public/walker_summon"
KEYS_MOST = 8  # keys of one body that are tried
_IN_JSON = re.compile(rb'"key"\s*:\s*"([^"\\]{1,200})"')
_IN_MULTIPART = re.compile(rb'name="?key"?[^\r\n]{0,200}\r\n(?:[^\r\n]{1,200}\r\n){0,4}\r\n([^\r\n]{1,200})\r\n')


class Gate:
    """Identifies callers by tokens, keys and the page's session (see front.reading.BodyGate)."""

    def __init__(self, app: Flask, service: Service) -> None:
        self.app = app
        self.service = service
        self.cross_origin = CrossOrigin(service.settings.cors_origins)

    def most(self, environ: dict[str, Any], declared: int | None) -> int:
        """How many bytes of this caller's body are read; 0 if the answer does not depend on it."""
        path = environ["PATH_INFO"]
        for_masters = path.startswith(("/js/", "/js_admin/"))
        if not for_masters and declared is not None and declared <= FREE:
            return FREE
        try:
            if for_masters:
                owner = self._owner(environ)
                if owner is None or (path.startswith("/js_admin/") and not is_admin(owner)):
                    return 0
                return FREE if declared is not None and declared <= FREE else self._largest(environ)
            return self._largest(environ) if self._is_known(path, environ) else FREE
        except Unavailable:
            return 0  # the API meets it again, and answers the caller

    def may_hold_key(self, environ: dict[str, Any]) -> bool:
        """Whether a key in the body counts."""
        return str(environ["PATH_INFO"]).startswith((CALLBACK, SUMMON))

    def most_with(self, environ: dict[str, Any], begin: bytes) -> int:
        """Like `most`, for a caller who may have sent a key at the start of the body."""
        path = environ["PATH_INFO"]
        if self.may_hold_key(environ):
            for key in islice(_keys_in(begin, _kind(environ)), KEYS_MOST):
                if self._is_key(path, environ, key):
                    return self._largest(environ)
        return FREE

    def error(self, status: int, text: str) -> bytes:
        """The body of an error."""
        return json_text.write(error_body(status, [text])).encode()

    def headers(self, environ: dict[str, Any]) -> dict[str, str]:
        """The headers of an error for pages of other origins."""
        return self.cross_origin.headers(environ["PATH_INFO"], environ.get("HTTP_ORIGIN"))

    def _largest(self, environ: dict[str, Any]) -> int:
        settings = self.service.settings
        # Never less than anybody may send, so that the API itself answers for a body that is too large.
        return max(FREE + 1, settings.upload_bytes if _kind(environ) == MULTIPART else settings.body_bytes)

    def _is_known(self, path: str, environ: dict[str, Any]) -> bool:
        if path == PREFIX or path.startswith(PREFIX + "/"):
            token = token_of_session(self.app, environ)
            return token is not None and self.service.tokens.owner(token, sign_in=True) is not None
        if self.may_hold_key(environ):
            key = _query(environ).get("key") or environ.get(KEY_HEADER)
            return bool(key) and self._is_key(path, environ, str(key))
        return self._owner(environ) is not None

    def _owner(self, environ: dict[str, Any]) -> Master | None:
        token = token_of(environ.get("HTTP_AUTHORIZATION", ""))
        return self.service.tokens.owner(token) if token else None

    def _is_key(self, path: str, environ: dict[str, Any], key: str) -> bool:
        name = path.rstrip("/").rpartition("/")[2] if path.startswith(CALLBACK) else _query(environ).get("wlk")
        try:
            walker = self.service.sentinel.walker(name).walker_name if name else None
        except UnknownWalker:
            return False
        return self.service.keys.owner(key, walker) is not None


def _kind(environ: dict[str, Any]) -> str:
    return Request(environ).mimetype


def _query(environ: dict[str, Any]) -> dict[str, str]:
    return {name: texts[0] for name, texts in parse_qs(environ["QUERY_STRING"]).items()}


def _keys_in(begin: bytes, kind: str) -> Iterator[str]:
    """Possible keys at the start of a body. They only allow the rest to be read: the API checks the key itself."""
    if kind == FORM:
        yield from (value for name, value in parse_qsl(begin.decode("latin-1"), max_num_fields=None) if name == "key")
        return
    for found in (_IN_MULTIPART if kind == MULTIPART else _IN_JSON).finditer(begin):
        yield found[1].decode("latin-1")
