"""The shapes of API answers, and the one shape of errors."""

from dataclasses import dataclass, field
from typing import Any

from walkabout import json_text
from walkabout.jobs.run import OwnResponse
from walkabout.problems import Problem

TEXTS_MOST = 20
_WITH_DETAIL = (401, 403, 404, 405)  # errors that have `detail` in the original


@dataclass(frozen=True)
class Answer:
    """A status and a body: a JSON value, JSON text that is ready to be sent, or a walker's own response."""

    status: int = 200
    body: Any = None
    text: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    own: OwnResponse | None = None

    def as_text(self) -> str:
        """The body as JSON text."""
        return json_text.write(self.body) if self.text is None else self.text


class Refusal(Exception):
    """An API says no, because of problems; a text is a problem of the whole."""

    def __init__(
        self, status: int, *problems: Problem | str, retry_after_s: int | None = None, has_detail: bool = False
    ) -> None:
        """`has_detail`: the body has `detail` too, which it always has with some statuses."""
        self.status = status
        self.has_detail = has_detail or status in _WITH_DETAIL
        self.problems = tuple(one if isinstance(one, Problem) else Problem("", one) for one in problems)
        self.retry_after_s = retry_after_s
        super().__init__("; ".join(self.texts))

    @property
    def texts(self) -> tuple[str, ...]:
        """The problems as lines of text."""
        return tuple(map(str, self.problems))

    def answer(self) -> Answer:
        """The refusal in the shape that clients rely on."""
        headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        if self.status == 401:
            headers["WWW-Authenticate"] = "token"  # RFC 9110, 11.6.1
        body = error_body(self.status, _cut(self.texts))
        if self.has_detail:
            body["detail"] = body["response"]
        return Answer(self.status, body, headers=headers)


class FieldErrors(Exception):
    """A `/user/` route refuses fields, in the original's form: `{"email": ["..."]}`, status 400 (or 429)."""

    def __init__(self, errors: dict[str, list[str]], status: int = 400, *, retry_after_s: int | None = None) -> None:
        self.errors = errors
        self.status = status
        self.retry_after_s = retry_after_s
        super().__init__(str(errors))

    def answer(self) -> Answer:
        """The errors, each under its field."""
        headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        return Answer(self.status, self.errors, headers=headers)


def _cut(texts: tuple[str, ...]) -> list[str]:
    """The texts, but no more than a person reads."""
    if len(texts) <= TEXTS_MOST:
        return list(texts)
    return [*texts[:TEXTS_MOST], f"and {len(texts) - TEXTS_MOST} more"]


def error_body(status: int, texts: list[str]) -> dict[str, Any]:
    """`{"success": false, "errors": [...], "response": the first}`, and `detail` where the original has it."""
    body: dict[str, Any] = {"success": False, "errors": texts, "response": texts[0]}
    if status in _WITH_DETAIL:
        body["detail"] = texts[0]
    return body
