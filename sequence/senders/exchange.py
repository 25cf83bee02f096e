"""One HTTP exchange over a session. Every failure on the way becomes an answer too."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from http.client import HTTPException

import requests
from requests.cookies import RequestsCookieJar
from urllib3.exceptions import HTTPError

from sequence.errors import StepError
from sequence.json_values import Json, excerpt
from sequence.senders.base import StepRequest, StepResponse, phrase_of
from sequence.senders.connections import WatchedSession
from sequence.senders.guard import RequestRefused
from sequence.senders.reading import Received, check_encoding, content_of, value_of
from sequence.senders.set_cookies import cookies_in
from sequence.senders.urls import BadURL, ExactURL
from sequence.settings import SequenceLimits


def exchange(
    session: WatchedSession,
    request: StepRequest,
    limits: SequenceLimits,
    started: float,
    begun: float,
    monotonic: Callable[[], float],
) -> StepResponse:
    """Sends the request and reads its answer. Raises nothing of the network: that is the answer's failure."""
    answer = _once(session, request, limits)
    if answer is None:
        # The server had closed the kept connection; nothing is lost by asking again on a new one.
        answer = _once(session, request, limits, again=True)
    assert answer is not None
    return replace(answer, started=started, ms=(monotonic() - begun) * 1000)


def _once(
    session: WatchedSession, request: StepRequest, limits: SequenceLimits, again: bool = False
) -> StepResponse | None:
    """An answer; None when a kept connection was dropped and the request may be repeated."""
    wire = session.wire
    wire.connected = wire.reused = False
    wire.follows = request.redirects
    wire.repeatable = request.repeatable
    before = _jar(session)
    try:
        with _send(session, request) as response:
            answer = _read(response, request, limits)
        after = _jar(session)
        return answer if after == before else replace(answer, cookies=after)
    except BadURL as error:
        return StepResponse(
            status=None, url=request.url, failure="other", message=f"api: {excerpt(request.url)}: {error}"
        )
    except (StepError, RequestRefused) as error:
        return StepResponse(status=None, url=request.url, failure="other", message=str(error))
    except requests.TooManyRedirects:
        return _failure(request, "other", f"more than {limits.redirects} redirects")
    except requests.exceptions.SSLError as error:
        return _failure(request, "connect", f"TLS: {_inner(error)}")
    except (requests.Timeout, TimeoutError):
        return _timeout(session, request)
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
        if _is_timeout(error):
            return _timeout(session, request)
        if wire.reused and request.repeatable and not again:
            return None
        kind = "timeout" if wire.connected or wire.reused else "connect"
        return _failure(request, kind, _inner(error))
    except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError) as error:
        return _failure(request, "other", f"{_inner(error)}")


def _send(session: WatchedSession, request: StepRequest) -> requests.Response:
    seconds = session.deadline.left()
    return session.send(
        _prepare(session, request),
        stream=True,
        proxies=session.proxies,
        timeout=seconds,
        verify=request.verify,
        allow_redirects=request.redirects,
    )


def _prepare(session: WatchedSession, request: StepRequest) -> requests.PreparedRequest:
    """What Session.prepare_request makes, by the same steps, without its merging of settings that we never have: that
    costs as much as the whole exchange of a small request."""
    prepared = requests.PreparedRequest()
    prepared.prepare_method(request.method)
    url = ExactURL(request.url)
    prepared.url = str(url)
    prepared.prepare_headers(request.header)
    for name, text in request.header.items():
        if not text.isascii():
            prepared.headers[name] = text.encode("utf-8", "replace")  # type: ignore[assignment]  # http.client would write Latin-1, or give up
    for name, value in session.headers.items():
        prepared.headers.setdefault(name, str(value))
    jar = RequestsCookieJar()
    if len(session.cookies):
        jar.update(session.cookies)
        prepared.prepare_cookies(jar)
    else:
        prepared._cookies = jar  # type: ignore[attr-defined]
    prepared.body = request.content or None
    prepared.prepare_content_length(prepared.body)
    if url.authorization:
        prepared.headers.setdefault("Authorization", url.authorization)
    return prepared


def _read(response: requests.Response, request: StepRequest, limits: SequenceLimits) -> StepResponse:
    header = {name.lower(): value for name, value in response.headers.items()}
    content = content_of(response, limits.response_bytes)
    if content:
        check_encoding(header)
    received = Received(content, header, response.url or request.url, response.status_code)
    body = value_of(received, request.parse, limits)
    return StepResponse(
        response.status_code,
        body,
        response.reason or phrase_of(response.status_code),
        header,
        response.url or "",
        size=len(content),
        set_cookies=cookies_in(told for answer in (*response.history, response) for told in _set_cookie(answer)),
    )


def _set_cookie(response: requests.Response) -> list[str]:
    """The Set-Cookie headers, each on its own: together they can't be told apart."""
    return list(response.raw.headers.getlist("set-cookie")) if response.raw is not None else []


def _failure(request: StepRequest, kind: str, text: str) -> StepResponse:
    return StepResponse(status=None, url=request.url, failure=kind, message=text[:1000])


def _timeout(session: WatchedSession, request: StepRequest) -> StepResponse:
    wire, seconds = session.wire, round(session.deadline.seconds, 3)
    if wire.connected or wire.reused:
        return _failure(request, "timeout", f"no complete response within {seconds:g} s")
    return _failure(request, "connect", f"no connection within {seconds:g} s")


def _is_timeout(error: BaseException) -> bool:
    """requests wraps a timeout while a body is read into a ConnectionError."""
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            return False
        if isinstance(seen, TimeoutError) or "timed out" in str(seen).lower():
            return True
        inner = [arg for arg in seen.args if isinstance(arg, BaseException)]
        seen = inner[0] if inner else getattr(seen, "reason", None)
    return False


def _inner(error: BaseException) -> str:
    """The text of the innermost reason: the outer ones are names of objects."""
    for _ in range(10):
        inner = [arg for arg in error.args if isinstance(arg, BaseException)]
        reason = getattr(error, "reason", None)
        if isinstance(reason, BaseException):
            error = reason
        elif inner:
            error = inner[-1]
        else:
            break
    return str(error) or type(error).__name__


def _jar(session: WatchedSession) -> tuple[Mapping[str, Json], ...]:
    return tuple(
        {
            "name": cookie.name,
            "value": cookie.value,
            "domain": cookie.domain,
            "path": cookie.path,
            "secure": cookie.secure,
            "expires": cookie.expires,
        }
        for cookie in session.cookies
    )
