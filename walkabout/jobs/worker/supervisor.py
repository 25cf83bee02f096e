"""The supervisor of a consumer's workers; it also runs the tick, in a process of its own.

It says that the consumer is alive, fires what is due, lets runs go whose time has come, ends runs that are cancelled
or over their time limit (first by an interrupt, KILL_AFTER_S later by SIGKILL), gives the run of a dead worker back at
once, and takes over the runs of other consumers that are lost.
"""

import os
import select
import signal
from collections.abc import Callable
from dataclasses import dataclass, field

from walkabout.database.connections import Unavailable
from walkabout.events import Events
from walkabout.jobs import queries, queue_parts
from walkabout.jobs.carrier import Carrier
from walkabout.jobs.ledger import FORGET_MOST, Ledger
from walkabout.jobs.losses import CANCELLED, limit_text
from walkabout.jobs.worker import scoreboard as boards
from walkabout.jobs.worker.consumers import Consumer, Consumers
from walkabout.jobs.worker.leases import Leases
from walkabout.jobs.worker.machine import signal_to
from walkabout.jobs.worker.scoreboard import (
    CANCEL,
    HOLDING,
    IDLE,
    INTERRUPT,
    KEEPING,
    LIMIT,
    Scoreboard,
    SlotEntry,
    scoreboard_clock,
)
from walkabout.jobs.worker.silence import Silence
from walkabout.jobs.worker.trouble import Trouble
from walkabout.jobs.worker.wake_ups import SUPERVISOR, WEB, WORKER, Bell, Bells
from walkabout.settings import PULSE_EVERY_S, Settings

TURN_S = 1.0  # without a ring, everything is looked at once in so many seconds
KILL_AFTER_S = 0.5  # between an interrupt that was not obeyed and the kill
KILL_HOLDING_S = 12.0  # the same for a run inside of the database, which is about to end by itself
FIRST_WORKERS_S = 5.0  # how long the announcement waits for all workers
REPLACED_WITHIN_S = 1.0  # a consumer whose workers are just being replaced is not taken for one without any
HUNG_S = (
    20.0  # a main process or supervisor that has not moved for so long is ended: longer than a writer waits for another
)
CLEAN_EVERY_S = 600.0
WAL_EVERY_S = 5.0
SWEEP_EVERY_S = 1.0  # how often what waits is sent to Redis again; that is how long a lost id may stay unseen
SWEEP_MOST = 1000  # jobs

Tick = Callable[[float], float | None]
"""Fires what is due at a moment, and gives the moment of the next fire (UTC seconds; None: there is none)."""


def nothing_due(now: float) -> float | None:  # noqa: ARG001 - a Tick
    """The tick of a consumer without schedules."""
    return None


Forget = Callable[[float], int]
"""Forgets what was over before a moment (UTC seconds), a bounded number of rows; how many."""


def nothing_to_forget(before: float) -> int:  # noqa: ARG001 - a Forget
    """What a consumer without schedules forgets."""
    return 0


CompareClock = Callable[[], object]
"""Compares this machine's clock with the database's when it is time."""


def nothing_to_compare() -> None:
    """The clock of a consumer that is alone with its database."""


