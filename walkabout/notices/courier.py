"""The courier: a thread that sends notices, beside the supervisor, or in the web process while no worker is alive."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from walkabout.database.connections import Unavailable
from walkabout.events import Events
from walkabout.jobs.inline import Inline
from walkabout.jobs.run import Runner
from walkabout.jobs.specs import Claim
from walkabout.jobs.worker.trouble import Trouble
from walkabout.notices.deliveries import Batch, Deliveries
from walkabout.notices.watch import Watch

LOOK_EVERY_S = 1.0
AT_ONCE = 4  # services that are waited for at the same time


class NeverInterrupted:
    """The place of a job that nobody interrupts: each try ends by itself (see jobs.run.Interruptible)."""

    in_request = False

    def hold(self) -> None:
        """Nothing to hold off."""

    def release(self) -> None:
        """Nothing to let in."""

    def keep(self) -> None:
        """Nothing can come too late."""

    def was_ordered(self, order: int) -> bool:  # noqa: ARG002 - Interruptible
        """Never."""
        return False

    def lengthen(self, seconds: float) -> None:
        """There is no limit but the channel's own."""

    def cut_with(self, cut: Callable[[], None]) -> None:
        """Nothing is cut."""


@dataclass
class Courier:
    """Looks for notices that are due, and sends them, a few services at once."""

    deliveries: Deliveries
    inline: Inline
    runner: Runner
    events: Events
    watch: Watch
    _thread: threading.Thread | None = None
    _busy: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ensure_running(self, is_needed: Callable[[], bool] = lambda: True) -> None:
        """Start the thread unless it runs in this process. `is_needed`: whether there is something to do here now."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._go, args=(is_needed,), name="courier", daemon=True)
            self._thread.start()

    def turn(self) -> int:
        """Look once, and send all that is due, here; how many messages."""
        self.watch()
        self.deliveries.settle()
        batches = self.deliveries.due()
        for batch in batches:
            self._send(batch)
        return len(batches)

    def _go(self, is_needed: Callable[[], bool]) -> None:
        away = Trouble(self.events.warn, "notices.database_unavailable")
        bug = Trouble(lambda event, error, **more: self.events.bug(event, error, **more), "notices.failed")
        pause = threading.Event()  # never set: the thread ends with its process
        with ThreadPoolExecutor(AT_ONCE, "notices") as pool:
            while True:
                try:
                    if is_needed():
                        self._look(pool)
                except Unavailable as error:
                    away.met(error=str(error))
                except Exception as error:
                    bug.met(error=error)
                else:
                    away.over()
                    bug.over()
                pause.wait(LOOK_EVERY_S)

    def _look(self, pool: ThreadPoolExecutor) -> None:
        self.watch()
        self.deliveries.settle()
        for batch in self.deliveries.due():
            with self._lock:
                # One at a time for each target: what happened first is told first.
                if batch.target in self._busy:
                    continue
                self._busy.add(batch.target)
            pool.submit(self._send_one, batch)

    def _send_one(self, batch: Batch) -> None:
        try:
            self._send(batch)
        except Unavailable as error:
            self.events.warn("notices.database_unavailable", error=str(error))
        except Exception as error:
            self.events.bug("notices.failed", error)
        finally:
            with self._lock:
                self._busy.discard(batch.target)

    def _send(self, batch: Batch) -> None:
        def run(claim: Claim) -> object:
            return self.runner.run(claim, NeverInterrupted())

        self.deliveries.send(batch, self.inline, run)
