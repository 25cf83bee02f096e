"""Where a request of the page comes from: the address, and the browser, known again by a signed cookie.

The cookie opens nothing: it tells an attempt to sign in apart from those of strangers (see people/devices.py).
"""

import secrets

from flask import Flask, Response, current_app, request
from itsdangerous import BadSignature, Signer

from walkabout.people.addresses import FORWARDED, is_unsaid_proxy, place_of
from walkabout.people.sign_ins import Origin
from walkabout.settings import Settings
from walkabout.web.session import cookie_name

DEVICE_COOKIE = "walkabout_device"
_NAME_BYTES = 16


def origin(settings: Settings) -> Origin:
    """From where the request comes that is being answered."""
    address = request.remote_addr or ""
    return Origin(address, place_of(address, _is_forwarded(), settings.proxies), _device(), request.user_agent.string)


def comes_by_unsaid_proxy(settings: Settings) -> bool:
    """Whether a proxy on this machine has sent the request, of which PROXIES says nothing."""
    return is_unsaid_proxy(request.remote_addr or "", _is_forwarded(), settings.proxies)


def new_device() -> str:
    """A name for a browser that has none."""
    return secrets.token_urlsafe(_NAME_BYTES)


def remember_device(answer: Response, device: str, days: float) -> None:
    """Let the browser send its name with the next sign-in."""
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
