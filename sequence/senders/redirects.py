"""Follows redirects as the Fetch standard does (HTTP-redirect fetch), for sequences and for walkers.

Left out of it: what concerns browsers' CORS and referrers. Stricter than it: values of secrets stay at their origin.
"""

import re
from collections.abc import Callable
from urllib.parse import quote, urljoin

import requests
from requests import PreparedRequest, Response
from requests.utils import rewind_body

from sequence.senders.urls import ExactURL, WebOrigin

HasSecret = Callable[[str], bool]
"""Whether a text has the value of a `secret.NAME`, in any form that it can be sent in."""

_OF_THE_BODY = (
    "Content-Encoding",
    "Content-Language",
    "Content-Location",
    "Content-Type",
    "Content-Length",
    "Transfer-Encoding",
)
_OF_THE_ORIGIN = ("Authorization", "Proxy-Authorization", "Host")
_WHOLE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_BYTES = "".join(map(chr, range(0x21, 0x7F)))


class BadRedirect(requests.RequestException):
    """A redirect that is not followed; the text says why."""


def location_of(response: Response) -> ExactURL | None:
    """Where a response redirects to; None when it does not. Raises BadRedirect."""
    if not response.is_redirect:
        return None
    # A header is bytes, which http.client reads as Latin-1: they go on as they came, whatever charset they are in.
    told = quote(response.headers["Location"].strip().encode("latin-1", "replace"), _BYTES + " ")
    before = response.url or ""
    try:
        target = told if _WHOLE.match(told) else urljoin(before, told)
        if "#" not in target and "#" in before:
            target += "#" + before.partition("#")[2]
        return ExactURL(target)
    except ValueError as error:  # BadURL is one, too; urljoin gives up at half a pair of brackets
        raise BadRedirect(f"a redirect leads to {told[:200]}: {error}") from None


def next_request(request: PreparedRequest, status: int, location: ExactURL, has_secret: HasSecret) -> PreparedRequest:
    """The request that follows an answer of a redirecting status. Raises BadRedirect."""
    after = request.copy()
    left, entered = ExactURL(request.url or "").origin, location.origin
    method = request.method or "GET"
    if (status in (301, 302) and method == "POST") or (status == 303 and method not in ("GET", "HEAD")):
        after.method = "GET"
        after.body = None
        _drop(after, *_OF_THE_BODY)
    elif getattr(after, "_body_position", None) is not None:
        rewind_body(after)  # a walker's file or iterator
    if leaves(left, entered):
        _leave(after, has_secret)
    if left.host != entered.host:
        _drop(after, "Cookie")
    if location.authorization and "Authorization" not in after.headers:
        after.headers["Authorization"] = location.authorization
    after.url = str(location)
    return after


def leaves(left: WebOrigin, entered: WebOrigin) -> bool:
    """Whether this is another origin, to which nothing goes that was meant for the one before."""
    is_upgrade = left == ("http", left.host, 80) and entered == ("https", left.host, 443)
    return left != entered and not is_upgrade


def _leave(request: PreparedRequest, has_secret: HasSecret) -> None:
    """Nothing that was meant for one origin goes to another one."""
    _drop(request, *_OF_THE_ORIGIN, *(name for name, value in request.headers.items() if has_secret(str(value))))
    # A walker's file or iterator is not read for it: secrets of sequences are not in there.
    body = request.body.encode() if isinstance(request.body, str) else request.body
    if isinstance(body, bytes) and has_secret(body.decode("utf-8", "replace")):
        raise BadRedirect("a redirect leads to another origin, and the body has the value of a secret")


def _drop(request: PreparedRequest, *names: str) -> None:
    for name in names:
        request.headers.pop(name, None)
