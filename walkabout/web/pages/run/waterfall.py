"""A sequence's run as a waterfall: one row a step on one axis of time; long loops fold into one row."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from walkabout.sequences.record_summaries import RecordSummary
from walkabout.web.pages.run.ahead import IN_FLIGHT, TO_COME
from walkabout.web.pages.run.step_numbers import key_number
from walkabout.web.pages.run.step_tree import TreeStep, find_step, step_tree, tally
from walkabout.web.pages.words import NOTHING, State, count, cut, length, size

FOLD_ABOVE = 20  # items of a loop that are shown without folding it
ROWS_MOST = 60  # rows of one page
FAILED_MOST = 20  # rows of failed items, in all loops that are folded on one page
DEEPEST = 6  # levels that are indented
WIDTH = 1000  # of the axis, in units of the pictures
LEAST = 4  # so wide is a bar at least
TICKS = 4
STATES = {
    "ok": State("ok", "✓", "ok"),
    "failed": State("bad", "✕", "failed"),
    "ignored": State("warn", "✕", "ignored"),
    "skipped": State("off", "↷", "skipped"),
    "retried": State("wait", "↻", "retried"),
    "discarded": State("off", "⊘", "discarded"),
    "unknown": State("warn", "?", "unknown"),
    TO_COME: State("off", "·", "to come"),
}
SOME_FAILED = State("warn", "✕", "some failed")
NO_STATE = State("run", "◐", "running")
NOT_HERE = State("off", "…", "not recorded")  # its record is not among those that are looked at


@dataclass(frozen=True)
class WaterfallRange:
    """Which part is looked at: the items of the step at a path (empty: the whole run), only those that failed, from
    a row on."""

    path: str = ""
    only_failed: bool = False
    first: int = 0


@dataclass(frozen=True)
class WaterfallBar:
    """A try on the axis."""

    x: int
    width: int
    css: str


@dataclass(frozen=True)
class WaterfallRow:
    """A step, or a loop when `loop` says of how many items. `failed`: rows of failed items of a loop that is folded;
    `more_failed`: how many failed items are not among them. `mark` changes when the step does."""

    path: str
    label: str
    level: int
    state: State
    method: str = ""
    text: str = ""
    status: str = ""
    took: str = ""
    size: str = ""
    note: str = ""
    replayed: bool = False
    bars: list[WaterfallBar] = field(default_factory=list)
    mark: str = ""
    loop: str = ""
    is_folded: bool = False
    failed: list["WaterfallRow"] = field(default_factory=list)
    more_failed: int = 0


@dataclass(frozen=True)
class Waterfall:
    """What one page shows. `total`: rows that there are in this view; `ticks`: the axis in words."""

    view: WaterfallRange
    rows: list[WaterfallRow]
    total: int
    ticks: list[str]
    words: str


@dataclass(frozen=True)
class _Axis:
    begin: float
    span_s: float

    def bar(self, head: RecordSummary) -> WaterfallBar | None:
        if not head.start or head.replayed:
            return None
        x = int((head.start - self.begin) / self.span_s * WIDTH)
        width = max(int(head.ms / 1000 / self.span_s * WIDTH), LEAST)
        x = max(0, min(x, WIDTH - LEAST))
        return WaterfallBar(
            x, min(width, WIDTH - x), STATES.get(head.state, NO_STATE).css if head.state != "retried" else "tried"
        )


@dataclass
class _Line:
    """A row that may be shown: a step, its pages as a whole, or its loop."""

    step: TreeStep
    label: str
    level: int
    is_pages: bool = False
    is_loop: bool = False
    is_folded: bool = False


def waterfall(heads: list[RecordSummary], view: WaterfallRange, now: float | None) -> Waterfall | None:
    """The rows of a view. `now`: UTC seconds, while the run goes on. None: there is no such step."""
    root = step_tree(heads)
    at = find_step(root, view.path) if view.path else root
    if at is None:
        return None
    lines = list(_inside(at, 0, view.only_failed) if view.path else _lines(root.steps, "", 0, view.only_failed))
    axis = _axis(at.heads(), now)
    painter = _Painter(axis, NOT_HERE if now is None else NO_STATE)
    shown = [painter.row(line) for line in lines[view.first : view.first + ROWS_MOST]]
    words = _inside_words(at) if view.path else _words(root.last_heads())
    return Waterfall(view, shown, len(lines), _ticks(axis), words)


def _lines(steps: Iterable[TreeStep], before: str, level: int, only_failed: bool) -> Iterator[_Line]:
    for step in steps:
        if only_failed and not step.is_bad:
            continue
        if step.is_name:
            yield from _lines(step.steps, f"{before}{step.key}.", level, only_failed)
            continue
        label = before + key_number(step.key)
        yield _Line(step, label, level)
        if step.pages:
            is_folded = len(step.pages) > FOLD_ABOVE
            yield _Line(step, label, level + 1, is_pages=True, is_folded=is_folded)
            if not is_folded:
                yield from _pages(step.pages, level + 1, only_failed)
        yield from _lines(step.steps, f"{label}.", level + 1, only_failed)
        if step.items:
            is_folded = len(step.items) > FOLD_ABOVE
            yield _Line(step, label, level + 1, is_loop=True, is_folded=is_folded)
            if not is_folded:
                yield from _items(step.items, level + 1, only_failed)


def _inside(step: TreeStep, level: int, only_failed: bool) -> Iterator[_Line]:
    yield from _pages(step.pages, level, only_failed)
    yield from _items(step.items, level, only_failed)


def _pages(pages: Iterable[TreeStep], level: int, only_failed: bool) -> Iterator[_Line]:
    for page in pages:
        if page.is_bad or not only_failed:
            yield _Line(page, key_number(page.key), level)
            yield from _lines(page.steps, f"{key_number(page.key)}.", level + 1, only_failed)


def _items(items: Iterable[TreeStep], level: int, only_failed: bool) -> Iterator[_Line]:
    for item in items:
        yield from _lines(item.steps, f"{key_number(item.key)}.", level, only_failed)


class _Painter:
    """Makes rows of lines; of failed items in folded loops only so many in all."""

    def __init__(self, axis: _Axis, without: State) -> None:
        """`without`: the state of a step that has no record."""
        self.axis = axis
        self.without = without
        self.failed_left = FAILED_MOST

    def row(self, line: _Line) -> WaterfallRow:
        return self._loop(line) if line.is_loop or line.is_pages else self._step(line)

    def _step(self, line: _Line) -> WaterfallRow:
        tries = line.step.tries
        if not tries:
            return WaterfallRow(line.step.path, line.label, min(line.level, DEEPEST), self.without)
        last = tries[-1]
        is_sent = last.state == IN_FLIGHT
        bars = [bar for bar in (self.axis.bar(head) for head in tries) if bar is not None]
        # A block has no time of its own: it is as long as its steps.
        bars = bars or _span(self.axis, line.step.steps)
        return WaterfallRow(
            path=line.step.path,
            label=line.label,
            level=min(line.level, DEEPEST),
            state=STATES.get(last.state, NO_STATE),
            method=cut(last.method, 8),
            text=cut(last.name or last.url, 90),
            status=NOTHING if last.status is None else str(last.status),
            took=length(last.ms / 1000) if last.start and not is_sent else NOTHING,
            size=size(last.bytes) if last.status is not None else NOTHING,
            note=cut(last.error, 120) if last.error and last.state != "skipped" else "",
            replayed=last.replayed,
            bars=bars,
            mark="" if last.state == TO_COME or (is_sent and len(tries) == 1) else f"{len(tries)}{last.state}",
        )

    def _loop(self, line: _Line) -> WaterfallRow:
        step = line.step
        told = step.loop.tries[-1] if step.loop and step.loop.tries and line.is_loop else None
        parts = step.pages if line.is_pages else step.items
        failed = [part for part in parts if part.is_bad]
        rows: list[WaterfallRow] = []
        shown = 0
        for item in failed if line.is_folded else ():
            lines = list((_pages if line.is_pages else _items)([item], line.level, True))
            if len(lines) > self.failed_left:
                break
            self.failed_left -= len(lines)
            rows += [self._count_items(one) if one.is_loop or one.is_pages else self._step(one) for one in lines]
            shown += 1
        return WaterfallRow(
            path=step.path,
            label="pages" if line.is_pages else "loop",
            level=min(line.level, DEEPEST),
            state=_loop_state(told, bool(failed)),
            note=cut(told.error, 120) if told else "",
            bars=_span(self.axis, parts),
            loop=_part_words(parts, "page" if line.is_pages else "item"),
            is_folded=line.is_folded,
            failed=rows,
            more_failed=len(failed) - shown if line.is_folded else 0,
        )

    def _count_items(self, line: _Line) -> WaterfallRow:
        """A loop inside of a failed item: what it has come to, and no more."""
        line.is_folded = False
        return self._loop(line)


def _loop_state(told: RecordSummary | None, has_failed: bool) -> State:
    if told is not None:
        return STATES.get(told.state, NO_STATE)
    return SOME_FAILED if has_failed else STATES["ok"]


def _inside_words(step: TreeStep) -> str:
    words = [_part_words(parts, word) for parts, word in ((step.pages, "page"), (step.items, "item")) if parts]
    return " · ".join(words) or _part_words([], "item")


def _part_words(parts: list[TreeStep], word: str) -> str:
    return " · ".join([count(len(parts), word), *(f"{n:,} {state}" for state, n in tally(parts).items())])


def _words(heads: Iterable[RecordSummary]) -> str:
    counts: dict[str, int] = {}
    for head in heads:
        counts[head.state] = counts.get(head.state, 0) + 1
    told = [f"{counts[state]:,} {STATES[state].word}" for state in STATES if state in counts]
    told += ["1 running"] * (IN_FLIGHT in counts)
    return " · ".join([count(sum(counts.values()), "step"), *told])


def _axis(heads: Iterable[RecordSummary], now: float | None) -> _Axis:
    # What is replayed was sent by an earlier run, maybe days before: it has no place on this one's axis.
    sent = [head for head in heads if head.start and not head.replayed]
    if not sent:
        return _Axis(0.0, 1.0)
    begin = min(head.start for head in sent)
    end = max(head.start + head.ms / 1000 for head in sent)
    return _Axis(begin, max(end, now or 0.0, begin + 0.001) - begin)


def _ticks(axis: _Axis) -> list[str]:
    if not axis.begin:
        return []
    return [length(axis.span_s * tick / TICKS) for tick in range(TICKS + 1)]


def _span(axis: _Axis, items: Iterable[TreeStep]) -> list[WaterfallBar]:
    bars = [bar for item in items for head in item.heads() if (bar := axis.bar(head))]
    if not bars:
        return []
    x = min(bar.x for bar in bars)
    return [WaterfallBar(x, max(bar.x + bar.width for bar in bars) - x, "span")]
