"""The clock of this machine, compared with the database's: where several machines share one, its time is theirs.

A clock that is off by more than CLOCK_OFF_S does not count: all that this process reads, fires, writes and compares goes by
the database's time then. The database, the log and the page say so, until somebody has set the clock.
"""

import mmap
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from walkabout.database.connections import Database, Unavailable
from walkabout.events import Events
from walkabout.jobs.tables import MachineClockTable
from walkabout.times import Clock

COMPARE_EVERY_S = 10.0
LOOK_EVERY_S = 1.0  # how often a process that has nothing else to do looks whether its clock was set
TRIES = 3  # a comparison is as exact as the way to the database and back is short: the shortest of so many counts
BLURRED = 0.5  # a share of what a clock may be off: a way that takes longer tells nothing
FORGOTTEN_S = 60.0  # a machine that has not told for so long is gone
_OFF = struct.Struct("@d")


@dataclass(frozen=True)
class ClockOff:
    """A machine whose clock is off the database's: ahead by so many seconds, or behind (less than 0)."""

    machine: str
    off_s: float


@dataclass
class MachineClock:
    """Tells UTC seconds. Processes that are forked later share what any of them finds out.

    `local`: the machine's clock, UTC seconds; `off_most_s`: what it may be off.
    """

    db: Database
    events: Events
    off_most_s: float
    local: Clock = time.time
    monotonic: Callable[[], float] = time.monotonic
    machine: str = field(default_factory=socket.gethostname)
    _shared: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, _OFF.size))
    _compared_at: float = float("-inf")
    _drift: float = 0.0
    _said_s: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> float:
        """UTC seconds: this machine's, or the database's when this machine is off."""
        return self.local() - self.off_s

    @property
    def off_s(self) -> float:
        """By how much this machine's clock is ahead of the database's; 0 when that is within what it may be."""
        off_s: float = _OFF.unpack_from(self._shared)[0]
        return off_s

    @property
    def is_shared(self) -> bool:
        """Whether the database has a clock of its own, which others go by, too."""
        return self.db.engine.has_clock

    def compare(self) -> None:
        """Compare the clocks when it is time: now and then, and whenever this machine's was set. Raises Unavailable."""
        with self._lock:
            now, drift = self.monotonic(), self.local() - self.monotonic()
            was_set = abs(drift - self._drift) > self.off_most_s * BLURRED
            if not self.is_shared or not (was_set or now - self._compared_at >= COMPARE_EVERY_S):
                return
            way_s, off_s = min(self._measure() for _ in range(TRIES))
            self._compared_at, self._drift = now, drift
            if way_s <= self.off_most_s * BLURRED:
                self._take(off_s)

    def keep_comparing(self) -> None:
        """Compare in a thread from now on, for a process that does nothing regularly. Returns at once."""
        if self.is_shared:
            threading.Thread(target=self._watch, name="clock", daemon=True).start()

    def machines_off(self) -> list[ClockOff]:
        """The machines whose clocks are off, by name."""
        row = MachineClockTable
        recent = row.seen_at > self() - FORGOTTEN_S
        return self.db.records(ClockOff, row.select(row.machine, row.off_s).where(recent).order_by(row.machine))

    def _measure(self) -> tuple[float, float]:
        """How long the way to the database and back took, and by how much this clock is ahead, seconds."""
        sent_at, started = self.local(), self.monotonic()
        theirs = self.db.now()
        way_s = self.monotonic() - started
        return way_s, sent_at + way_s / 2 - theirs

    def _take(self, off_s: float) -> None:
        # One that is about as far off as it may be is not to be right and off by turns.
        most_s = self.off_most_s * (BLURRED if self.off_s else 1)
        before, now = self.off_s, off_s if abs(off_s) > most_s else 0.0
        _OFF.pack_into(self._shared, 0, now)
        row = MachineClockTable
        if now:
            told = {row.off_s: now, row.seen_at: self()}
            added = row.insert({row.machine: self.machine, **told})
            self.db.change(added.on_conflict(conflict_target=[row.machine], update=told))
            if abs(now - self._said_s) > self.off_most_s:
                self._said_s = now
                self.events.warn("clock.off", machine=self.machine, ahead_s=round(now, 3))
        elif before:
            self._said_s = 0.0
            self.db.change(row.delete().where(row.machine == self.machine))
            self.events.say("clock.right", machine=self.machine)

    def _watch(self) -> None:
        while True:
            try:
                self.compare()
            except Unavailable:
                pass  # whoever needs the database says so
            time.sleep(LOOK_EVERY_S)
