"""Which line of a crontab is which task: a line that was changed is the same line, and its task is changed.

A crontab gives its lines no names, so what was imported is remembered (`CrontabLineTable`), and the lines of the next
import are matched with it: by the whole line, by the command, by the request, and within the same file by the times and
by the place between lines that are known.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from walkabout import json_text
from walkabout.database.connections import Database
from walkabout.periodic.importing.entries import LineOrigin
from walkabout.periodic.tables import CrontabLineTable as _Table
from walkabout.periodic.tables import ScheduleTable


@dataclass(frozen=True)
class KnownLine:
    """A line as it was imported last. `schedule`: its task's id; `content`: what it made of the task, by field."""

    schedule: int
    origin: LineOrigin
    content: dict[str, Any]


Matches = dict[int, KnownLine]
"""The known line of a line, by its place among the lines."""


def known_lines(db: Database, source: str) -> list[KnownLine]:
    """The lines of a crontab that have a task, in their order. Index: crontab_line_source, schedule.id."""
    names = ("schedule", "source", "path", "number", "times", "command", "content")
    query = _Table.select(*(getattr(_Table, name) for name in names))
    there = query.join(ScheduleTable, on=(ScheduleTable.id == _Table.schedule)).where(_Table.source == source)
    return db.records(_known, there.order_by(_Table.path, _Table.number))


def has_line(db: Database, schedule: int) -> bool:
    """Whether a task came from a line of any crontab. Index: crontab_line.schedule."""
    return db.value(_Table.select(_Table.schedule).where(_Table.schedule == schedule)) is not None


def _known(schedule: int, content: str, **origin: Any) -> KnownLine:
    return KnownLine(schedule, LineOrigin(**origin), json_text.load(content))


def remember_line(db: Database, schedule: int, origin: LineOrigin, content: dict[str, Any]) -> None:
    """Remember from which line a task came, and what the line made of it. Index: crontab_line.schedule."""
    values = {
        "source": origin.source,
        "path": origin.path,
        "number": origin.number,
        "times": origin.times,
        "command": origin.command,
        "content": json_text.write(content),
    }
    if not db.change(_Table.update(values).where(_Table.schedule == schedule)):
        db.change(_Table.insert({"schedule": schedule, **values}))


def match_lines(
    lines: Sequence[tuple[LineOrigin, Hashable]], known: Sequence[KnownLine]
) -> tuple[Matches, list[KnownLine]]:
    """The known line of each line, and the known lines of the same file that have none. A line: with its request."""
    matching = _Matching(lines, known)
    matching.pair(lambda origin, _: (origin.path, origin.times, origin.command))
    matching.pair(lambda origin, _: (origin.times, origin.command))
    same_file = matching.same_file()
    matching.pair(lambda origin, _: origin.command)
    matching.pair(lambda _, request: request)
    matching.pair(lambda origin, _: origin.times, among=same_file)
    matching.pair_by_place(same_file)
    left = [line for line in known if line.schedule in same_file and line.schedule not in matching.taken]
    return matching.found, left


def request_of(argument: object) -> Hashable:
    """What a sequence calls first: method and address."""
    steps = argument.get("requests") if isinstance(argument, dict) else None
    first = steps[0] if isinstance(steps, list) and steps else None
    return (first.get("method"), first.get("api")) if isinstance(first, dict) else None


class _Matching:
    """Pairs of lines and known lines; each stands in one."""

    def __init__(self, lines: Sequence[tuple[LineOrigin, Hashable]], known: Sequence[KnownLine]) -> None:
        self.lines, self.known = lines, known
        self.found: Matches = {}
        self.taken: set[int] = set()

    def pair(self, key: Callable[[LineOrigin, Hashable], Hashable], among: set[int] | None = None) -> None:
        """Pair what has no partner yet and the same key, in order. `among`: known lines that count, by their task."""
        free: dict[Hashable, list[KnownLine]] = {}
        for line in self._free_known(among):
            free.setdefault(key(line.origin, request_of(line.content.get("argument"))), []).append(line)
        for place in self._free_lines():
            wanted = key(*self.lines[place])
            if wanted is not None and free.get(wanted):
                self._join(place, free[wanted].pop(0))

    def same_file(self) -> set[int]:
        """The known lines (by their task) that stood in the file that is read now.

        That is a file of the same path, or one of which at least half of the lines are there.
        """
        path = self.lines[0][0].path if self.lines else ""
        same: set[int] = set()
        for its_path, group in groupby(self.known, lambda line: line.origin.path):
            tasks = {line.schedule for line in group}
            if (path and its_path == path) or 2 * len(tasks & self.taken) >= len(tasks):
                same |= tasks
        return same

    def pair_by_place(self, among: set[int]) -> None:
        """Pair a line with a known line when each is the only one left between the same known neighbours."""
        partner = {line.schedule: place for place, line in self.found.items()}
        new = _by_gap((place, place in self.found) for place in range(len(self.lines)))
        mine = [line for line in self.known if line.schedule in among]
        old = _by_gap((number, line.schedule in partner) for number, line in enumerate(mine))
        for (before, behind), numbers in old.items():
            places = new.get((_partner(partner, mine, before), _partner(partner, mine, behind)), [])
            if len(numbers) == len(places) == 1:
                self._join(places[0], mine[numbers[0]])

    def _free_known(self, among: set[int] | None) -> list[KnownLine]:
        return [
            line for line in self.known if line.schedule not in self.taken and (among is None or line.schedule in among)
        ]

    def _free_lines(self) -> list[int]:
        return [place for place in range(len(self.lines)) if place not in self.found]

    def _join(self, place: int, line: KnownLine) -> None:
        self.found[place] = line
        self.taken.add(line.schedule)


Gap = tuple[int | None, int | None]


def _by_gap(places: Iterable[tuple[int, bool]]) -> dict[Gap, list[int]]:
    """The places without a partner, by the places with one before and behind them."""
    found: dict[Gap, list[int]] = {}
    before: int | None = None
    waiting: list[int] = []
    for place, has_partner in [*places, (-1, True)]:
        if not has_partner:
            waiting.append(place)
            continue
        behind = None if place == -1 else place
        if waiting:
            found[before, behind] = waiting
        before, waiting = behind, []
    return found


def _partner(partner: dict[int, int], mine: list[KnownLine], number: int | None) -> int | None:
    return None if number is None else partner[mine[number].schedule]
