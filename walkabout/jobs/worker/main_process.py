"""The consumer's main process: it forks the supervisor and the workers, replaces lost ones, and stops them.

It asks the database for nothing once it has forked, runs no job and has no threads: whatever becomes of the others, it
goes on. It is Huey's consumer, through its seams; the health check is ours.
"""

import contextlib
import gc
import os
import select
import signal
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

from huey.consumer import Consumer as HueyConsumer
from huey.consumer import ConsumerStopped, Scheduler

from walkabout.jobs.worker import forks, own_session
from walkabout.jobs.worker.forks import Fork, ForkEnvironment
from walkabout.jobs.worker.machine import die_with_parent, signal_to
from walkabout.jobs.worker.queue import LedgerHuey, Parts
from walkabout.jobs.worker.scoreboard import MAIN, SUPERVISOR, Scoreboard
from walkabout.jobs.worker.silence import Silence
from walkabout.jobs.worker.supervisor import HUNG_S, TURN_S, Supervisor
from walkabout.jobs.worker.trouble import Trouble
from walkabout.jobs.worker.wake_ups import WORKER
from walkabout.jobs.worker.worker_process import BellWorker

KILL_AFTER_GRACE_S = 1.5  # what a worker that does not obey the interrupt at the end of its grace is left
YOUNG_S = 1.0  # a process that ends badly before this is not replaced at once
LEAVE_S = 1.0  # what the supervisor has beyond that to take its leave


