"""The mock sender of a dry run: answers by path, sends nothing, and keeps the requests that would be sent."""

import re
import time
from collections.abc import Mapping

from sequence.errors import LimitReached, StepError
from sequence.json_values import Json
from sequence.problems import Invalid, Problem
from sequence.senders.base import AUTH, Opening, Rest, StepRequest, StepResponse, Unjournaled, phrase_of
from sequence.senders.reading import Received, value_of
from sequence.senders.set_cookies import cookies_in
from sequence.settings import SequenceLimits
from sequence.suggestions import suggest_or_list

ANSWER_KEYS = ("status", "body", "header", "error")
FAILURES = ("connect", "timeout", "other")
_INDEX = re.compile(r"\[\d+\]")
_TOKEN = {"body": {"access_token": "mocked", "token_type": "Bearer"}}
_MOMENT = "2000-01-01T00:00:00.000Z"


class Mock:
    """`answers` are by path: `{"0": {"status": 200, "body": {...}}, "1.loop[*].0": [first try, second try]}`.

    `[*]` stands for any index; an exact path comes first. `{"error": "timeout"}` plays a failure. A path without an
    answer gets 200 and `{}`, a request for an access token one. `sent` has the requests in
    the order in which they would have been sent. Raises Invalid that names the path of each answer that can't be.
    """

    def __init__(self, answers: Mapping[str, Json] | None = None) -> None:
        self.answers = dict(answers or {})
        self.sent: list[StepRequest] = []
        problems = check_mocks(self.answers)
        if problems:
            raise Invalid(problems)

    def open(self, opening: Opening) -> "MockChannel":
        """See Sender."""
        self.sent = []
        return MockChannel(self, opening.limits)


def check_mocks(answers: Mapping[str, Json]) -> list[Problem]:
    """What is wrong with a table of mock answers, each with its path."""
    problems = []
    for path, answer in answers.items():
        for one in answer if isinstance(answer, list) and answer else [answer]:
            message = _problem(one)
            if message:
                problems.append(Problem(f"mocks[{path}]", message))
    return problems


def _problem(answer: Json) -> str:
    if not isinstance(answer, dict):
        return 'an answer is an object such as {"status": 200, "body": {}}'
    for key in answer:
        if key not in ANSWER_KEYS:
            return f"{key}: unknown{suggest_or_list(key, ANSWER_KEYS)}"
    status = answer.get("status", 200)
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 599:
        return f"status: {status!r} is not a status; use 100 to 599"
    if not isinstance(answer.get("header", {}), dict):
        return "header: is an object of texts"
    if answer.get("error", "other") not in FAILURES:
        return f"error: is one of {', '.join(FAILURES)}"
    return ""


class MockChannel(Unjournaled):
    """The mocked line of one run. Nothing is waited for."""

    seed = "mock"

    def __init__(self, sender: Mock, limits: SequenceLimits) -> None:
        self._sender = sender
        self._limits = limits
        self._ends_at = time.monotonic() + limits.total_s

    def now(self, path: str) -> str:
        """See Channel."""
        return _MOMENT

    def wait(self, path: str, attempt: int, seconds: float) -> None:
        """See Channel."""

    def rest(self, path: str, seconds: float) -> Rest:
        """See Channel."""
        return Rest()

    def check_time(self, path: str) -> None:
        """See Channel. No time passes in a dry run but that of what it computes."""
        if time.monotonic() > self._ends_at:
            raise LimitReached(f"the time of the run is over, {self._limits.total_s:g} s")

    def send(self, request: StepRequest) -> StepResponse:
        """See Channel."""
        self._sender.sent.append(request)
        answers = self._sender.answers
        default = _TOKEN if request.path.endswith(AUTH) else {}
        given = answers.get(request.path, answers.get(_INDEX.sub("[*]", request.path), default))
        if isinstance(given, list):
            given = given[min(request.attempt, len(given)) - 1] if given else {}
        if "error" in given:
            return StepResponse(
                status=None, url=request.url, failure=given["error"], message=f"mocked {given['error']}"
            )
        status = given.get("status", 200)
        told = {str(name).lower(): value for name, value in given.get("header", {}).items()}
        cookies = told.get("set-cookie", [])
        set_cookies = cookies_in(map(str, cookies if isinstance(cookies, list) else [cookies]))
        header = {
            name: ", ".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in told.items()
        }
        body = given.get("body", {})
        if request.parse is not None and isinstance(body, str):
            # A text stands for what the server sends, and is read like it.
            received = Received(body.encode("utf-8", "surrogatepass"), header, request.url, status)
            try:
                body = value_of(received, request.parse, self._limits)
            except StepError as error:
                return StepResponse(status=None, url=request.url, failure="other", message=str(error))
        return StepResponse(status, body, phrase_of(status), header, request.url, set_cookies=set_cookies)

    def ending(self, name: str, seconds: float) -> "MockChannel":
        """See Channel."""
        return self

    def close(self) -> None:
        """See Channel."""
