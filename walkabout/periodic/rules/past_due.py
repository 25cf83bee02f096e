"""The due times that have passed by a moment: how many, and the latest of them, without going through a long pause."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from walkabout.periodic.rules.clock import EPOCH, SECOND
from walkabout.periodic.rules.schedule import JUST_BEFORE, Schedule


@dataclass(frozen=True)
class PastDue:
    """Due times from `first` on. `latest`: the last of them, oldest first; `count`: how many there are in all.

    Those that fall within one second count once: a tick comes once a second.
    """

    first: datetime
    latest: tuple[datetime, ...]
    count: int

    @property
    def last(self) -> datetime:
        """The latest one."""
        return self.latest[-1]


def past_due(rule: Schedule, first: datetime, until: datetime, most: int) -> PastDue | None:
    """The due times from `first` (itself one) to `until`, both included, and the `most` latest; None: it is later."""
    if first > until:
        return None
    second = None if rule.one_off else rule.next_after(first)
    if second is None or second > until:
        return PastDue(first, (first,), 1)
    latest = _latest(rule, first, until, most)
    end = until if rule.expires is None else min(until, rule.expires - JUST_BEFORE)
    return PastDue(first, tuple(latest), 1 + rule.kind.count(first, end))


def from_on(rule: Schedule, passing: PastDue, moment: datetime, until: datetime, most: int) -> PastDue | None:
    """The part of what has passed that is not before a moment; None: all of it is."""
    if passing.first >= moment:
        return passing
    first = None if rule.one_off else rule.next_after(moment - JUST_BEFORE)
    return None if first is None else past_due(rule, first, until, most)


def _latest(rule: Schedule, first: datetime, until: datetime, most: int) -> deque[datetime]:
    # Back from the end in ever longer strides, until enough lie ahead: a year of missed minutes costs no more than an hour.
    stride = SECOND * most
    while True:
        start = max(first - JUST_BEFORE, until - stride)
        found = deque(_once_a_tick(takewhile(lambda fire: fire <= until, rule.fires_after(start))), most)
        if len(found) == most or start < first:
            return found
        stride *= 4


def _once_a_tick(fires: Iterator[datetime]) -> Iterator[datetime]:
    held: datetime | None = None
    for fire in fires:
        if held is not None and _tick(held) != _tick(fire):
            yield held
        held = fire
    if held is not None:
        yield held


def _tick(fire: datetime) -> int:
    """The whole second at which a due time is seen to."""
    return -(-(fire - EPOCH) // timedelta(seconds=1))
