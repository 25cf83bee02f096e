"""The log of a job: what its walker logs and prints, the last lines of it, as people see it while the job runs.

Nothing is written for a job that logs nothing. What one logs is written at once as long as that is little, then in bulk,
at most WRITES_A_SECOND times a second and once at its end.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from walkabout import json_text
from walkabout.database.connections import ConstraintRefused, Database, Unavailable
from walkabout.jobs.specs import Claim
from walkabout.masking import Masker

WRITES_AT_ONCE, WRITES_A_SECOND = 10.0, 2.0
LINE_MOST = 4000  # characters
DEBUG, INFO, WARNING, ERROR = LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True)
class LogLine:
    """A line. `at`: UTC seconds; `level`: one of LEVELS."""

    at: float
    level: str
    text: str


@dataclass(frozen=True)
class KeptLog:
    """The last lines of a job, and how many were dropped before them."""

    lines: tuple[LogLine, ...]
    dropped: int


@dataclass(frozen=True)
class LogLimits:
    """What is kept of a job's log: its last lines, and no more than so many bytes of text."""

    lines: int = 200
    bytes: int = 65_536


class RunLog:
    """The log of one attempt of a job. `say(level, text)`: the line goes to the service's own log, too."""

    def __init__(
        self,
        db: Database,
        claim: Claim,
        limits: LogLimits,
        masker: Masker,
        clock: Callable[[], float],
        *,
        say: Callable[[str, str], None],
    ) -> None:
        self.db = db
        self.claim = claim
        self.limits = limits
        self.masker = masker
        self.clock = clock
        self.say = say
        self._lines: deque[LogLine] = deque()
        self._bytes = 0
        self._dropped = 0
        self._is_written = True
        self._has_begun = False
        self._credit = WRITES_AT_ONCE
        self._wrote_at = time.monotonic()

    def add(self, level: str, text: str) -> bool:
        """Add a text, each line of it for itself. Whether it is time to write: within a burst that is later."""
        for line in self.masker.text(text).splitlines() or [""]:
            self.say(level, line[:LINE_MOST])
            self._keep(LogLine(self.clock(), level, line[:LINE_MOST]))
        self._is_written = False
        now = time.monotonic()
        self._credit = min(self._credit + (now - self._wrote_at) * WRITES_A_SECOND, WRITES_AT_ONCE)
        self._wrote_at = now
        return self._credit >= 1.0

    def write(self) -> None:
        """Write what is not written yet. A database that can't take it is no reason for the run to fail."""
        if self._is_written:
            return
        self._credit -= 1.0
        try:
            if not self._has_begun and self.claim.attempt > 1:
                self._go_on()
            self._has_begun = True
            lines = json_text.write([[line.at, line.level, line.text] for line in self._lines])
            self.db.change(_WRITE, (self.claim.uid, self.claim.attempt, lines, self._dropped, self.clock()))
            self._is_written = True
        except (Unavailable, ConstraintRefused):
            return

    def finish(self, rest: str) -> None:
        """The attempt is over: add what had no end of line, and write what is left."""
        if rest:
            self.add(INFO, rest)
        self.write()

    def _go_on(self) -> None:
        """Begin behind what earlier attempts logged."""
        before = kept(self.db, self.claim.uid)
        if before is not None:
            ours = list(self._lines)
            self._lines.clear()
            self._bytes, self._dropped = 0, self._dropped + before.dropped
            for line in (*before.lines, *ours):
                self._keep(line)

    def _keep(self, line: LogLine) -> None:
        self._lines.append(line)
        self._bytes += len(line.text)
        while len(self._lines) > self.limits.lines or (self._bytes > self.limits.bytes and len(self._lines) > 1):
            self._bytes -= len(self._lines.popleft().text)
            self._dropped += 1


# Fenced by the attempt: a worker that was believed dead writes over nothing.
_WRITE = (
    "INSERT INTO job_log (job, attempt, lines, dropped, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (job) DO UPDATE SET"
    " attempt = excluded.attempt, lines = excluded.lines, dropped = excluded.dropped, at = excluded.at"
    " WHERE job_log.attempt <= excluded.attempt"
)


def kept(db: Database, uid: str) -> KeptLog | None:
    """What is kept of a job's log, or None. Index: job_log.job."""
    row = db.first("SELECT lines, dropped FROM job_log WHERE job = ?", (uid,))
    return KeptLog(tuple(LogLine(*line) for line in json_text.load(row[0])), row[1]) if row else None


def written_at(db: Database, uid: str) -> float | None:
    """When a job's log was written last (UTC seconds), or None: it tells whether there is more to see."""
    at: float | None = db.value("SELECT at FROM job_log WHERE job = ?", (uid,))
    return at
