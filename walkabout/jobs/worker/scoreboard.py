"""The scoreboard: memory shared by a consumer's processes, where each worker writes what it runs.

The supervisor reads deadlines there and writes orders; a worker's signal handler looks there whether the order is for
the run that it is in. Without it a signal that comes late would hit the next run.
"""

import mmap
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from walkabout.jobs.worker.machine import end_if_strayed

INTERRUPT = signal.SIGUSR1  # makes a worker look at the scoreboard for an order
_HEAD = 3  # words that belong to all: the beats of the main process and of the supervisor, and whether runs are to end
MAIN, SUPERVISOR, _ENDING = range(_HEAD)
_FIELDS = ("pid", "job", "attempt", "begun_ns", "limit_ns", "phase", "order", "order_job", "order_attempt")
_PID, _JOB, _ATTEMPT, _BEGUN, _LIMIT, _PHASE, _ORDER, _ORDER_JOB, _ORDER_ATTEMPT = range(len(_FIELDS))
_WIDTH = len(_FIELDS)

LIMIT_MOST_S = 100 * 366 * 86400.0
FREE, RESERVED = 0, -1  # values of `pid` that are no process
# Phases. HOLDING is inside of the database, where no interrupt may fall; TOLD was interrupted, and should be on its way out.
# KEEPING has ended in time, and writes its outcome, which may have to wait for a full disk.
IDLE, RUNNING, HOLDING, TOLD, KEEPING = 0, 1, 2, 3, 4
NOTHING, CANCEL, LIMIT, STOP = 0, 1, 2, 3  # orders

REASONS = {CANCEL: "cancelled", LIMIT: "time limit", STOP: "the worker is told to stop"}


