"""The entry point: runs an argument over a sender and returns a Run. A failed step raises nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sequence.engine.block_runs import Refreshes
from sequence.engine.context import Counters, RunContext, Threads
from sequence.engine.endings import IsOver, run_to_end
from sequence.engine.records import Record
from sequence.engine.reports import OnStep, Reporter
from sequence.engine.scope import Scope
from sequence.engine.steps import run_steps
from sequence.errors import RunEnded, RunError
from sequence.json_values import JsonValue
from sequence.language.check import make_plan
from sequence.language.plan import SequencePlan
from sequence.masking.masker import Masker
from sequence.problems import Problem
from sequence.senders.base import Channel, Jac, Opening, Sender
from sequence.senders.live import Live
from sequence.senders.network import Network
from sequence.settings import SequenceSettings


@dataclass(frozen=True, slots=True)
class SequenceRun:
    """What a run has come to. `persistence` and what a sequence saved are real values; records are masked.

    `errors` are all of them, in the order in which they came; `error` is the first. `problems` is filled, and
    `error.kind` is "refused", when the structure can't work: then nothing was sent.
    """

    persistence: dict[str, JsonValue] = field(default_factory=dict)
    steps: list[Record] = field(default_factory=list)
    error: RunError | None = None
    errors: list[RunError] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _masker: Masker = field(default_factory=lambda: Masker({}), repr=False, compare=False)

    @classmethod
    def ended_by(
        cls, error: RunError, persistence: dict[str, JsonValue], masker: Masker, problems: Sequence[Problem] = ()
    ) -> "SequenceRun":
        """A run that ended before its first step."""
        return cls(persistence, [], error, [error], list(problems), masker)

    @property
    def ok(self) -> bool:
        """Whether no error ended it."""
        return self.error is None

    def for_owner(self) -> dict[str, JsonValue]:
        """The persistence for whoever the run belongs to: real values, except those of `secret.NAME`."""
        masked: dict[str, JsonValue] = self._masker.without_secrets(self.persistence)
        return masked

    def for_people(self, budget: int = 64 * 1024) -> dict[str, JsonValue]:
        """The persistence for a page: everything sensitive is masked, cut to about `budget` bytes."""
        masked: dict[str, JsonValue] = self._masker.for_people(self.persistence, budget)
        return masked


def run(
    argument: object,
    *,
    jac: Jac | None = None,
    on_step: OnStep | None = None,
    sender: Sender | None = None,
    settings: SequenceSettings | None = None,
    is_over: IsOver = lambda _: True,
    lengthen: Callable[[int], None] = lambda _: None,
) -> SequenceRun:
    """Runs a sequence to its end.

    `argument` is never changed. `jac(api, body, master)` is what the JAC method calls. `on_step(record)` is told each
    record as it comes, one at a time; what it raises ends the run and is raised here. `sender` is a Live, Mock or
    Replay; without one, a Live that knows no proxies and reads nothing of the environment. `is_over(errors)`: whether a run
    that has come to these errors is over, so that it does what it does at its end. `lengthen(lists)`: a sequence that it has
    run as a step has come to its end, and does so many lists of steps there, each with seconds of its own. Raises nothing for
    what a sequence may do wrong, and Halted when its sender was told to halt before the run's end.
    """
    settings = settings or SequenceSettings()
    plan, problems = make_plan(argument, settings.limits)
    masker = Masker(settings.secrets)
    if plan is None:
        first = problems[0]
        return SequenceRun.ended_by(RunError(first.path, first.message, "refused"), {}, masker, problems)
    reporter = Reporter(masker, settings.limits.record_bytes, on_step)
    total_s = min(plan.timeout_s or settings.limits.total_s, settings.limits.total_s)
    opening = Opening(settings.limits, jac, plan.cookies, total_s, has_secret=masker.has_secret)
    try:
        channel = (sender or Live(Network())).open(opening)
    except RunEnded as ended:
        return SequenceRun.ended_by(RunError(ended.path or "run", ended.message, ended.kind), plan.persistence, masker)
    try:
        counters, threads = Counters(settings.limits), Threads(settings.limits.threads)
        refreshes = Refreshes("", channel.known_block_runs())
        context = RunContext(channel, settings, reporter, counters, threads, refreshes=refreshes, lengthen=lengthen)
        return _run(plan, context, channel, is_over)
    except BaseException:
        # Threads that wait for a next try are let go.
        opening.stop.cut()
        reporter.say_unknown()
        raise
    finally:
        channel.close()


def _run(plan: SequencePlan, context: RunContext, channel: Channel, is_over: IsOver) -> SequenceRun:
    masker, records = context.reporter.masker, context.reporter.records
    try:
        scope = Scope.first(plan.persistence, plan.start, context)
    except RunEnded as ended:
        return SequenceRun.ended_by(RunError("persistence", ended.message, ended.kind), plan.persistence, masker)
    errors, _ = run_to_end(plan, scope, "", run_steps, is_over)
    channel.note_end(tuple(dict.fromkeys(path for error in errors for path in error.paths)))
    return SequenceRun(scope.memory.whole(), records, errors[0] if errors else None, errors, _masker=masker)