class SupervisedConsumer(HueyConsumer):  # type: ignore[misc]
    """Huey's consumer: the main process only forks and reaps, the scheduler's process is the supervisor."""

    def __init__(self, huey: LedgerHuey, **options: Any) -> None:
        parts = self.parts = huey.parts
        workers = options.get("workers", 1)
        groups = parts.settings.worker_groups
        self.scoreboard = Scoreboard(slots=workers * 2 + 2)
        # One for each group: a ring wakes one of its workers, and the others may not serve the queue.
        self.bells = [parts.bells.hang(WORKER) for _ in groups]
        self._places = [number for number, group in enumerate(groups) for _ in range(group.workers)]
        parts.leases.rescue_lost()  # what a start before this one left behind
        self.me = huey.storage.me = parts.consumers.join("worker", workers, groups)
        self.pid = self.me.process.pid
        self.worker_class = partial(BellWorker, self)
        self.scheduler_class = partial(SupervisorScheduler, self)
        self._woken, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._supervisor_silence = Silence(gap_s=2 * TURN_S)
        self._spared: set[int] = set()
        super().__init__(huey, **options)
        self._seats = [
            Seat(partial(self._new_supervisor), parts),
            *(Seat(partial(self._new_worker, n), parts) for n in range(workers)),
        ]

    def get_environment(self, worker_type: str) -> ForkEnvironment:  # noqa: ARG002 - Huey's signature
        """Processes that we fork ourselves."""
        environment = ForkEnvironment(self._graceful_sig, self._interrupt_sig)
        environment.interrupt_ordered = self.scoreboard.end_runs
        return environment

    def start(self) -> None:
        """Fork; what the children share with us stays shared: the collector writes to what it looks at."""
        gc.collect()
        gc.freeze()
        own_session.adopt_orphans()
        self.huey.storage.close()  # children must not share our connections
        self._set_signal_handlers()
        self.check_worker_health()

    def run(self) -> None:
        """Run until told to stop; then nothing of it is left, whatever happened."""
        try:
            super().run()
        except KeyboardInterrupt:
            pass  # told to hurry while the last ones were waited for
        finally:
            self.stop_flag.set()
            self._end_all()
            for bell in self.bells:
                bell.take_down()
            self.parts.db.checkpoint()  # so that the file alone is whole

    def stop(self, graceful: bool = False) -> None:
        """Let runs go on for the grace, or not; then end all processes."""
        super().stop(graceful)
        self._end_all()

    def loop(self, health_check_ts: float | None = None) -> float | None:
        """Wait until a signal comes, a process ends, or it is time to look; then look. Raises ConsumerStopped."""
        self._wait()
        if self._signum is not None:
            self.stop(graceful=self._graceful)
            raise ConsumerStopped
        try:
            self.check_worker_health()
        except Exception as error:
            # One that fails is no reason to leave the others alone; the next look comes.
            self.parts.events.bug("consumer.failed", error)
            time.sleep(TURN_S)
        return health_check_ts

    def check_worker_health(self) -> bool:
        """See to it that the supervisor and all workers are there. Whether they are."""
        self.scoreboard.beat(MAIN)
        self._end_hung_supervisor()
        all_there = True
        for seat in self._seats:
            all_there = seat.see_to() and all_there
        self._see_to_strangers()
        return all_there

    def _wait(self) -> None:
        poller = select.poll()
        poller.register(self._woken, select.POLLIN)
        for seat in self._seats:
            if seat.fork.is_alive():
                poller.register(seat.fork.fileno(), select.POLLIN)
        poller.poll(min(TURN_S, *(seat.wait_s() for seat in self._seats)) * 1000)
        with contextlib.suppress(BlockingIOError):
            os.read(self._woken, 1024)

    def _handle_signal(self, signum: int, _frame: FrameType | None) -> None:
        """Stop; SIGINT at once, the others after the grace.

        The same signal again changes nothing: a process manager may tell the whole group and us, and Huey would then
        end at once what the grace is for. Whoever closes the terminal stops us, too (Huey would start anew).
        """
        hurries = signum == self._interrupt_sig
        if self._signum is None:
            self._signum: int | None = signum
            self._graceful: bool = not hurries
            self.stop_flag.set()  # now, not at the main loop's next look: nothing begins any more
        elif hurries and self._graceful:
            self._graceful = False
            raise KeyboardInterrupt  # Huey waits for the workers, and ends them when this comes
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake, b".")

    def _new_supervisor(self) -> Fork:
        self.scheduler = self._create_process(self._create_scheduler(), "Scheduler")
        self._supervisor_silence = Silence(gap_s=2 * TURN_S)
        fork: Fork = self.scheduler
        fork.start()
        return fork

    def _new_worker(self, number: int) -> Fork:
        worker = self._create_worker()
        worker.slot = slot = self.scoreboard.reserve()
        group = self._places[number % len(self._places)]
        worker.bell, worker.queues = self.bells[group], self.parts.settings.worker_groups[group].queues
        fork: Fork = self._create_process(worker, f"Worker-{number + 1}")
        fork.when_ended = partial(self._worker_ended, slot)
        try:
            fork.start()
        except OSError:
            self.scoreboard.free(slot)
            raise
        self.worker_threads[number] = (worker, fork)
        return fork

    def _worker_ended(self, slot: int, fork: Fork) -> None:
        self.scoreboard.free_unseated(slot)
        # Orphans of a job that was killed end with it. What a job set free that ended by itself may live on.
        for stranger in self._strangers():
            if fork.status != 0:
                forks.end_child(stranger)
            else:
                self._spared.add(stranger)

    def _see_to_strangers(self) -> None:
        for pid in self._strangers() | self._spared:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        self._spared &= set(forks.children())

    def _strangers(self) -> set[int]:
        ours = {seat.fork.pid for seat in self._seats}
        return set(forks.children()) - ours - self._spared

    def _end_hung_supervisor(self) -> None:
        silent_s = self._supervisor_silence.look(self.scoreboard.beats(SUPERVISOR), time.monotonic())
        if silent_s > HUNG_S and self.scheduler.is_alive():
            self.parts.events.warn("supervisor.hung", supervisor=self.scheduler.pid, seconds=round(silent_s, 1))
            signal_to(self.scheduler.pid, signal.SIGKILL)

    def _end_all(self) -> None:
        deadline = time.monotonic() + KILL_AFTER_GRACE_S
        everybody = [seat.fork for seat in self._seats]
        for fork in reversed(everybody):  # the supervisor last: it looks after the runs of the others
            if fork is everybody[0]:
                deadline += LEAVE_S
            fork.join(max(deadline - time.monotonic(), 0.0))
            if fork.is_alive():
                signal_to(fork.pid, signal.SIGKILL)
                fork.join()


