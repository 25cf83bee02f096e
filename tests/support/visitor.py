"""Somebody who looks at the admin page without a browser: asks, fills in forms, reads the answers."""

import re
from typing import Any

from flask import Flask, session
from werkzeug.http import parse_cookie
from werkzeug.test import TestResponse

from walkabout.people.cookies import SESSION_COOKIE
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.web.session import PREFIX, Sessions

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visitor:
    """Keeps the cookie, and gives every form the token that the page before it carried."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()
        self.old_token = ""  # of a form that was open before a sign-in ran out

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(PREFIX + path, headers=headers)

    def post(
        self, path: str, token: str | None = None, headers: dict[str, str] | None = None, **form: Any
    ) -> TestResponse:
        form = {name: value for name, value in form.items() if value is not None}
        return self.client.post(PREFIX + path, data={"csrf_token": token or self.token(), **form}, headers=headers)

    def token(self) -> str:
        pages = (self.get(path).text for path in ("/account", "/sign-in", "/new-password"))
        found = next(filter(None, map(_TOKEN.search, pages)), None)
        assert found is not None
        return found[1]

    def sign_in(self, email: str, password: str, **more: str) -> TestResponse:
        return self.post("/sign-in", email=email, password=password, **more)

    def cookie(self) -> str:
        found = self.client.get_cookie(SESSION_COOKIE, path=PREFIX)
        return found.value if found else ""


def signed_in(app: Flask, service: Service, master: Master) -> Visitor:
    """A visitor who has signed in as a master, without the slow hash of a password."""
    visitor = Visitor(app)
    with app.test_request_context(f"{PREFIX}/"):
        Sessions(service).start(master)
        answer = app.make_response("")
        app.session_interface.save_session(app, session, answer)  # type: ignore[arg-type]
    value = parse_cookie(answer.headers["Set-Cookie"])[SESSION_COOKIE]
    visitor.client.set_cookie(SESSION_COOKIE, value, path=PREFIX)
    return visitor
