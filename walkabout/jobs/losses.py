"""What happens to a run that was ended from outside: the rule for lost workers, and its messages."""

from typing import NamedTuple

CANCELLED = "cancelled"  # the reason of a run that somebody cancelled; what else revokes one says why
# What is left, by kind, of a run that was ended at its time limit. A walker's changes come with its success, a sequence's
# steps act at once.
_LEFT = {"sequence": "what its steps sent and did stays"}


class LostRun(NamedTuple):
    """A run whose worker is gone, or is told to stop. `takeovers`: how often it was lost before; `cancel`: somebody wants it
    ended at once; `sent`: the request that it has sent and that may not be repeated; `cancelling`: somebody wants it ended,
    and it cleans up before."""

    uid: str
    takeovers: int
    cancel: bool
    repeatable: bool
    sent: str | None
    cancelling: bool = False


def why_not_again(lost: LostRun, most: int | None) -> str | None:
    """Why a run whose worker was lost is not queued again, but a failure; None: it is queued again.

    `most`: how often it may be lost; None: this time does not count.
    """
    if lost.sent is not None:
        return f"the run was cut short: {lost.sent}"
    if not lost.repeatable:
        return "the run was cut short, and its walker is not repeatable"
    if most is not None and lost.takeovers >= most:
        return f"the worker was lost {lost.takeovers + 1} times (MAX_TAKEOVERS)"
    return None


def limit_text(limit_s: float, kind: str) -> str:
    """What a run of a kind that was ended at its time limit (seconds) says."""
    return f"ended after {limit_s:g} s, its time limit; {left_of(kind)}"


def left_of(kind: str) -> str:
    """What is left of a run of a kind that was ended."""
    return _LEFT.get(kind, "none of its changes were saved")
