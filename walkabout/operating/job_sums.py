"""Counts of ended jobs that only grow, over all processes and machines, although the jobs themselves are deleted in time.

The ledger is what is counted, so a job costs nothing more, and a killed process loses no count. What ended long enough
ago is added to the table `job_sum` when somebody asks, and what ended since then is counted anew each time.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from walkabout import json_text
from walkabout.database.connections import Database, Unavailable
from walkabout.jobs import sums
from walkabout.jobs.sums import EndedJobs
from walkabout.times import Clock

SETTLED_S = 30.0
"""After so long no transaction is still under way that would end a job at that moment, by whatever machine's clock."""

LABELS = {
    "ended": ("state", "kind", "name", "queue"),
    "takeovers": ("kind", "name", "queue"),
    "waited": ("kind", "name", "queue"),
    "ran": ("kind", "name", "queue"),
    "late": (),
}
SUM = "sum"
"""The bucket in which a histogram's seconds are added up."""
_UNTIL = "until"
_FIRST = -math.inf

Key = tuple[str, tuple[str, ...], str]
"""A series, the values of its labels, and a bucket ("": it has none)."""


@dataclass(frozen=True)
class JobSums:
    """The sums of one installation."""

    db: Database
    clock: Clock

    def now(self) -> dict[Key, float]:
        """All sums, up to this moment. Raises Unavailable."""
        try:
            self._settle()
        except Unavailable:
            pass  # a full disk: then more is counted anew
        until, kept = self._kept()
        return _added(kept, _numbers(sums.ended(self.db, until, math.inf)))

    def _settle(self) -> None:
        until = self._settled_until()
        settled = self.clock() - SETTLED_S
        if settled <= until:
            return
        more = _added({}, _numbers(sums.ended(self.db, until, settled)))
        with self.db.transaction():
            if self._settled_until() != until:
                return  # somebody else was first
            rows = [
                (series, json_text.write(labels), bucket, amount) for (series, labels, bucket), amount in more.items()
            ]
            self.db.change_many(_ADD, rows)
            self.db.change(_SET, (_UNTIL, "", "", settled))

    def _settled_until(self) -> float:
        row = self.db.first("SELECT amount FROM job_sum WHERE series = ?", (_UNTIL,))
        return _FIRST if row is None else float(row[0])

    def _kept(self) -> tuple[float, dict[Key, float]]:
        kept: dict[Key, float] = {}
        until = _FIRST
        for series, labels, bucket, amount in self.db.rows("SELECT series, labels, bucket, amount FROM job_sum"):
            if series == _UNTIL:
                until = amount
            else:
                kept[series, tuple(json_text.read(labels)), bucket] = amount
        return until, kept


_ADD = (
    "INSERT INTO job_sum (series, labels, bucket, amount) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (series, labels, bucket) DO UPDATE SET amount = job_sum.amount + excluded.amount"
)
_SET = _ADD.replace("job_sum.amount + excluded.amount", "excluded.amount")


def _numbers(groups: Iterable[EndedJobs]) -> Iterator[tuple[Key, float]]:
    for group in groups:
        of = (group.kind, group.name, group.queue)
        yield ("ended", (group.state, *of), ""), group.jobs
        yield ("takeovers", of, ""), group.takeovers
        for series, labels, bucket, seconds in (
            ("waited", of, group.waited_bucket, group.waited_s),
            ("ran", of, group.ran_bucket, group.ran_s),
            ("late", (), group.late_bucket, group.late_s),
        ):
            if bucket is not None:
                yield (series, labels, bucket), group.jobs
                yield (series, labels, SUM), seconds


def _added(kept: dict[Key, float], numbers: Iterable[tuple[Key, float]]) -> dict[Key, float]:
    for key, number in numbers:
        kept[key] = kept.get(key, 0) + number
    return kept
