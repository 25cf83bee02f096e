"""Calls an API of this service instead of a URL."""

from collections.abc import Callable
from dataclasses import replace

from sequence.errors import RunEnded, StepError
from sequence.json_values import parse_json, too_deep, wire
from sequence.language.plain_values import plain_value
from sequence.senders.base import Jac, Nested, StepRequest, StepResponse
from sequence.settings import SequenceLimits


def call_jac(
    jac: Jac | None,
    request: StepRequest,
    limits: SequenceLimits,
    started: float,
    begun: float,
    monotonic: Callable[[], float],
) -> StepResponse | Nested:
    """The answer of the API, or Nested as it is. What the call raises is the answer's failure."""
    if jac is None:
        return StepResponse(
            status=None, url=request.url, started=started, failure="other", message="JAC is not available here"
        )
    try:
        # A copy: what the API does to its parameters must not reach the plan or the persistence.
        given = jac(request.url, parse_json(wire(request.body)), request.master)
        if isinstance(given, Nested):
            return given
        answer = given if isinstance(given, StepResponse) else StepResponse(body=given)
        body, problems = plain_value(answer.body, limits.depth)
        if problems:
            raise StepError(f"the answer of {request.url} is not JSON: {problems[0]}")
        text = wire(body)
        if len(text) > limits.response_bytes or too_deep(text, limits.depth):
            raise StepError(f"the answer of {request.url} is larger than {limits.response_bytes} bytes")
    except RunEnded:
        raise
    except Exception as error:
        text = str(error) or type(error).__name__
        ms = (monotonic() - begun) * 1000
        return StepResponse(status=None, url=request.url, ms=ms, started=started, failure="other", message=text)
    ms = (monotonic() - begun) * 1000
    return replace(answer, body=body, url=request.url, ms=ms, started=started, size=len(text))
