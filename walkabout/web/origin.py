"""Where a request of the page comes from: the address, and the browser, known again by a signed cookie.

The cookie gives no rights: it only distinguishes attempts to sign in from those of strangers (see people/devices.py).
"""

import secrets

from flask import Flask, Response, current_app, request
from itsdangerous import BadSignature, Signer

from walkabout.people.addresses import FORWARDED, is_undeclared_proxy, place_of
from walkabout.people.cookies import DEVICE_COOKIE
from walkabout.people.sign_ins import Origin
from walkabout.settings import Settings
from walkabout.web.session import cookie_name

_NAME_BYTES = 16


def origin(settings: Settings) -> Origin:
    """Where the current request comes from."""
    address = request.remote_addr or ""
    return Origin(address, place_of(address, _is_forwarded(), settings.proxies), _device(), request.user_agent.string)


def comes_by_undeclared_proxy(settings: Settings) -> bool:
    """Whether a proxy on this machine sent the request although PROXIES does not count it."""
    return is_undeclared_proxy(request.remote_addr or "", _is_forwarded(), settings.proxies)


def new_device() -> str:
    """A new name for a browser that has none."""
    return secrets.token_urlsafe(_NAME_BYTES)


def remember_device(answer: Response, device: str, days: float) -> None:
    """Set a cookie so that the browser sends its name with the next sign-in."""
    app: Flask = current_app
    cookies = app.session_interface
    answer.set_cookie(
        _cookie_name(),
        _signer().sign(device.encode()).decode(),
        max_age=int(days * 86400),
        path=cookies.get_cookie_path(app),
        secure=cookies.get_cookie_secure(app),
        httponly=True,
        samesite="Lax",
    )


def _device() -> str | None:
    try:
        return _signer().unsign(request.cookies.get(_cookie_name(), "").encode()).decode()
    except (BadSignature, UnicodeError):
        return None


def _cookie_name() -> str:
    return cookie_name(DEVICE_COOKIE)


def _signer() -> Signer:
    return Signer(current_app.config["SECRET_KEY"], salt="device", key_derivation="hmac")


def _is_forwarded() -> bool:
    return any(name in request.headers for name in FORWARDED)
