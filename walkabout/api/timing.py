"""The parameters for when something runs: now, or in the background with a delay, a priority and a queue."""

from dataclasses import dataclass

from walkabout.actions.timing import Timing
from walkabout.api.answers import Refusal
from walkabout.api.registry import On
from walkabout.jobs.specs import LONGEST_DELAY_S, PRIORITIES, check_queue
from walkabout.problems import Problem
from walkabout.times import seconds_of


@dataclass(frozen=True)
class RunOptions:
    """The parameters that every route which runs something takes."""

    is_async: On = None
    delay: float | None = None
    eta: str | None = None
    priority: int = 0
    queue: str | None = None
    idempotency_key: str | None = None


def timing_of(when: RunOptions, now: float, *, is_async: bool = False) -> Timing:
    """The timing that the parameters mean; `is_async`: if they don't say. Raises Refusal, Invalid."""
    background = is_async if when.is_async is None else when.is_async
    least, most = PRIORITIES
    if not least <= when.priority <= most:
        raise Refusal(400, Problem("priority", f"{when.priority} is out of range; use {least} to {most}"))
    if when.delay is not None and when.eta is not None:
        raise Refusal(400, Problem("delay, eta", "use only one of the two"))
    given = {"delay": when.delay is not None, "eta": when.eta is not None, "priority": when.priority != 0}
    given |= {"queue": when.queue is not None, "idempotency_key": when.idempotency_key is not None}
    if not background and any(given.values()):
        raise Refusal(400, *(Problem(name, "needs is_async") for name, is_given in given.items() if is_given))
    queue = None if when.queue is None else check_queue("queue", when.queue)
    return Timing(background, _moment(now, when.delay, when.eta), when.priority, queue)


def _moment(now: float, delay: float | None, eta: str | None) -> float | None:
    if delay is not None:
        if not 0 <= delay <= LONGEST_DELAY_S:
            raise Refusal(400, Problem("delay", f"{delay:g} is out of range; seconds, 0 or more, at most 100 years"))
        return now + delay if delay else None
    if eta is None:
        return None
    try:
        moment = seconds_of(eta)
    except (ValueError, OverflowError):
        raise Refusal(
            400, Problem("eta", f'"{eta[:40]}" is not a time; use ISO 8601 with an offset, 2030-01-31T09:00:00+01:00')
        ) from None
    if moment > now + LONGEST_DELAY_S:
        raise Refusal(400, Problem("eta", f"{eta[:40]} is more than 100 years away"))
    return moment