def scoreboard_clock() -> float:
    """Seconds of the scoreboard's clock: the same for all processes of the machine, which time.monotonic does not promise."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) / 1e9


class Interrupted(BaseException):
    """The run is to end now. (Not an Exception: a walker's own `except Exception` must not keep it.)"""

    def __init__(self, order: int) -> None:
        """`order`: CANCEL, LIMIT or STOP."""
        self.order = order
        super().__init__(REASONS[order])


@dataclass(frozen=True)
class SlotEntry:
    """What a worker was seen to do. Times: nanoseconds of CLOCK_MONOTONIC; a limit of 0 is none."""

    slot: int
    pid: int
    job: int
    attempt: int
    begun_ns: int
    limit_ns: int
    phase: int

    @property
    def deadline_s(self) -> float | None:
        """When its run has to end, seconds of CLOCK_MONOTONIC; None: it may go on for ever."""
        return (self.begun_ns + self.limit_ns) / 1e9 if self.limit_ns else None


class Scoreboard:
    """A head, and slots of nine whole numbers each. Every field is written and read as a whole."""

    def __init__(self, slots: int) -> None:
        """`slots`: how many workers there may be at once, those counted that died and were not looked after yet."""
        self.slots = slots
        whole = memoryview(mmap.mmap(-1, (_HEAD + slots * _WIDTH) * 8)).cast("q")
        self._head, self._page = whole[:_HEAD], whole[_HEAD:]

    def beat(self, who: int) -> None:
        """Say that the MAIN process or the SUPERVISOR is at work."""
        self._head[who] += 1

    def beats(self, who: int) -> int:
        """How often it has said so."""
        return self._head[who]

    def end_runs(self) -> None:
        """The consumer is told to stop, and its grace is over: every run is to end."""
        self._head[_ENDING] = 1

    def reserve(self) -> int:
        """A free slot for a worker that is about to be forked. Raises RuntimeError when there is none."""
        for slot in range(self.slots):
            if self._page[slot * _WIDTH + _PID] == FREE:
                self._page[slot * _WIDTH + _PID] = RESERVED
                return slot
        raise RuntimeError(f"more than {self.slots} workers")

    def free(self, slot: int) -> None:
        """Give the slot of a dead worker back."""
        for index in reversed(range(_WIDTH)):
            self._page[slot * _WIDTH + index] = 0

    def entries(self) -> list[SlotEntry]:
        """The slots whose worker has started."""
        return [entry for slot in range(self.slots) if (entry := self.entry(slot)).pid > 0]

    def free_unseated(self, slot: int) -> None:
        """Give a slot back whose worker has ended before it sat down; of others the supervisor knows."""
        if self._page[slot * _WIDTH + _PID] == RESERVED:
            self.free(slot)

    def complete(self) -> bool:
        """Whether each worker that was forked has started."""
        return all(self._page[slot * _WIDTH + _PID] != RESERVED for slot in range(self.slots))

    def entry(self, slot: int) -> SlotEntry:
        """One slot."""
        at = slot * _WIDTH
        return SlotEntry(slot, *self._page[at : at + _PHASE + 1].tolist())

    def order(self, entry: SlotEntry, order: int) -> None:
        """Tell a worker to end the run that it was seen in."""
        at = entry.slot * _WIDTH
        self._page[at + _ORDER_JOB] = entry.job
        self._page[at + _ORDER_ATTEMPT] = entry.attempt
        self._page[at + _ORDER] = order

    def worker_slot(self, slot: int) -> "WorkerSlot":
        """The slot, as its worker uses it."""
        return WorkerSlot(self._head, self._page[slot * _WIDTH : (slot + 1) * _WIDTH])


class WorkerSlot:
    """A worker's own slot."""

    in_request = False

    def __init__(self, head: memoryview, page: memoryview) -> None:
        self._head = head
        self._page = page
        self._pid = os.getpid()
        self._told = NOTHING
        self._interrupted = False

    def sit_down(self) -> None:
        """Say that the worker has started."""
        self._page[_PID] = self._pid

    @property
    def last_order(self) -> int:
        """The order by which the present run was told to end (the last one, between two runs); else NOTHING."""
        return self._told

    def was_ordered(self, order: int) -> bool:
        """Whether that was the order; a walker may raise Interrupted by itself."""
        return self._told == order

    def begin(self, job: int, attempt: int, limit_s: float | None) -> None:
        """Say which run it is in now, and for how many seconds it may go on."""
        page = self._page
        self._told, self._interrupted = NOTHING, False
        page[_JOB], page[_ATTEMPT] = job, attempt
        page[_BEGUN] = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        page[_LIMIT] = int(min(limit_s or 0, LIMIT_MOST_S) * 1e9)
        page[_PHASE] = HOLDING

    def release(self) -> None:
        """From here on the run may be interrupted. Raises Interrupted when it was told to end meanwhile."""
        end_if_strayed(self._pid)
        self._page[_PHASE] = RUNNING
        self.obey()
        if self._interrupted:
            self.interrupt()

    def hold(self) -> None:
        """From here on, until `release`, interrupts wait."""
        end_if_strayed(self._pid)
        self._page[_PHASE] = HOLDING

    def keep(self) -> None:
        """The run's outcome is written now: its time limit does not count any more, only the ledger's fence does."""
        end_if_strayed(self._pid)
        self._page[_PHASE] = KEEPING

    def end(self) -> None:
        """Say that no run is going on."""
        self._page[_PHASE] = IDLE

    def lengthen(self, seconds: float) -> None:
        """Let the present run go on for so many seconds more than its limit says."""
        if self._page[_LIMIT]:
            self._page[_LIMIT] += int(seconds * 1e9)

    def cut_with(self, cut: Callable[[], None]) -> None:
        """Nothing to do: the signal that interrupts a worker ends what it waits for, too."""

    def interrupt(self) -> None:
        """Code in the worker asks for an interrupt of its main thread: raises KeyboardInterrupt in the walker's code, now
        or as soon as that goes on. It is the walker's own, no order."""
        self._interrupted = self._page[_PHASE] != RUNNING
        if not self._interrupted:
            raise KeyboardInterrupt

    def obey(self) -> None:
        """Raises Interrupted when an order is for this run and it may be interrupted; the signal handler calls it."""
        page = self._page
        if page[_PHASE] != RUNNING:
            return
        order = page[_ORDER]
        if order != NOTHING and page[_ORDER_JOB] == page[_JOB] and page[_ORDER_ATTEMPT] == page[_ATTEMPT]:
            page[_ORDER] = NOTHING
        elif self._head[_ENDING]:
            order = STOP
        else:
            return
        page[_PHASE] = TOLD
        self._told = order
        raise Interrupted(order)
