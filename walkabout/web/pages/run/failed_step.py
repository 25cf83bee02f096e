"""The step at which a sequence's run failed: what it sent, and the beginning of what it was answered."""

from dataclasses import dataclass
from typing import Any

from walkabout.database.connections import Database
from walkabout.sequences.progress import text_of
from walkabout.sequences.record_summaries import tries
from walkabout.web.pages.run.step_numbers import step_number
from walkabout.web.pages.words import cut

SENT_MOST, CAME_MOST = 300, 800  # characters
URL_MOST, NAME_MOST = 300, 200


@dataclass(frozen=True)
class FailedStep:
    """The last try of a step, in short. `sent` and `came`: the bodies as text; `place`: its number on the page."""

    path: str
    place: str
    name: str
    method: str
    url: str
    status: int | None
    sent: str
    came: str


def failed_step(db: Database, uid: str, path: str) -> FailedStep | None:
    """The step of a path in a run; None: it has no record."""
    found = tries(db, uid, path, None, 1) if path else None
    if found is None:
        return None
    record = found.chosen
    return FailedStep(
        path=path,
        place=step_number(path),
        name=cut(record["name"], NAME_MOST),
        method=record["method"],
        url=cut(record["url"], URL_MOST),
        status=record["status"],
        sent=cut(_body(record["request"]), SENT_MOST),
        came=cut(_body(record["response"]), CAME_MOST),
    )


def _body(message: dict[str, Any] | None) -> str:
    body = message["body"] if message else None
    return "" if body is None else body if isinstance(body, str) else text_of(body)
