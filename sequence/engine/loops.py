"""Runs a loop over an array of the response, item by item or several items side by side."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sequence.engine.context import Counters
from sequence.engine.failure import Failure
from sequence.engine.memory import Memory
from sequence.engine.ordered_pool import OrderedPool
from sequence.engine.scope import Scope
from sequence.errors import Halted, LimitReached, RunEnded, StepError
from sequence.json_values import Json, as_text, wire
from sequence.language import keys
from sequence.language.expressions import list_at
from sequence.language.plan import LoopPlan, StepPlan
from sequence.language.save_keys import save_key
from sequence.language.templates import resolve_template

RunSteps = Callable[[tuple[StepPlan, ...], Scope, str], Failure | None]
AHEAD = 4
"""Items that may be started ahead of the one judged next, as a multiple of the concurrency."""


@dataclass(frozen=True, slots=True)
class _Options:
    concurrency: int
    limit: int | None
    tolerate: Json
    collect: str
    collect_name: str

    def allowed(self, count: int) -> int:
        """How many of `count` items may fail."""
        if isinstance(self.tolerate, str):
            return count * int(self.tolerate.rstrip("% ")) // 100
        return int(self.tolerate)


@dataclass(slots=True)
class _Item:
    """An item that ran: its scope, how it failed, and what ended the run in it."""

    scope: Scope
    index: int
    failure: Failure | None = None
    ended: RunEnded | None = None


@dataclass(slots=True)
class _Loop:
    plan: LoopPlan
    scope: Scope
    path: str
    run_steps: RunSteps
    options: _Options
    allowed: int = 0
    failures: list[Failure] = field(default_factory=list)
    collected: list[Json] = field(default_factory=list)
    weight: int = 0
    taken: list[Mapping[str, int]] = field(default_factory=list)  # by items that count: see Memory.taken


def run_loop(plan: LoopPlan, scope: Scope, path: str, run_steps: RunSteps) -> Failure | None:
    """Runs the loop's steps for each item of the array. The failure of the step that loops, or None.

    Raises RunEnded for what ends the run.
    """
    try:
        options = _options(plan, scope)
        items = list_at(plan.by, scope, "by of the loop")
    except StepError as error:
        return Failure.of(path, str(error))
    loop = _Loop(plan, scope, path, run_steps, options)
    try:
        failure = _run(loop, items)
        if options.collect:
            scope.memory.put(options.collect, loop.collected, options.collect_name)
    except _FilterFailed as failed:
        return failed.failure
    except StepError as error:
        return Failure.of(path, f"collect: {error}")
    return failure


def _options(plan: LoopPlan, scope: Scope) -> _Options:
    fields = {name: resolve_template(value, scope) for name, value in plan.fields.items()}
    unfit = keys.unfit(keys.LOOP_KEYS, fields)
    if unfit is not None:
        raise StepError(f"the loop's {unfit}")
    concurrency = min(fields.get("concurrency") or 1, scope.context.settings.limits.concurrency)
    collect = as_text(fields.get("collect"))
    return _Options(concurrency, fields.get("limit"), fields.get("tolerate") or 0, save_key(collect), collect)


class _FilterFailed(Exception):
    """A filter of the loop could not be looked at for an item: the loop itself has failed."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def _run(loop: _Loop, items: list[Json]) -> Failure | None:
    side_by_side = loop.options.concurrency > 1
    chosen = _choose(loop, items)
    if not side_by_side and not isinstance(loop.options.tolerate, str):
        loop.allowed = int(loop.options.tolerate)
        return _one_by_one(loop, chosen)
    known = list(chosen)
    loop.allowed = loop.options.allowed(len(known))
    return _side_by_side(loop, known) if side_by_side else _one_by_one(loop, iter(known))


def _choose(loop: _Loop, items: list[Json]) -> Iterator[_Item]:
    """The items that the filter keeps, with the index that they had, up to the limit."""
    left = loop.options.limit
    for index, item in enumerate(items):
        if left == 0:
            return
        loop.scope.context.tally.item()
        loop.scope.context.channel.check_time(loop.path)
        own = loop.scope.item(loop.scope.context, loop.scope.memory, item, index)
        own.enter(f"{loop.path}.loop[{index}]")
        if loop.plan.filter is None or _holds(loop, own, "filter"):
            left = None if left is None else left - 1
            yield _Item(own, index)


