"""Single processes of the Procfile, as a host starts them: web, worker and release, each on its own."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from tests.support.house import ROOT, House

READY = {"web": "web.ready", "worker": "worker.ready"}
STARTS_S = 60.0


class ProcfileProcess(House):
    """One process: it is begun, then ready, and told to stop as a host does."""

    def __init__(self, kind: str, data_dir: Path, **environment: str) -> None:
        """`kind`: its name in the Procfile."""
        super().__init__(data_dir, prepared=False, **environment)
        self.kind = kind

    def command(self) -> list[str]:
        """What starts it."""
        return [sys.executable, "-m", "walkabout.processes", self.kind]

    def begin(self) -> "ProcfileProcess":
        """Start it, and return at once."""
        self.lines.clear()
        self.process = subprocess.Popen(
            self.command(), cwd=ROOT, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()
        return self

    def ready(self) -> "ProcfileProcess":
        """Return when it serves, or takes jobs."""
        self.wait(READY[self.kind], STARTS_S)
        return self

    def start(self) -> "ProcfileProcess":
        """Start it, and return when it is ready."""
        return self.begin().ready()

    def stop(self, with_signal: int = signal.SIGTERM, seconds: float = 40) -> int:
        """Tell it to stop, and return its exit status; one that has ended by itself is told nothing."""
        if self.process is None:
            return 0
        self.tell_to_stop(with_signal)
        try:
            return self.process.wait(seconds)
        finally:
            self.process = None

    def tell_to_stop(self, with_signal: int = signal.SIGTERM) -> None:
        """Tell it to stop, and return at once."""
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(self.first_process(), with_signal)

    def ended(self, seconds: float = STARTS_S) -> int:
        """Its exit status, once it has ended by itself."""
        assert self.process is not None
        return self.process.wait(seconds)

    def first_process(self) -> int:
        """The id of the process that signals are for."""
        assert self.process is not None
        return self.process.pid
