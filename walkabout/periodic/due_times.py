"""Decides what happens to due times: which get a run, which are missed, and what `overlap` does.

Rules on plain data; the tick brings the clock and the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from walkabout.jobs.queries import OpenRun
from walkabout.jobs.states import STARTED
from walkabout.periodic.periodic_task import moment
from walkabout.periodic.policies import Policies
from walkabout.periodic.rules.clock import JUST_BEFORE
from walkabout.periodic.rules.fields import number_text
from walkabout.periodic.rules.past_due import PastDue, from_on, past_due
from walkabout.periodic.rules.schedule import Schedule

ON_TIME = timedelta(seconds=2)  # a loaded machine may be so late; what is later has been missed
CAUGHT_UP_MOST = 100  # missed due times of one task that are run, by catch_up all
_LOOKED_AT = {"once": 1, "none": 2, "all": CAUGHT_UP_MOST + 1}  # of the latest due times, as many as a rule needs


@dataclass(frozen=True)
class Due:
    """A due time that gets a run. It may stand for others, from `first` on: `fires` in all, of which `missed` were."""

    at: datetime
    first: datetime
    fires: int = 1
    missed: int = 0

    def span(self, reason: str) -> "FireSpan":
        """The same due times when they get no run after all."""
        return FireSpan(self.first, self.at, self.fires, reason)


@dataclass(frozen=True)
class FireSpan:
    """Due times, from the first to the last, that get no run, and why."""

    first: datetime
    last: datetime
    count: int
    reason: str


@dataclass(frozen=True)
class FirePlan:
    """What is to be done about the due times that have passed.

    `after_a_pause`: the runs go one after another, whatever `overlap` says.
    """

    runs: tuple[Due, ...]
    missed: tuple[FireSpan, ...]
    after_a_pause: bool = False

    def without_runs(self, reason: str) -> "FirePlan":
        """The same when no run is possible."""
        if not self.runs:
            return self
        first, last = self.runs[0].first, self.runs[-1].at
        return FirePlan((), (*self.missed, FireSpan(first, last, sum(due.fires for due in self.runs), reason)))


@dataclass(frozen=True)
class OverlapOutcome:
    """What `overlap` makes of a run whose task has other runs that are not over.

    `skip`: why it does not run (empty: it runs); `held`: it waits for its turn; `cancel`: the older runs that end.
    """

    skip: str = ""
    held: bool = False
    cancel: tuple[OpenRun, ...] = ()


def plan_fires(rule: Schedule, policies: Policies, first: datetime, until: datetime) -> FirePlan:
    """What is to be done about the due times from `first` to `until` (both included, UTC).

    `until` is the tick's second, less what jitter takes from it: lateness counts from there.
    """
    most = _LOOKED_AT[policies.catch_up]
    passing = past_due(rule, first, until, most)
    if passing is None:
        return FirePlan((), ())
    too_late: tuple[FireSpan, ...] = ()
    if policies.grace is not None:
        in_grace = until - timedelta(seconds=policies.grace)
        rest = from_on(rule, passing, in_grace, until, most)
        if rest is not passing:
            too_late = (_too_late(rule, passing, rest, policies.grace, in_grace),)
        if rest is None:
            return FirePlan((), too_late)
        passing = rest
    caught_up = _CATCH_UP[policies.catch_up](passing, until - passing.last <= ON_TIME)
    return replace(caught_up, missed=(*too_late, *caught_up.missed))


def apply_overlap(overlap: str, due: datetime, rule: Schedule, runs: Sequence[OpenRun]) -> OverlapOutcome:
    """What becomes of a fire when these runs of its task are not over."""
    return _OVERLAP[overlap](rule.local_text(due), rule, runs) if runs else OverlapOutcome()


def _too_late(rule: Schedule, passing: PastDue, rest: PastDue | None, grace_s: float, in_grace: datetime) -> FireSpan:
    reason = f"late by more than its grace of {number_text(grace_s)} s"
    if rest is None:
        return FireSpan(passing.first, passing.last, passing.count, reason)
    before = past_due(rule, passing.first, in_grace - JUST_BEFORE, 1)
    last = passing.first if before is None else before.last
    return FireSpan(passing.first, last, max(passing.count - rest.count, 1), reason)


def _once(passing: PastDue, on_time: bool) -> FirePlan:
    return FirePlan((Due(passing.last, passing.first, passing.count, passing.count - on_time),), ())


def _none(passing: PastDue, on_time: bool) -> FirePlan:
    reason = "missed while the service or the machine was not running (catch_up: none)"
    if not on_time:
        return FirePlan((), (FireSpan(passing.first, passing.last, passing.count, reason),))
    run = (Due(passing.last, passing.last),)
    if passing.count == 1:
        return FirePlan(run, ())
    return FirePlan(run, (FireSpan(passing.first, passing.latest[-2], passing.count - 1, reason),))


def _all(passing: PastDue, on_time: bool) -> FirePlan:
    if on_time and passing.count == 1:
        return FirePlan((Due(passing.last, passing.last),), ())
    runs = tuple(Due(at, at) for at in passing.latest[-CAUGHT_UP_MOST:])
    older = passing.count - len(runs)
    if not older:
        return FirePlan(runs, (), after_a_pause=True)
    reason = f"older than the {CAUGHT_UP_MOST} latest missed runs, which are run (catch_up: all)"
    return FirePlan(runs, (FireSpan(passing.first, passing.latest[0], older, reason),), after_a_pause=True)


def _skip(due: str, rule: Schedule, runs: Sequence[OpenRun]) -> OverlapOutcome:  # noqa: ARG001 - all rules are asked alike
    return OverlapOutcome(skip=f"{_run_text(rule, runs[0])} is not over (overlap: skip)")


def _allow(due: str, rule: Schedule, runs: Sequence[OpenRun]) -> OverlapOutcome:  # noqa: ARG001
    return OverlapOutcome()


def _queue(due: str, rule: Schedule, runs: Sequence[OpenRun]) -> OverlapOutcome:  # noqa: ARG001
    waiting = [run for run in runs if run.held and not run.caught_up]
    if waiting:
        return OverlapOutcome(skip=f"{_run_text(rule, waiting[0])} is already waiting (overlap: queue)")
    return OverlapOutcome(held=True)


def _replace(due: str, rule: Schedule, runs: Sequence[OpenRun]) -> OverlapOutcome:  # noqa: ARG001
    # Those that are caught up after a pause are outside of this rule: they go on, and the new run waits for them.
    older = tuple(run for run in runs if not run.caught_up)
    return OverlapOutcome(held=len(older) < len(runs) or any(run.state == STARTED for run in older), cancel=older)


def _run_text(rule: Schedule, run: OpenRun) -> str:
    return (
        "the previous run, started by hand,"
        if run.due is None
        else f"the previous run, due {rule.local_text(moment(run.due))},"
    )


_CATCH_UP = {"once": _once, "none": _none, "all": _all}
_OVERLAP = {"skip": _skip, "allow": _allow, "queue": _queue, "replace": _replace}
