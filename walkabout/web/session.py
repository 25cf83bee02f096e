"""Sessions of the admin page: a signed cookie with a token of its own kind, which ends like any token.

The named APIs never see the cookie: it is sent and read only below PREFIX.
"""

import hashlib
import hmac
from typing import Any

from flask import Flask, Request, g, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import generate_csrf, validate_csrf
from itsdangerous import BadSignature
from werkzeug.middleware.proxy_fix import ProxyFix
from wtforms import ValidationError

from walkabout.actions import people
from walkabout.people.cookies import SESSION_COOKIE
from walkabout.people.masters import Master
from walkabout.people.sign_ins import Origin
from walkabout.service import Service

PREFIX = "/admin"
TOKEN_FIELD = "csrf_token"


class PageCookie(SecureCookieSessionInterface):
    """Reads the cookie only below PREFIX. Over TLS it is Secure, and no other host of the domain can set it."""

    def open_session(self, app: Flask, request: Request) -> Any:
        """The session of a request for the page; for all others None: an empty session that can't be written."""
        if below_prefix(request):
            return super().open_session(app, request)
        return None

    def get_cookie_name(self, app: Flask) -> str:  # noqa: ARG002
        """The cookie's name in the browser."""
        return cookie_name(SESSION_COOKIE)

    def get_cookie_path(self, app: Flask) -> str:  # noqa: ARG002
        """The path below which browsers send it. It is read only below PREFIX in any case."""
        return "/" if is_over_tls() else PREFIX

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002
        """Whether it is sent only over TLS."""
        return is_over_tls()


def is_over_tls(request: Request = request) -> bool:
    """Whether the browser uses TLS, to us or to a proxy in front. A false header harms only its sender."""
    return request.is_secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"


def cookie_name(name: str, request: Request = request) -> str:
    """The name of a cookie in the browser: over TLS one that no other host of the domain can set.

    Browsers accept a `__Host-` cookie only as Secure and for the path "/" (RFC 6265bis, 4.1.3.2).
    """
    return f"__Host-{name}" if is_over_tls(request) else name


def below_prefix(request: Request) -> bool:
    """Whether a request is for the admin page."""
    return request.path == PREFIX or request.path.startswith(PREFIX + "/")


def set_up(app: Flask, service: Service) -> None:
    """Set up the application's cookie, and trust as many proxies as the settings say."""
    settings = service.settings
    app.secret_key = hmac.new(service.secret, b"page-cookie", hashlib.sha256).hexdigest()
    app.session_interface = PageCookie()
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=settings.session_days * 86400,
        WTF_CSRF_FIELD_NAME=TOKEN_FIELD,
        # A form is valid as long as its session: nobody should lose after an hour what they typed.
        WTF_CSRF_TIME_LIMIT=None,
    )
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]


def token_of_session(app: Flask, environ: dict[str, Any]) -> str | None:
    """The token in the page's cookie of a request; nothing else of the request is read."""
    asked = app.request_class(environ)
    serializer = PageCookie().get_signing_serializer(app)
    cookie = asked.cookies.get(cookie_name(SESSION_COOKIE, asked))
    if serializer is None or cookie is None:
        return None
    try:
        kept = serializer.loads(cookie, max_age=int(app.permanent_session_lifetime.total_seconds()))
    except BadSignature:
        return None
    token = kept.get("sign_in") if isinstance(kept, dict) else None
    return token if isinstance(token, str) else None


class Sessions:
    """Starts, reads and ends the session of the current request."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def start(self, master: Master) -> None:
        """Sign a master in. Nothing of an earlier session remains."""
        self.end()
        g.pop(TOKEN_FIELD, None)
        days, address, agent = self.service.settings.session_days, request.remote_addr, request.user_agent.string
        token, _ = self.service.tokens.give(master.uid, days, sign_in=True, address=address or "", agent=agent)
        session.permanent = True
        session["sign_in"] = token
        g.master = master

    def change_password(self, password: str, origin: Origin) -> None:
        """Change the password of the signed-in master: their tokens and other sessions end, this one stays. Raises HashesBusy."""
        people.set_password(self.service, me(), password, origin)
        self.start(self.service.masters.by_uid(me().uid) or me())

    def master(self) -> Master | None:
        """The signed-in master, or None."""
        token = session.get("sign_in")
        if not isinstance(token, str):
            return None
        # Live requests don't count as use: an open tab must not keep somebody signed in.
        by_hand = request.headers.get("Live") is None
        return self.service.tokens.owner(token, sign_in=True, by_hand=by_hand)

    def handle(self) -> str:
        """The handle under which this session is listed."""
        return self.service.tokens.handle_of(session.get("sign_in", ""))

    def end(self) -> None:
        """Sign out. A copy of the cookie is worthless from now on."""
        token = session.get("sign_in")
        if isinstance(token, str):
            self.service.tokens.end(token)
        session.clear()


def me() -> Master:
    """The signed-in master of the current request. Only for pages that require signing in."""
    master: Master = g.master
    return master


def csrf_token() -> str:
    """The token that every form carries."""
    return str(generate_csrf())


def has_csrf_token() -> bool:
    """Whether the submitted form has the token of this session."""
    try:
        validate_csrf(request.form.get(TOKEN_FIELD))
    except ValidationError:
        return False
    return True


def from_our_own_page() -> bool:
    """Whether the browser says that the form comes from a page of this service."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") == request.host_url.rstrip("/")
