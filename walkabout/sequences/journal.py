"""The journal of a sequence job: the queries on the tables `sequence_journal` and `sequence_again`.

What an entry means is the library's to know (sequence/journal.py). It holds real values: nobody is ever shown one.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import sequence
from walkabout import json_text
from walkabout.database.connections import ConstraintRefused, Damaged, Database, Unavailable
from walkabout.jobs import notes
from walkabout.jobs.ledger import Ledger
from walkabout.jobs.run import TRY_AGAIN_S
from walkabout.jobs.specs import Claim, LeaseLost
from walkabout.jobs.worker.scoreboard import Interrupted

Guard = Callable[[], AbstractContextManager[Any]]
_SAVED = '{"kind":"saved"'  # ours: the library passes over it
_INTENT, _OUTCOME = '{"kind":"intent"', '{"kind":"outcome"'
_APPEND = (
    "INSERT INTO sequence_journal (job, attempt, line) SELECT id, attempt, ? FROM job"
    " WHERE id = ? AND attempt = ? AND state = 'STARTED' AND cancel = 0"
)


class CannotResume(Exception):
    """A run can't be resumed; the text says why."""


class AlreadyResumed(CannotResume):
    """Another run has resumed it, and owns its journal now."""


@dataclass(frozen=True)
class ResumedFrom:
    """What a job resumes: the uid of a run, and what a person says of its requests of unknown outcome, by path."""

    source: str
    unknown: Mapping[str, Any]


class JobJournal:
    """The journal of one attempt (see sequence.Journal). Every entry is fenced like a result: an attempt that does not
    own its job any more, or whose job is to be cancelled, gets LeaseLost.

    `guard` holds interrupts off in the thread that they come to.
    """

    def __init__(self, db: Database, ledger: Ledger, claim: Claim, guard: Guard) -> None:
        self.db = db
        self.ledger = ledger
        self.claim = claim
        self.guard = guard
        self._append_sql = (
            _APPEND + db.wording.for_share
        )  # nobody takes the run over between the question and the entry
        self._closed = threading.Event()
        self._got_further = claim.attempt == 1

    def read(self) -> list[str]:
        """All entries so far, in order. Index: sequence_journal_job."""
        with self.guard():
            return lines(self.db, self.claim.id)

    def append(self, line: str) -> None:
        """Keep one more entry. While the database can't be written (a full disk) the run waits; inside of a
        transaction it raises Unavailable, and the whole call is done again. Raises LeaseLost."""
        while True:
            try:
                return self._append(line)
            except Damaged:
                raise
            except Unavailable:
                if self.db.in_unit or self._closed.is_set():
                    raise
            time.sleep(TRY_AGAIN_S)

    def transaction(self) -> AbstractContextManager[None]:
        """Around a JAC call and its outcome: both are kept, or neither. Others write until the call's first change."""
        return self.db.unit(self.guard)

    def note_sent(self, path: str, attempt: int) -> None:
        """Note, before it is sent and whatever becomes of the transaction around, that a JAC step sends a request which
        may not be repeated. Raises LeaseLost."""
        with self.db.apart():
            self.append(f'{_INTENT},"path":{json_text.write(path)},"try":{attempt},"request":""}}')

    def close(self) -> None:
        """The attempt is over: threads that are still on their way wait no more."""
        self._closed.set()

    def _append(self, line: str) -> None:
        try:
            with self.guard():
                if not self.db.change(self._append_sql, (line, self.claim.id, self.claim.attempt)):
                    raise LeaseLost(self.claim)
                if not self._got_further and line.startswith(_OUTCOME):
                    self._got_further = True
                    notes.note_step(self.ledger.db, self.claim)
        except Interrupted:
            if line.startswith(_INTENT):
                self._take_back(line)
            raise

    def _take_back(self, line: str) -> None:
        # It is not sent now. With an intent left behind, nobody would know that.
        with self.guard():
            self.db.change(
                "DELETE FROM sequence_journal WHERE job = ? AND attempt = ? AND line = ?",
                (self.claim.id, self.claim.attempt, line),
            )


