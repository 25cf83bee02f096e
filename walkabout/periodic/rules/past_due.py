"""Finds the due times up to a moment: how many, and the latest, without walking through a long pause."""

from dataclasses import dataclass
from datetime import datetime

from walkabout.periodic.rules.clock import JUST_BEFORE
from walkabout.periodic.rules.schedule import Schedule


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
    end = until if rule.expires is None else min(until, rule.expires - JUST_BEFORE)
    before = first - JUST_BEFORE
    if rule.one_off:
        return PastDue(first, (first,), 1)
    if rule.next_after(before) == first:
        return PastDue(first, tuple(rule.kind.latest(before, end, most)), rule.kind.count(before, end))
    # By today's rule it is none (a zone's clock may change its ways), and yet it was due.
    latest = [first, *rule.kind.latest(first, end, most)]
    return PastDue(first, tuple(latest[-most:]), 1 + rule.kind.count(first, end))


def from_on(rule: Schedule, passing: PastDue, moment: datetime, until: datetime, most: int) -> PastDue | None:
    """The part of what has passed that is not before a moment; None: all of it is."""
    if passing.first >= moment:
        return passing
    first = None if rule.one_off else rule.next_after(moment - JUST_BEFORE)
    return None if first is None else past_due(rule, first, until, most)