class Seat:
    """Where one process of the consumer belongs: when it has ended, another one is forked.

    At once, when it had worked for a while or ended well; after a pause that grows when it ends as soon as it begins, or
    when no process can be had.
    """

    def __init__(self, make: Callable[[], Fork], parts: Parts) -> None:
        """`make()` forks; it raises OSError or RuntimeError when that can't be now."""
        self.fork = Fork(_nobody, "")
        self._make = make
        self._events = parts.events
        self._no_fork = Trouble(parts.events.warn, "consumer.cannot_fork")
        self._short_lived = Trouble(parts.events.warn, "consumer.process_ended_at_once")
        self._born_at = 0.0
        self._again_at = 0.0

    def see_to(self) -> bool:
        """See to it that there is a process; whether there is one."""
        now = time.monotonic()
        if self.fork.is_alive():
            if now - self._born_at > YOUNG_S:
                self._short_lived.over()
            return True
        if self.fork.pid:
            self._note_end(now)
        return now >= self._again_at and self._start(now)

    def wait_s(self) -> float:
        """Seconds until it has to be seen to, unless its process ends."""
        return TURN_S if self.fork.is_alive() else max(self._again_at - time.monotonic(), 0.0)

    def _start(self, now: float) -> bool:
        try:
            self.fork = self._make()
        except (OSError, RuntimeError) as error:
            self._again_at = now + self._no_fork.met(error=str(error))
            return False
        self._no_fork.over()
        self._born_at = now
        return True

    def _note_end(self, now: float) -> None:
        fork, self.fork = self.fork, Fork(_nobody, "")
        fork.when_ended(fork)
        if fork.status == 0:
            return
        if now - self._born_at > YOUNG_S:
            self._events.warn("consumer.process_ended", process=fork.name, pid=fork.pid, status=fork.status)
        else:
            self._again_at = now + self._short_lived.met(process=fork.name, pid=fork.pid, status=fork.status)


def _nobody() -> None:
    """The process of a seat that nobody has taken."""


class SupervisorScheduler(Scheduler):  # type: ignore[misc]
    """Huey's scheduler process, as the supervisor of the workers beside it."""

    def __init__(self, consumer: SupervisedConsumer, **options: Any) -> None:
        super().__init__(**options)
        self.consumer = consumer
        self.supervisor: Supervisor

    def initialize(self) -> None:
        """Right after the fork."""
        die_with_parent(self.consumer.pid)
        parts: Parts = self.huey.parts
        parts.db.forget_connections()
        self.supervisor = Supervisor(
            ledger=parts.ledger,
            leases=parts.leases,
            consumers=parts.consumers,
            bells=parts.bells,
            scoreboard=self.consumer.scoreboard,
            events=parts.events,
            me=self.consumer.me,
            settings=parts.settings,
            clock=parts.clock,
            tick=parts.tick,
            forget=parts.forget,
            compare_clock=parts.compare_clock,
            carrier=parts.carrier,
        )

    def loop(self, now: Any = None) -> None:  # noqa: ARG002 - Huey's signature
        """One look at everything, then wait."""
        self.supervisor.turn()
        self.supervisor.wait(self.stop_flag._r)

    def shutdown(self) -> None:
        """The consumer stops: guard what still runs, for the grace and a little more; then end it."""
        parts: Parts = self.huey.parts
        self.supervisor.stop()
        kill_at = time.monotonic() + parts.settings.grace_s + KILL_AFTER_GRACE_S
        never = select.epoll()  # a file descriptor that is never readable: the stop flag is, from now on
        while not self.supervisor.idle():
            if time.monotonic() > kill_at:
                self.supervisor.kill()
            self.supervisor.wait(never.fileno())
            self.supervisor.turn()
        self.supervisor.take_leave()