class RunsSaved:
    """The saved sequences that a run uses, as they were when it used each first: the journal keeps them, so that whoever
    takes the run up runs the same. `on_use` hears of each name, maybe several times."""

    def __init__(
        self,
        own: JobJournal,
        find: Callable[[str], dict[str, Any] | None],
        on_use: Callable[[str], None] = lambda name: None,  # noqa: ARG005 - nobody listens
    ) -> None:
        self._own = own
        self._find = find
        self._on_use = on_use
        self._known: dict[str, dict[str, Any]] | None = None

    def find(self, name: str) -> dict[str, Any] | None:
        """The sequence of a name, or None. Raises LeaseLost."""
        own = self._own
        with own.guard():
            if self._known is None:
                self._known = {entry["name"]: entry["sequence"] for entry in _saved(own.db, own.claim.id)}
            found = self._known.get(name) or self._find(name)
        if found is not None and name not in self._known:
            own.append(f'{_SAVED},"name":{json_text.write(name)},"sequence":{json_text.write(found)}}}')
            self._known[name] = found
        if found is not None:
            self._on_use(name)
        return found


def _saved(db: Database, job: int) -> Iterator[dict[str, Any]]:
    query = "SELECT line FROM sequence_journal WHERE job = ? AND line LIKE ? ORDER BY id"
    return (json_text.load(line) for (line,) in db.rows(query, (job, f"{_SAVED}%")))


def lines(db: Database, job: int) -> list[str]:
    """The entries of a job, in order. Index: sequence_journal_job."""
    return [line for (line,) in db.rows("SELECT line FROM sequence_journal WHERE job = ? ORDER BY id", (job,))]


def own_entries(db: Database, job: int, kinds: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The entries of some kinds that a job wrote itself, in order."""
    rows = db.rows("SELECT line FROM sequence_journal WHERE job = ? AND attempt > 0 ORDER BY id", (job,))
    starts = tuple(f'{{"kind":"{kind}"' for kind in kinds)
    return (json_text.load(line) for (line,) in rows if line.startswith(starts))


def exists(db: Database, uid: str) -> bool:
    """Whether a run has a journal, without which it can't be resumed."""
    return (
        db.first(
            "SELECT 1 FROM sequence_journal WHERE job = (SELECT id FROM job WHERE uid = ?) LIMIT 1",
            (uid,),
        )
        is not None
    )


def unsettled(db: Database, job: int) -> list[str]:
    """The paths of a job's requests of unknown outcome. It reads the whole journal. Index: sequence_journal_job."""
    return sequence.unsettled(lines(db, job))


def forget(db: Database, job: int) -> None:
    """Delete the journal of a job: its run went well."""
    db.change("DELETE FROM sequence_journal WHERE job = ?", (job,))


def hand_over(db: Database, source: str, uid: str, unknown: Mapping[str, Any]) -> None:
    """Let the job of a uid resume another one and take over its journal. Within the transaction that asks for it.

    Raises AlreadyResumed when another job has done so meanwhile.
    """
    try:
        db.change(
            "INSERT INTO sequence_again (job, source, unknown) SELECT id, ?, ? FROM job WHERE uid = ?",
            (source, json_text.write(dict(unknown)), uid),
        )
    except ConstraintRefused:
        raise AlreadyResumed("another run is just resuming this run") from None
    db.change(
        "UPDATE sequence_journal SET job = (SELECT id FROM job WHERE uid = ?), attempt = 0"
        " WHERE job = (SELECT id FROM job WHERE uid = ?)",
        (uid, source),
    )


def resumed_from(db: Database, job: int) -> ResumedFrom | None:
    """What a job resumes, or None."""
    row = db.first("SELECT source, unknown FROM sequence_again WHERE job = ?", (job,))
    return ResumedFrom(row[0], json_text.load(row[1])) if row else None


def resumed_by(db: Database, source: str) -> str | None:
    """The uid of the job that resumed a run, or None."""
    row = db.first(
        "SELECT job.uid FROM sequence_again JOIN job ON job.id = sequence_again.job WHERE source = ?", (source,)
    )
    return row[0] if row else None
