"""How long the runs of a task usually take, and how often they succeed."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from walkabout.jobs.queries import Mark
from walkabout.jobs.states import FAILURE, SUCCESS
from walkabout.jobs.usual_length import nearly_all_below, took_s, usual_lengths
from walkabout.web.pages.words import length


@dataclass(frozen=True)
class Usual:
    """Of the last runs that succeeded: the median of their lengths, and what 95 % of them stay below, in seconds."""

    median_s: float
    most_s: float

    @property
    def words(self) -> str:
        """Both, for people."""
        return f"{length(self.median_s)}, 95 % below {length(self.most_s)}"


def usual(marks: Sequence[Mark]) -> Usual | None:
    """What is usual of these runs; None: there are too few to tell."""
    lengths = usual_lengths(marks)
    return Usual(median(lengths), nearly_all_below(lengths)) if lengths else None


def slowest(marks: Sequence[Mark]) -> Mark | None:
    """The one of these runs that took longest; None when none has ended."""
    ended = [mark for mark in marks if mark.state in (SUCCESS, FAILURE) and took_s(mark) is not None]
    return max(ended, key=lambda mark: took_s(mark) or 0.0, default=None)


def success_rate(marks: Sequence[Mark]) -> str:
    """How many of these runs that ended by themselves did so well; empty when none did."""
    over = [mark.state for mark in marks if mark.state in (SUCCESS, FAILURE)]
    good = over.count(SUCCESS)
    return f"{100 * good / len(over):.0f} % ({good} of the last {len(over)})" if over else ""
