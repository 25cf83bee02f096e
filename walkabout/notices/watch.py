"""Watches for what no run tells: tasks that are late, runs that take long, no worker, a full disk; and reminds.

What is found is compared with what was told and goes on: what is new is told, what is over ends. Whoever sends notices
watches; two who see the same write it once.
"""

import socket
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from walkabout.database.connections import Database, Unavailable
from walkabout.notices import listing
from walkabout.notices.occasions import DISK, LATE, LONG, OF_INSTALLATION, Occasion
from walkabout.notices.targets import NoticeTargets
from walkabout.notices.telling import Notices

LOOK_EVERY_S = 5.0
FORGET_MOST = 1000  # notices that are forgotten at a time
MARK_S = 60.0  # how often it is asked who is told of something that goes on: some are told later than others
MARKS_MOST = 10_000
WATCHED = (LATE, *OF_INSTALLATION)


class WatchedTasks(Protocol):
    """What the watch asks of periodic tasks."""

    def late(self, least_s: float) -> list[Occasion]:
        """The tasks that should have fired so many seconds ago."""

    def long(self, least_s: float | None) -> list[Occasion]:
        """The runs that take longer than so many seconds (None: than usual for their task)."""

    def muted(self, ids: Sequence[int]) -> set[int]:
        """Those of these tasks that are paused or gone."""

    def gone(self, ids: Sequence[int]) -> set[int]:
        """Those of these tasks that are gone for good."""


@dataclass(frozen=True)
class Condition:
    """Something that is wrong with the installation now. `where`: of which machine it is, empty for all of it."""

    event: str
    where: str
    why: str


Conditions = Callable[[], Iterable[Condition]]
"""Finds what is wrong with the installation, as this process sees it."""


@dataclass
class Watch:
    """Looks every LOOK_EVERY_S. `clock`: UTC seconds; `host`: this machine; `send_unwritten`: tells what can't be written."""

    db: Database
    targets: NoticeTargets
    notices: Notices
    tasks: WatchedTasks
    conditions: Sequence[Conditions]
    send_unwritten: Callable[[Occasion], None]
    clock: Callable[[], float]
    monotonic: Callable[[], float] = time.monotonic
    host: str = field(default_factory=socket.gethostname)
    _looked_at: float = float("-inf")
    _told: set[str] = field(default_factory=set)

    def __call__(self) -> None:
        """Look, if it is time to. Raises Unavailable."""
        if self.monotonic() - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = self.monotonic()
            self.look()

    def look(self) -> None:
        """Look now. Raises Unavailable."""
        targets = self.targets.list_of(None)
        if not targets:
            return
        wanted = {event for target in targets for event in target.events.split()}
        found: list[Occasion] = []
        if LATE in wanted:
            found += self.tasks.late(min(target.late_s for target in targets))
        if wanted & set(OF_INSTALLATION):
            found += [self._occasion(condition) for conditions in self.conditions for condition in conditions()]
        try:
            with self.db.transaction():
                self._compare(found)
        except Unavailable:
            self._send_unwritten(found)
            raise
        if LONG in wanted:
            self._tell_long({target.long_s for target in targets if LONG in target.events.split()})
        self._remind()

    def forget(self, before: float) -> int:
        """Forget what was told before a moment (UTC seconds), some at a time, and the targets of tasks that are gone for good;
        how many rows went."""
        of_tasks = {target.task: target.id for target in self.targets.list_of(None) if target.task is not None}
        gone = self.tasks.gone(list(of_tasks)) if of_tasks else set()
        if gone:
            self.targets.remove([id for task, id in of_tasks.items() if task in gone])
        return len(gone) + listing.forget(self.db, before, FORGET_MOST)

    def _compare(self, found: Sequence[Occasion]) -> None:
        """Tell what is new, and end what is over."""
        for occasion in found:
            self._tell_once(f"{occasion.key} {occasion.lasted_s // MARK_S:.0f}", occasion)
        lasting = {occasion.key for occasion in found}
        over = [state for state in self.notices.going_on(WATCHED, ("", self.host)) if state.key not in lasting]
        muted = self.tasks.muted([state.task for state in over if state.task is not None]) if over else set()
        for state in over:
            self.notices.end(state, self.clock(), is_muted=state.task in muted)

    def _tell_long(self, limits: set[float | None]) -> None:
        for limit in limits:
            for occasion in self.tasks.long(limit):
                with self.db.transaction():
                    self._tell_once(f"{limit} {occasion.key}", occasion)

    def _send_unwritten(self, found: Sequence[Occasion]) -> None:
        """A disk that is full takes no notice that says so."""
        for occasion in found:
            if occasion.event == DISK and (mark := f"unwritten {occasion.key}") not in self._told:
                self._told.add(mark)
                self.send_unwritten(occasion)

    def _tell_once(self, mark: str, occasion: Occasion) -> None:
        # What this process has told need not be asked about again every few seconds.
        if len(self._told) > MARKS_MOST:
            self._told.clear()
        if mark not in self._told:
            self.notices.tell(occasion)
            self.db.after_commit(lambda: self._told.add(mark))

    def _occasion(self, condition: Condition) -> Occasion:
        key = self.notices.key_of(condition.event, condition.where)
        return Occasion(condition.event, key, self.clock(), why=condition.why, task_name=condition.where)

    def _remind(self) -> None:
        due = self.notices.reminders_due(self.clock())
        muted = self.tasks.muted([task for _, task in due if task is not None]) if due else set()
        for id, task in due:
            self.notices.remind(id, self.clock(), is_muted=task in muted)