def _holds(loop: _Loop, scope: Scope, name: str) -> bool:
    group = loop.plan.filter if name == "filter" else loop.plan.until
    assert group is not None
    try:
        return group.bind(scope).holds(scope)
    except StepError as error:
        raise _FilterFailed(Failure.of(scope.path, f"{name} of the loop: {error}")) from None


def _one_by_one(loop: _Loop, chosen: Iterator[_Item]) -> Failure | None:
    for item in chosen:
        item.failure = loop.run_steps(loop.plan.steps, item.scope, f"{loop.path}.loop[{item.index}].")
        failure = _judge(loop, item)
        if failure is not None:
            return failure
        if loop.plan.until is not None:
            item.scope.enter(f"{loop.path}.loop[{item.index}]")
            if _holds(loop, item.scope, "until"):
                return None
    return None


def _judge(loop: _Loop, item: _Item) -> Failure | None:
    """Takes the item's outcome into the loop's; the loop's failure when one item too many has failed."""
    if loop.options.collect:
        loop.weight += len(wire(item.scope.own(item.scope.current)))
        limit = loop.scope.context.settings.limits.persistence_bytes
        if loop.weight > limit:
            raise LimitReached(f"{loop.options.collect} collected {loop.weight} bytes; the limit is {limit}")
        loop.collected.append(item.scope.own(item.scope.current))
    if item.failure is None:
        return None
    loop.failures.append(item.failure)
    if len(loop.failures) <= loop.allowed:
        return None
    paths = tuple(path for failure in loop.failures for path in failure.paths)
    text = item.failure.message
    if loop.allowed:
        text = f"{len(loop.failures)} items failed and {loop.allowed} may; the last: {text}"
    return Failure(item.failure.path, text, item.failure.value, paths)


def _side_by_side(loop: _Loop, chosen: list[_Item]) -> Failure | None:
    """Items on threads, each on its own view; judged in their order, so that timing decides nothing."""
    threads = loop.scope.context.threads
    taken = threads.take(min(loop.options.concurrency, len(chosen)))
    failed = 0

    def enough(item: _Item) -> bool:
        nonlocal failed
        failed += item.failure is not None
        return item.ended is not None or failed > loop.allowed

    start, tally = loop.scope.memory.freeze(), loop.scope.context.tally.fork()

    def work(place: int) -> _Item:
        return _beside(loop, chosen[place], start.view(), tally.fork())

    try:
        crew = OrderedPool(work, len(chosen), max(taken, 1), AHEAD * loop.options.concurrency, enough)
        return _in_order(loop, crew)
    finally:
        threads.requeue(taken)
        # All items are over, and with them the runs of blocks that they began: now they are everybody's.
        loop.scope.context.refreshes.bring_all(loop.scope.memory, f"{loop.path}.loop[", loop.taken)


def _failures(item: _Item) -> list[Failure]:
    return [*item.scope.context.soft, *([item.failure] if item.failure else [])]


def _beside(loop: _Loop, item: _Item, view: Memory, tally: Counters) -> _Item:
    base = loop.scope
    scope = base.item(base.context.beside(tally), view, item.scope.current, item.index)
    ran = _Item(scope, item.index)
    try:
        ran.failure = loop.run_steps(loop.plan.steps, scope, f"{loop.path}.loop[{item.index}].")
    except RunEnded as ended:
        ran.ended = ended
    return ran


def _in_order(loop: _Loop, crew: OrderedPool[_Item]) -> Failure | None:
    reporter = loop.scope.context.reporter
    failure: Failure | None = None
    ended: RunEnded | None = None
    behind: list[str] = []
    for item in crew.results():
        records = item.scope.context.reporter.records
        if isinstance(ended, Halted):
            continue
        if failure is not None or ended is not None:
            reporter.discard(records)
            behind += [path for failed in _failures(item) for path in failed.paths]
            continue
        reporter.join(records)
        loop.scope.context.soft.extend(item.scope.context.soft)
        try:
            loop.taken.append(item.scope.memory.taken)
            loop.scope.memory.merge(item.scope.memory)
            loop.scope.context.tally.join(item.scope.context.tally)
            failure, ended = _judge(loop, item), item.ended
        except RunEnded as limit:
            limit.path = limit.path or f"{loop.path}.loop[{item.index}]"
            ended = limit
            crew.stop()
    if ended is not None:
        raise ended
    if failure is None or not behind:
        return failure
    return Failure(failure.path, failure.message, failure.value, (*failure.paths, *behind))
