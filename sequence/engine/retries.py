"""Sends a request, repeats it when its `retry` says so, and judges the response."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sequence.errors import StepError
from sequence.json_values import Json, as_text
from sequence.language import keys
from sequence.language.statuses import has_status, means_any
from sequence.senders.base import StepRequest, StepResponse

UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True)
class Retry:
    """How often, after what and how soon to try again. Seconds."""

    attempts: int
    on: tuple[Json, ...]
    wait_s: float
    rate: float
    max_s: float

    def wants_again(self, answer: StepResponse, attempt: int, error: str, until_holds: bool) -> bool:
        """Whether to try again after this answer to this try (1 is the first)."""
        if attempt >= self.attempts:
            return False
        if answer.failure:
            return answer.failure in self.on
        return has_status(list(self.on), answer.status) if error else not until_holds

    def pause(self, answer: StepResponse, attempt: int, seed: str, path: str) -> float:
        """Seconds to wait after this try: growing, with up to half as much again, or as Retry-After asks; up to max.

        Retry-After: RFC 9110, 10.2.3.
        """
        asked = retry_after(answer)
        if asked is not None:
            return min(asked, self.max_s)
        try:
            grown = self.wait_s * self.rate ** (attempt - 1)
        except OverflowError:
            grown = self.max_s
        # Jitter from the seed, not from a random source: the run stays determined by what its sender answers.
        draw = hashlib.sha256(f"{seed}|{path}|{attempt}".encode()).digest()[0] / 255
        return min(grown * (1 + draw / 2), self.max_s)


ONCE = Retry(attempts=1, on=(), wait_s=0.0, rate=1.0, max_s=0.0)
"""A step without `retry`."""


def retry_of(given: Mapping[str, Json] | None, repeatable: bool, *, refreshes: bool = False) -> Retry:
    """The retry of a resolved step; `refreshes`: its `use` counts, so that a 401 is tried again.

    Raises StepError for a value that a template made unusable.
    """
    if given is None:
        return ONCE
    unfit = keys.unfit(keys.RETRY_KEYS, given)
    if unfit is not None:
        raise StepError(str(unfit.within("retry")))
    row = {**keys.RETRY_DEFAULTS, **{name: value for name, value in given.items() if value is not None}}
    # A request that may have been answered is not repeated by itself unless that does no harm.
    on = row.get("on", [*keys.RETRY_ON, "timeout"] if repeatable else keys.RETRY_ON)
    if refreshes:
        on = [*on, UNAUTHORIZED]
    return Retry(row["attempts"], tuple(on), row["wait"], row["rate"], row["max"])


def retry_after(answer: StepResponse) -> float | None:
    """The seconds that Retry-After asks for, as a number or a date; None without one that can be read."""
    text = answer.header.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    now = datetime.fromtimestamp(answer.started + answer.ms / 1000, UTC)
    return max((moment - now).total_seconds(), 0.0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer with its verdict: `error` is empty when it is fine; `value` is what `$` and `save_to` get."""

    answer: StepResponse
    value: Json
    error: str = ""


def judge(answer: StepResponse, ok: Json, *, is_jac: bool = False) -> Verdict:
    """The verdict on an answer by its status. Of an error `$` gets status and message, or worker_error (base).

    An API of this service that says `"success": false` has failed, and `$` keeps its answer.
    """
    if answer.failure:
        return Verdict(answer, {"worker_error": answer.message}, answer.message)
    status = answer.status or 0
    if 200 <= status <= 399 if ok is None else has_status(ok, status):
        refused = "" if not is_jac or means_any(ok) else _unsuccessful(answer)
        return Verdict(answer, answer.body, refused)
    record = {"status": answer.status, "message": answer.reason}
    return Verdict(answer, record, f"status {answer.status} {answer.reason}".rstrip())


def _unsuccessful(answer: StepResponse) -> str:
    """Why an API of this service has failed by its own word; empty when it has not."""
    body = answer.body
    if not isinstance(body, Mapping) or body.get("success") is not False:
        return ""
    errors, error = body.get("errors"), body.get("error")
    told = errors[0] if isinstance(errors, list) and errors else errors or error
    if isinstance(told, Mapping):
        told = ": ".join(as_text(told[name]) for name in ("path", "message") if told.get(name))
    return f"success is false: {as_text(told)}" if told else "success is false"


def failure_of(answer: StepResponse, text: str) -> Verdict:
    """An answer that came, but that something else of the step refuses."""
    return Verdict(answer, {"worker_error": text}, text)


def no_answer(error: StepError) -> StepResponse:
    """In place of an answer to a request that could not be made."""
    return StepResponse(status=None, failure="other", message=str(error))


def at_attempt(request: StepRequest, attempt: int) -> StepRequest:
    """The same request as this try."""
    return request if request.attempt == attempt else replace(request, attempt=attempt)
