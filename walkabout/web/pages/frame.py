"""The frame of every page: navigation, the workers' pulse and messages; and how pages and live parts are answered."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import Response, flash, g, get_flashed_messages, render_template, request, session, url_for

from walkabout.actions.rights import is_admin, sees_machine
from walkabout.own_files import STATIC
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.times import iso
from walkabout.web.origin import comes_by_undeclared_proxy
from walkabout.web.pages.banners import UNDECLARED_PROXY, about_files, about_notices
from walkabout.web.pages.words import PAGE_ZONE, count
from walkabout.web.session import csrf_token, me

Values = Callable[[], dict[str, Any]]
"""Makes what a template shows."""

MOVING_S, STILL_S = 2, 15  # how often a live part asks again
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
PLACES = (
    ("tasks", "Tasks"),
    ("runs", "Runs"),
    ("queue", "Queue"),
    ("calendar", "Calendar"),
    ("walkers", "Walkers"),
    ("sequences", "Sequences"),
    ("settings", "Settings"),
)

FOR_ADMINS = ("sequences",)


@dataclass(frozen=True)
class Link:
    """A place in the navigation."""

    name: str
    url: str
    here: bool


@dataclass(frozen=True)
class Pulse:
    """The workers as the header shows them."""

    css: str
    text: str


@dataclass(frozen=True)
class PageFrame:
    """What the base template shows beside the page itself."""

    title: str
    places: list[Link]
    master: Master
    pulse: Pulse
    messages: list[str]
    banners: list[str]
    now: str
    zone: str
    clock: str


class Frames:
    """Answers pages of one service."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def frame(self, title: str, place: str) -> PageFrame:
        """The frame of a page at a place of the navigation."""
        shown = [(key, name) for key, name in PLACES if key not in FOR_ADMINS or is_admin(me())]
        places = [Link(name, url_for(f"pages.{key}"), key == place) for key, name in shown]
        messages = [str(text) for text in get_flashed_messages(category_filter=["message"])]
        banners = [*(self._banners() if sees_machine(me()) else []), *about_notices(self.service)]
        return PageFrame(
            title=title,
            places=places,
            master=me(),
            pulse=pulse(self.service),
            messages=messages,
            banners=banners,
            now=iso(self.service.clock()),
            zone=PAGE_ZONE.get(),
            clock=session.get("clock", "mine"),
        )

    def _banners(self) -> list[str]:
        undeclared = [UNDECLARED_PROXY] if comes_by_undeclared_proxy(self.service.settings) else []
        return undeclared + about_files(self.service)


def pulse(service: Service) -> Pulse:
    """The workers that are alive, in words."""
    workers = sum(consumer.workers for consumer in service.consumers.alive())
    return Pulse("ok", count(workers, "worker")) if workers else Pulse("bad", "no worker")


def page(template: str, title: str, place: str, *, status: int = 200, **values: Any) -> Response:
    """A whole page behind the sign-in. `place`: which place of the navigation it belongs to."""
    frame = g.frames.frame(title, place)
    return _html(render_template(template, frame=frame, asset=asset, csrf_token=csrf_token, **values), status)


def bare(template: str, title: str, status: int, **values: Any) -> Response:
    """A page before the sign-in."""
    text = render_template(template, title=title, asset=asset, csrf_token=csrf_token, **values)
    return _html(text, status)


def live_page(
    template: str, part: str, title: str, place: str, *, seen: Any, moving: bool | None, values: Values
) -> Response:
    """A page with a live part: all of it, or the part alone when a script asks for that."""
    if request.headers.get("Live") is not None:
        return live_part(part, seen=seen, moving=moving, values=values)
    return page(template, title, place, tag=_tag(seen), every=_every(moving), **values())


def live_part(part: str, *, seen: Any, moving: bool | None, values: Values) -> Response:
    """A live part alone, as its script asks for it; 304 when it shows what it did.

    `part`: its template; `seen`: what tells that it has changed, cheap to find out; `moving`: whether it will soon
    change; None: never again; `values`: makes what the template shows, which a 304 does not need.
    """
    if request.headers.get("If-None-Match") == _tag(seen):
        answer = Response(status=304)
    else:
        answer = _html(render_template(part, csrf_token=csrf_token, **values()))
    answer.headers.update({"ETag": _tag(seen), "Live-Every": str(_every(moving))})
    return answer


def _html(text: str, status: int = 200) -> Response:
    # What servers answered to a sequence may hold lone surrogates, which no text in UTF-8 can; they show as escapes.
    return Response(text.encode("utf-8", "backslashreplace"), status)


def _tag(seen: Any) -> str:
    # Weak: compressed or not, it says the same.
    return f'W/"{hashlib.sha256(repr(seen).encode("utf-8", "surrogatepass")).hexdigest()[:20]}"'


def _every(moving: bool | None) -> int:
    return 0 if moving is None else MOVING_S if moving else STILL_S


def see(url: str) -> Response:
    """Send the browser to another page, to be asked for by GET."""
    return Response(status=303, headers={"Location": url})


def see_back() -> Response:
    """Send the browser back to the page where the form stood that was sent, as its field `back` says."""
    back = request.form.get("back", "")
    is_ours = back.startswith("/admin/") and "\\" not in back and "//" not in back
    return see(back if is_ours else "/admin/")


def say(text: str) -> None:
    """Show a line at the top of the next page."""
    flash(text)


def with_headers(response: Response) -> Response:
    """Give a page's answer what keeps it safe."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def asset(name: str) -> str:
    """The address of a file of static/, with a mark of its content: it may be kept for ever."""
    return url_for("static", filename=name, v=_mark(name))


@cache
def _mark(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
