"""The stored records of a sequence's steps: the queries on `sequence_step`, and the writer of a run's records."""

import json
import threading
from collections.abc import Callable, Sequence
from typing import Any

import sequence
from walkabout import json_text
from walkabout.database.connections import Database, Unavailable
from walkabout.jobs import notes
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.specs import Claim

WRITE_EVERY_S = 0.1  # how soon people see a step that has ended
LOOK_EVERY_S = 0.5  # how soon they see which step is in flight, while none ends
SHOWN_MOST = 2000  # records that are shown of one run: the newest


def text_of(value: Any) -> str:
    """Compact JSON. What came from outside may hold lone surrogates; those stay escapes."""
    try:
        return json_text.write(value)
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))


def records_text(db: Database, uid: str, most: int = SHOWN_MOST) -> str:
    """The newest records of a run as the JSON text of a list, in the steps' order."""
    rows = db.rows(
        "SELECT record FROM sequence_step WHERE job = (SELECT id FROM job WHERE uid = ?) ORDER BY id DESC LIMIT ?",
        (uid, most),
    )
    return "[" + ",".join(record for (record,) in reversed(rows)) + "]"


def last_path(db: Database, uid: str) -> str:
    """The path of a run's newest record; empty when there is none."""
    row = db.first(
        "SELECT path FROM sequence_step WHERE job = (SELECT id FROM job WHERE uid = ?) ORDER BY id DESC LIMIT 1", (uid,)
    )
    return row[0] if row else ""


def write_uses(db: Database, claim: Claim, names: Sequence[str]) -> None:
    """Note which saved sequences a run uses, under the same condition as `write`."""
    db.change_many(
        "INSERT INTO saved_sequence_run (name, job) SELECT ?, id FROM job"
        f" WHERE id = ? AND attempt = ? AND state = 'STARTED'{db.wording.for_share}"
        " ON CONFLICT (name, job) DO NOTHING",
        [(name, claim.id, claim.attempt) for name in names],
    )


def write(db: Database, claim: Claim, records: Sequence[sequence.Record]) -> None:
    """Keep records, each in place of an earlier one of its path and try. An attempt that does not own its job any
    more writes nothing."""
    rows = [(record.path, record.attempt, text_of(record.as_dict()), claim.id, claim.attempt) for record in records]
    db.change_many(
        "INSERT INTO sequence_step (job, path, try, record) SELECT id, ?, ?, ? FROM job"
        f" WHERE id = ? AND attempt = ? AND state = 'STARTED'{db.wording.for_share}"
        " ON CONFLICT (job, path, try) DO UPDATE SET record = excluded.record",
        rows,
    )


class ProgressWriter:
    """Tells people how far a run is: its records and its progress, written a few times a second by a thread of its own,
    so that no step waits for it."""

    def __init__(self, db: Database, ledger: Ledger, claim: Claim) -> None:
        self.db = db
        self.ledger = ledger
        self.claim = claim
        self._pending: list[sequence.Record] = []
        self._uses: list[str] = []
        self._done = 0
        self._where = ""
        self._moved = False
        self._changed = threading.Condition()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sequence-teller", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def on_step(self, record: sequence.Record) -> None:
        """A step has ended (or a try of it)."""
        with self._changed:
            if self._closed.is_set():
                return
            self._pending.append(record)
            self._done += record.state not in ("retried", "discarded")
            self._changed.notify()

    def sending(self, request: sequence.StepRequest) -> None:
        """A step sends its request now."""
        # No lock, no wake-up: each request waits for this. The writer looks by itself.
        self._where, self._moved = f"{request.path} {request.method}", True

    def uses(self, name: str) -> None:
        """The run uses a saved sequence."""
        with self._changed:
            self._uses.append(name)
            self._changed.notify()

    def close(self, guard: Callable[[], Any]) -> None:
        """The run is over: write what is left. `guard` stands around it."""
        with self._changed:
            self._closed.set()
            self._changed.notify()
        with guard():
            if self._thread.is_alive():
                self._thread.join()
            self._write()

    def _work(self) -> None:
        while not self._closed.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._pending or self._uses or self._closed.is_set(), LOOK_EVERY_S)
            if not self._closed.is_set():
                self._write()
                self._closed.wait(WRITE_EVERY_S)

    def _write(self) -> None:
        with self._changed:
            records, self._pending = self._pending, []
            uses, self._uses = self._uses, []
            moved, self._moved = self._moved, False
            progress = {"done": self._done, "total": None, "text": self._where}
        if not records and not uses and not moved:
            return
        try:
            with self.db.transaction(concurrent=True):
                if records:
                    write(self.db, self.claim, records)
                if uses:
                    write_uses(self.db, self.claim, uses)
                notes.save_progress(self.ledger.db, self.claim, progress)
        except Unavailable:
            # A full disk is no reason for the run to fail. They are told when there is room again.
            with self._changed:
                self._pending = records + self._pending
                self._uses = uses + self._uses
