"""What happens to a run that was ended from outside: the rule for lost workers, and its messages."""

from collections.abc import Sequence
from typing import Any

from walkabout.jobs.states import FAILURE, PENDING, REVOKED

CANCELLED = "cancelled"  # the reason of a run that somebody cancelled; what else revokes one says why
# What is left, by kind, of a run that was ended at its time limit. A walker's changes come with its success, a sequence's
# steps act at once.
_LEFT = {"sequence": "what its steps have sent and done stays"}


def after_loss(terms: Sequence[Any], most: int | None) -> tuple[str, str | None]:
    """What becomes of a run whose worker was lost: its state, and the text that says why.

    `most`: how often it may be lost; None: this time does not count.
    """
    takeovers, cancel, repeatable, sent = terms
    if cancel:
        return REVOKED, CANCELLED
    if sent is not None:
        return FAILURE, f"the run was cut short: {sent}"
    if not repeatable:
        return FAILURE, "the run was cut short, and its walker is not repeatable"
    if most is not None and takeovers >= most:
        return FAILURE, f"the worker was lost {takeovers + 1} times (MAX_TAKEOVERS)"
    return PENDING, None


def limit_text(limit_s: float, kind: str) -> str:
    """What a run of a kind that was ended at its time limit (seconds) says."""
    return f"ended after {limit_s:g} s, its time limit; {left_of(kind)}"


def left_of(kind: str) -> str:
    """What is left of a run of a kind that was ended."""
    return _LEFT.get(kind, "nothing of it was kept")
