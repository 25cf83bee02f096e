"""Marks on running jobs that ask for their end. They change no state: whoever runs the job ends it."""

from typing import Any

from walkabout.database.connections import Database


class EndRequests:
    """The part of the ledger that asks for the end of what runs."""

    db: Database

    def ask_cancel(self, uid: str, reason: str | None = None) -> bool:
        """Mark a running job as one to be ended at once, and why; its supervisor ends it. False: it does not run."""
        return self._won(
            "UPDATE job SET cancel = 1, cancelling = 1, reason = coalesce(?, reason) WHERE uid = ? AND state = 'STARTED'",
            (reason, uid),
        )

    def ask_end(self, uid: str, reason: str | None = None) -> bool:
        """Mark a running job as one to be ended, and why: one that cleans up ends by itself when it has done so, any
        other as `ask_cancel` says. False: it does not run."""
        return self._won(
            "UPDATE job SET cancel = CASE WHEN cleans_up = 1 THEN cancel ELSE 1 END, cancelling = 1,"
            " reason = coalesce(?, reason) WHERE uid = ? AND state = 'STARTED'",
            (reason, uid),
        )

    def end_running_of(self, owner: str, kind: str | None, reason: str) -> None:
        """Mark as to be ended what runs of an owner (a uid), of one kind or (None) of all. Index: job_started."""
        self.db.change(
            "UPDATE job SET cancel = 1, cancelling = 1, reason = coalesce(reason, ?)"
            " WHERE owner = ? AND state = 'STARTED' AND kind = coalesce(?, kind)",
            (reason, owner, kind),
        )

    def _won(self, sql: str, params: tuple[Any, ...]) -> bool:
        return self.db.change(sql, params) > 0
