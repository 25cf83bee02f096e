"""What can be wrong with the installation as a whole: no worker, a clock that is off, a disk that is nearly full."""

import shutil
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from walkabout.jobs.worker.consumers import Consumers
from walkabout.jobs.worker.machine_clock import ClockOff
from walkabout.notices.occasions import CLOCK, DISK, NO_WORKER
from walkabout.notices.watch import LOOK_EVERY_S, Condition
from walkabout.setting_rules import MB


@dataclass
class NoWorker:
    """Finds that no worker has been alive for a while. `after_s`: so long; `expected`: whether there should be any."""

    consumers: Consumers
    after_s: float
    expected: bool
    monotonic: Callable[[], float] = time.monotonic
    _alive_at: float = float("-inf")
    _looked_at: float = float("-inf")

    def __call__(self) -> Iterator[Condition]:
        """The condition, if it is so."""
        now = self.monotonic()
        # Who is asked while there is no worker only can't know how long there was none before.
        has_slept = now - self._looked_at > 3 * LOOK_EVERY_S
        self._looked_at = now
        if has_slept or not self.expected or self.consumers.alive():
            self._alive_at = now
        elif now - self._alive_at >= self.after_s:
            yield Condition(NO_WORKER, "", "Jobs wait, and no task fires. Start a worker.")


@dataclass
class WrongClocks:
    """Finds machines whose clocks are off. `machines_off()`: those, as MachineClock knows them."""

    machines_off: Callable[[], Sequence[ClockOff]]

    def __call__(self) -> Iterator[Condition]:
        """The condition, if it is so: one for all machines."""
        if found := self.machines_off():
            words = [f"that of {one.machine} by {abs(one.off_s):.1f} s" for one in found]
            yield Condition(CLOCK, "", f"A clock is off: {', '.join(words)}. Set it by NTP.")


@dataclass
class FullDisk:
    """Finds that the disk of a folder has less than so many bytes free; 0: never."""

    folder: Path
    least: int

    def __call__(self) -> Iterator[Condition]:
        """The condition, if it is so."""
        free = shutil.disk_usage(self.folder).free
        if free < self.least:
            text = f"{free // MB:,} MiB are free on the disk of DATA_DIR (DISK_LEAST_MB). Make room."
            yield Condition(DISK, socket.gethostname(), text)
