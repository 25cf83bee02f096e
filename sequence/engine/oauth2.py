"""Signs requests with the access tokens that `auth.oauth2` gets: client credentials (RFC 6749, 4.4).

A token is fetched once a run and shared by all steps that ask for it with the same words, also side by side. Who fetches it
has a record and a journal entry of its own, at the path of its request and `.auth`. Which step that is depends on timing:
in a replay another one may need the token first, and gets the journaled one wherever it is.
"""

import base64
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote_plus

from sequence.engine.context import RunContext
from sequence.engine.outgoing import FORM, form_text
from sequence.engine.records import FAILED, OK, record_of
from sequence.errors import StepError
from sequence.json_values import Json, as_text
from sequence.senders.base import AUTH, StepRequest, StepResponse

NAME = "access token"


class TokenRefused(StepError):
    """No token was to be had; `answer` is what came instead."""

    def __init__(self, answer: StepResponse, message: str) -> None:
        super().__init__(f"auth.oauth2: {message}")
        self.answer = answer


class TokenSigner:
    """Signs the requests of one step. `grant`: the resolved `auth.oauth2`."""

    def __init__(self, grant: Mapping[str, Json], context: RunContext, verify: bool) -> None:
        self._grant = grant
        self._context = context
        self._verify = verify
        self._shared = context.tokens.of(grant)
        self._used = 0
        self._refused = False
        self._renewed = ""

    def sign(self, request: StepRequest) -> StepRequest:
        """The request with the token. Raises TokenRefused, and RunEnded."""
        shared, asks = self._shared, self._request(request)
        with shared.lock:
            if not shared.token or self._asks_anew or self._has_own_answer(asks):
                self._fetch(asks)
            self._refused, self._used = False, shared.count
            token = shared.token
        return replace(request, header={**request.header, "Authorization": f"Bearer {token}"}, has_token=True)

    @property
    def _asks_anew(self) -> bool:
        """Whether the token was refused, and no other step has fetched a new one meanwhile."""
        return self._refused and self._shared.count == self._used

    def _has_own_answer(self, asks: StepRequest) -> bool:
        """Whether a replay has an answer of just this request, token or not, that nobody has taken yet."""
        place = (asks.path, asks.attempt)
        return self._context.channel.has_answer(*place) and place not in self._shared.places

    def wants_new(self, request: StepRequest, answer: StepResponse) -> bool:
        """Whether this answer asks for a new token, and the request has not had one already."""
        if answer.status != 401 or not request.has_token or self._renewed == request.path:
            return False
        self._renewed = request.path
        self._refused = True
        return True

    def _request(self, request: StepRequest) -> StepRequest:
        grant = self._grant
        form: dict[str, Json] = {"grant_type": "client_credentials"}
        header = {"Accept": "application/json", "Content-Type": FORM}
        if grant.get("scope"):
            form["scope"] = grant["scope"]
        user, password = as_text(grant["client_id"]), as_text(grant.get("client_secret"))
        if grant.get("in") == "body":
            form |= {"client_id": user, "client_secret": password}
        else:
            # Encoded as in a form before they are joined: RFC 6749, 2.3.1.
            pair = f"{quote_plus(user, errors='replace')}:{quote_plus(password, errors='replace')}"
            header["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return StepRequest(
            path=request.path + AUTH,
            method="POST",
            url=as_text(grant["token_url"]),
            header=header,
            content=form_text(form).encode(),
            body=form,
            timeout_s=request.timeout_s,
            attempt=request.attempt,
            redirects=False,
            verify=self._verify,
            repeatable=True,
            parse="json",
        )

    def _fetch(self, asks: StepRequest) -> None:
        channel, reporter, shared = self._context.channel, self._context.reporter, self._shared
        request = channel.place_of_token(asks, shared.places)
        answer = channel.send(request)
        assert isinstance(answer, StepResponse)
        token, error = _token_of(answer)
        reporter.masker.learn(token)
        state = FAILED if error else OK
        reporter.say(record_of(reporter.masker, reporter.budget, request, answer, state=state, name=NAME, error=error))
        if error:
            raise TokenRefused(answer, error)
        shared.token = token
        shared.count += 1
        shared.places.add((request.path, request.attempt))


def _token_of(answer: StepResponse) -> tuple[str, str]:
    """The token of an answer, or why it has none (RFC 6749, 5)."""
    if answer.failure:
        return "", f"no token: {answer.message}"
    body = answer.body if isinstance(answer.body, Mapping) else {}
    if not 200 <= (answer.status or 0) <= 299:
        told = ": ".join(as_text(body[key]) for key in ("error", "error_description") if body.get(key))
        return "", f"no token: status {answer.status} {answer.reason} {told[:200]}".rstrip()
    token, kind = body.get("access_token"), as_text(body.get("token_type") or "Bearer")
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
        return "", "no token: the answer has no access_token"
    if not kind.lower().startswith("bearer"):
        return "", f"the token is of the type {kind[:40]}; only Bearer can be sent"
    return token, ""