@dataclass
class Supervisor:
    """Guards the workers on one scoreboard."""

    ledger: Ledger
    leases: Leases
    consumers: Consumers
    bells: Bells
    scoreboard: Scoreboard
    events: Events
    me: Consumer
    settings: Settings
    clock: Callable[[], float]
    monotonic: Callable[[], float] = scoreboard_clock
    tick: Tick = nothing_due
    forget: Forget = nothing_to_forget
    compare_clock: CompareClock = nothing_to_compare
    carrier: Carrier | None = None
    announced: bool = False
    stopping: bool = False
    _workers: dict[int, tuple[int, int]] = field(default_factory=dict)  # slot -> pid, file descriptor of the process
    _ordered: dict[tuple[int, int], tuple[int, float]] = field(default_factory=dict)  # (job, attempt) -> order, kill at
    _pulse_at: float = float("-inf")
    _living_before: int = 0
    _seen_living_at: float = float("-inf")
    _leases_at: float = float("-inf")
    _clean_at: float = float("-inf")
    _wal_at: float = float("-inf")
    _sweep_at: float = float("-inf")
    _next_due: float | None = None
    _next_fire: float | None = None
    _next_start: float | None = None

    def __post_init__(self) -> None:
        self._born_at = self.monotonic()
        self._bell: Bell = self.bells.hang(SUPERVISOR)
        self._main_silence = Silence(gap_s=2 * TURN_S)
        self._away = Trouble(self.events.warn, "supervisor.database_unavailable")
        self._bug = Trouble(self._say_bug, "supervisor.failed")

    def turn(self) -> None:
        """Look at everything once. The database being away is no reason to stop: the next turn comes, after a pause."""
        self.scoreboard.beat(boards.SUPERVISOR)
        self._end_hung_main_process()
        try:
            self._end_over_limit()
            self.watch_workers()
            self._fire()
            self._pulse()
            released = self.ledger.release_due() + self.ledger.release_held()
            for _ in range(min(released, len(self._workers))):
                self.bells.ring(WORKER)
            self._next_start = self.ledger.admit_all()
            self._sweep(at_once=released > 0)
            self._next_due = queries.next_due(self.ledger.db)
            self._end_cancelled()
            self._look_after_others()
            self._clean()
            self._empty_wal()
        except Unavailable as error:
            self._away.met(error=str(error))
        except Exception as error:
            # A supervisor that ends takes its workers with it: a bug of one kind must not stop the other duties.
            self._bug.met(error=error)
        else:
            self._away.over()
            self._bug.over()

    def wait(self, stop: int) -> None:
        """Wait until somebody rings, a worker dies, a time comes, or `stop` (a file descriptor) is readable.

        After a turn that failed, for a pause: the end of a worker that could not be looked after would wake us at once.
        """
        pause_s = self.pause_s
        poller = select.poll()
        poller.register(stop, select.POLLIN)
        if not pause_s:
            for descriptor in (self._bell.fileno(), *(fd for _, fd in self._workers.values())):
                poller.register(descriptor, select.POLLIN)
        if not poller.poll((pause_s or max(self._seconds_to_next(), 0.0)) * 1000):
            self._bell.see_to()
        self._bell.drain()

    @property
    def pause_s(self) -> float:
        """The pause before the next turn after one that failed, seconds; 0: it went well."""
        return max(self._away.pause_s, self._bug.pause_s)

    def watch_workers(self) -> None:
        """Take up new workers; give the runs of dead ones back."""
        for entry in self.scoreboard.entries():
            if entry.slot not in self._workers:
                self._take_up(entry)
        for slot, (pid, fd) in list(self._workers.items()):
            if _has_ended(fd):
                # First settle, then forget: if the database is away, the next turn comes back to it.
                self._settle(self.scoreboard.entry(slot), pid)
                os.close(fd)
                del self._workers[slot]
                self.scoreboard.free(slot)

    def idle(self) -> bool:
        """Whether no worker is left at work (the consumer is told to stop, and they have ended)."""
        return not self._workers

    def stop(self) -> None:
        """The consumer is told to stop: no more jobs are taken; those that run are still guarded."""
        self.stopping = True
        try:
            self.consumers.stopping(self.me.uid)
        except Unavailable as error:
            self.events.warn("supervisor.database_unavailable", error=str(error))

    def kill(self) -> None:
        """End the workers that are still there; their runs go back."""
        for pid, _ in self._workers.values():
            signal_to(pid, signal.SIGKILL)

    def take_leave(self) -> None:
        """The consumer has ended."""
        try:
            self.consumers.leave(self.me.uid)
        except Unavailable:
            pass  # whoever looks next sees that its process is gone
        self._bell.take_down()

    def _take_up(self, entry: SlotEntry) -> None:
        try:
            self._workers[entry.slot] = (entry.pid, os.pidfd_open(entry.pid))
        except ProcessLookupError:
            self._settle(entry, entry.pid)
            self.scoreboard.free(entry.slot)

    def _settle(self, entry: SlotEntry, pid: int) -> None:
        ordered = self._ordered.get((entry.job, entry.attempt))
        if ordered is not None and entry.phase != IDLE:
            self._write_outcome(entry, ordered[0])
        if self.leases.rescue_worker(self.me.uid, pid, lost=not self.stopping):
            self.bells.ring(WORKER)
        self.bells.ring(WEB)

    def _write_outcome(self, entry: SlotEntry, order: int) -> None:
        if order == CANCEL:
            if self.ledger.revoke_running(entry.job, entry.attempt, CANCELLED):
                self.events.say("job.cancelled", job=queries.uid_of_row(self.ledger.db, entry.job), killed=entry.pid)
        else:
            text = limit_text(entry.limit_ns / 1e9, queries.kind_of_row(self.ledger.db, entry.job))
            if self.ledger.fail(entry.job, entry.attempt, "TimeLimit", text):
                self.events.say("job.time_limit", job=queries.uid_of_row(self.ledger.db, entry.job), killed=entry.pid)
            else:
                # Somebody wanted it ended, and its clean-up has no end.
                self.ledger.revoke_running(entry.job, entry.attempt, CANCELLED)

    def _fire(self) -> None:
        # Forgotten first: with a moment that is past we would not wait while the database is away.
        self._next_fire = None
        self.compare_clock()
        if not self.stopping:
            self._next_fire = self.tick(self.clock())

    def _pulse(self) -> None:
        now = self.monotonic()
        living = self._living(now)
        # That there is somebody again is told at once.
        soon = living > 0 and self._living_before == 0
        if not (now - self._pulse_at >= PULSE_EVERY_S or soon) or not (self.announced or self._workers_are_there(now)):
            return
        self._pulse_at, self._living_before = now, living
        if not self.consumers.pulse(self.me.uid, living):
            self._struck_off()
        elif not self.announced:
            self.announced = True
            self.events.say("worker.ready", name=self.me.name, workers=living)

    def _living(self, now: float) -> int:
        living = len(self._workers)
        if living:
            self._seen_living_at = now
        return living or int(now - self._seen_living_at < REPLACED_WITHIN_S)

    def _struck_off(self) -> None:
        """Others took us for lost: we stood still for too long. Our runs are theirs; we go on with new ones, and with what
        was claimed in the moment in which they struck us off."""
        self.events.warn("consumer.expelled", name=self.me.name)
        running = self._running()
        ours = queries.running_of(self.ledger.db, self.me.uid)
        for entry in running:
            if (entry.job, entry.attempt) not in ours:
                self._end(entry, CANCEL)
        self.me = self.consumers.enter(self.me)
        self._pulse_at = float("-inf")

    def _workers_are_there(self, now: float) -> bool:
        # One that died between its fork and its first breath must not silence the others for ever.
        return bool(self._workers) and (self.scoreboard.complete() or now - self._born_at > FIRST_WORKERS_S)

    def _running(self) -> list[SlotEntry]:
        return [entry for entry in self.scoreboard.entries() if entry.phase not in (IDLE, KEEPING)]

    def _end_over_limit(self) -> None:
        # It asks the database for nothing: a limit counts also while that is away.
        running = self._running()
        keys = {(entry.job, entry.attempt) for entry in running}
        self._ordered = {key: value for key, value in self._ordered.items() if key in keys}
        for entry in running:
            if (key := (entry.job, entry.attempt)) in self._ordered:
                self._end(entry, self._ordered[key][0])
            elif entry.deadline_s is not None and self.monotonic() >= entry.deadline_s:
                self._end(entry, LIMIT)

    def _end_cancelled(self) -> None:
        running = self._running()
        cancelled = set(queries.cancelled(self.ledger.db, self.me.uid)) if running else set()
        for entry in running:
            if (entry.job, entry.attempt) in cancelled:
                self._end(entry, CANCEL)

    def _end(self, entry: SlotEntry, order: int) -> None:
        now = self.monotonic()
        key = (entry.job, entry.attempt)
        if key not in self._ordered:
            self._ordered[key] = (order, now + KILL_AFTER_S)
            self.scoreboard.order(entry, order)
            signal_to(entry.pid, INTERRUPT)
            return
        kill_at = self._ordered[key][1] + (KILL_HOLDING_S if entry.phase == HOLDING else 0.0)
        current = self.scoreboard.entry(entry.slot)
        if now >= kill_at and (current.job, current.attempt) == key and current.phase not in (IDLE, KEEPING):
            signal_to(entry.pid, signal.SIGKILL)
            self.events.warn("worker.killed", pid=entry.pid, job=queries.uid_of_row(self.ledger.db, entry.job))

    def _end_hung_main_process(self) -> None:
        """Without its main process nobody replaces a worker or obeys a signal: end all, so that all is started again."""
        silent_s = self._main_silence.look(self.scoreboard.beats(boards.MAIN), self.monotonic())
        if silent_s > HUNG_S and not self.stopping:
            self.events.warn("consumer.main_process_hung", pid=self.me.process.pid, seconds=round(silent_s, 1))
            signal_to(self.me.process.pid, signal.SIGKILL)

    def _say_bug(self, event: str, error: Exception, **fields: object) -> None:
        self.events.bug(event, error, **fields)

    def _sweep(self, *, at_once: bool) -> None:
        """Send to Redis what waits in the ledger, for whatever reason it is not there."""
        now = self.monotonic()
        if self.carrier is not None and (at_once or now - self._sweep_at >= SWEEP_EVERY_S):
            self._sweep_at = now
            since = self.clock() if at_once else self.clock() - SWEEP_EVERY_S
            self.carrier.send(queue_parts.ready(self.ledger.db, since, SWEEP_MOST))

    def _look_after_others(self) -> None:
        now = self.monotonic()
        if now - self._leases_at >= PULSE_EVERY_S:
            self._leases_at = now
            if self.leases.rescue_lost(self.me.uid):
                self.bells.ring(WORKER)
                self.bells.ring(WEB)

    def _clean(self) -> None:
        now = self.monotonic()
        if now - self._clean_at >= CLEAN_EVERY_S:
            before = self.clock() - self.settings.result_s
            gone = self.ledger.forget_ended(before)
            self.forget(before)
            self.ledger.forget_starts()
            if gone:
                self.events.say("jobs.cleaned", count=gone)
            # A full page means that there may be more: the next turn goes on.
            self._clean_at = now if gone < FORGET_MOST else float("-inf")

    def _empty_wal(self) -> None:
        """Empty the database's log when it has grown in a burst: not while something runs, and not all the time."""
        now = self.monotonic()
        if now - self._wal_at < WAL_EVERY_S or self._running():
            return
        self._wal_at = now
        db = self.ledger.db
        if db.wal_bytes() > self.settings.wal_bytes:
            emptied = db.checkpoint()
            self.events.debug("database.checkpoint", emptied=emptied, bytes=db.wal_bytes())

    def _seconds_to_next(self) -> float:
        nearest = TURN_S
        for moment in (self._next_due, self._next_fire, self._next_start):
            if moment is not None:
                nearest = min(nearest, moment - self.clock())
        if self._ordered:
            nearest = min(nearest, 0.1)
        for entry in self.scoreboard.entries():
            if entry.phase not in (IDLE, KEEPING) and entry.deadline_s is not None:
                nearest = min(nearest, max(entry.deadline_s - self.monotonic(), 0.05))
        return nearest


def _has_ended(process: int) -> bool:
    poller = select.poll()
    poller.register(process, select.POLLIN)
    return bool(poller.poll(0))
