"""Notes on a running job that don't change its state: its progress, and what it sent. Fenced like its outcome."""

from typing import Any

from walkabout import json_text
from walkabout.database.connections import Database
from walkabout.jobs.specs import Claim, LeaseLost


def save_progress(db: Database, claim: Claim, progress: dict[str, Any]) -> None:
    """Save how far the run is; nothing when it is not ours any more."""
    db.change(
        "UPDATE job SET progress = ? WHERE id = ? AND attempt = ? AND state = 'STARTED'",
        (json_text.write(progress), claim.id, claim.attempt),
    )


def note_step(db: Database, claim: Claim) -> None:
    """Note that a run which was lost before has got further since: only losses in a row count."""
    db.change("UPDATE job SET takeovers = 0 WHERE id = ? AND attempt = ? AND takeovers > 0", (claim.id, claim.attempt))


def note_sent(db: Database, claim: Claim, request: str) -> None:
    """Note, before it is sent, that the run sends a request that may not be repeated. Raises LeaseLost."""
    noted = db.change(
        "UPDATE job SET sent = coalesce(sent, ?) WHERE id = ? AND attempt = ? AND state = 'STARTED' AND cancel = 0",
        (request, claim.id, claim.attempt),
    )
    if not noted:
        raise LeaseLost(claim)


def note_clean_up(db: Database, claim: Claim, cleans_up: bool) -> None:
    """Note whether the run has something to do when it is cancelled."""
    db.change(
        "UPDATE job SET cleans_up = ? WHERE id = ? AND attempt = ? AND state = 'STARTED'",
        (cleans_up, claim.id, claim.attempt),
    )
