"""How long the runs of a periodic task usually take, by its last ones."""

from collections.abc import Sequence

from walkabout.jobs.queries import Mark
from walkabout.jobs.states import SUCCESS

MOST = 30  # runs that are looked at
LEAST = 3  # runs that make something usual


def usual_lengths(marks: Sequence[Mark]) -> list[float]:
    """The lengths of those of these runs that succeeded, in seconds, the shortest first; none where they are too few."""
    lengths = sorted(took for mark in marks if mark.state == SUCCESS and (took := took_s(mark)) is not None)
    return lengths if len(lengths) >= LEAST else []


def nearly_all_below(lengths: Sequence[float]) -> float:
    """What 95 % of some lengths (sorted, at least one) stay below."""
    return lengths[max(-(-len(lengths) * 95 // 100) - 1, 0)]


def took_s(mark: Mark) -> float | None:
    """How long a run took, in seconds; None: it has not ended, or never began."""
    return None if mark.ended_at is None or mark.started_at is None else mark.ended_at - mark.started_at
