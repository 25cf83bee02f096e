"""Reads the records of a run for people: the summaries of many steps, and the tries of one."""

import json
import zlib
from dataclasses import dataclass
from typing import Any

import msgspec

from walkabout import json_text
from walkabout.database.connections import Database
from walkabout.sequences.progress import SHOWN_MOST

_JOB = "(SELECT id FROM job WHERE uid = ?)"


class RecordSummary(msgspec.Struct, frozen=True, gc=False):
    """A record without what was sent and what came back (see sequence.Record)."""

    path: str
    state: str
    name: str = ""
    method: str = ""
    url: str = ""
    status: int | None = None
    attempt: int = msgspec.field(name="try", default=1)
    start: float = 0.0
    ms: float = 0.0
    bytes: int = 0
    error: str = ""
    replayed: bool = False


@dataclass(frozen=True)
class RecordSummaries:
    """The heads of a part of a run's records, in their order. `mark` changes whenever one of them does.

    `older`: the row to ask for those `before`; None when there are no older ones.
    """

    heads: list[RecordSummary]
    mark: int
    older: int | None


@dataclass(frozen=True)
class Tries:
    """Tries of a step, oldest first: their heads, and the whole record of one. `earlier`, `later`: whether there are
    more on that side."""

    heads: list[RecordSummary]
    chosen: dict[str, Any]
    earlier: bool
    later: bool


_decode = msgspec.json.Decoder(RecordSummary).decode


def heads(db: Database, uid: str, before: int | None = None, most: int = SHOWN_MOST) -> RecordSummaries:
    """The newest records of a run, or the newest `before` a row. Index: that of sequence_step's UNIQUE (job, ...)."""
    # The ids come from the index alone; so only the records that are shown are read.
    bound, params = ("", [uid, most + 1]) if before is None else (" AND id < ?", [uid, before, most + 1])
    rows = db.rows(
        "SELECT id, record FROM sequence_step WHERE id IN"
        f" (SELECT id FROM sequence_step WHERE job = {_JOB}{bound} ORDER BY id DESC LIMIT ?) ORDER BY id",
        params,
    )
    has_older = len(rows) > most
    rows = rows[-most:]
    mark = 0
    for _, record in rows:
        mark = zlib.crc32(record.encode("utf-8", "surrogatepass"), mark)
    return RecordSummaries([_head(record) for _, record in rows], mark, rows[0][0] if has_older else None)


def tries(db: Database, uid: str, path: str, attempt: int | None, most: int) -> Tries | None:
    """A step's try in full (the last one, unless another is asked for), and the heads of those around it.

    None: there is no such try. Index: sequence_step's UNIQUE (job, path, try).
    """
    last = db.first(f"SELECT max(try) FROM sequence_step WHERE job = {_JOB} AND path = ?", (uid, path))
    if last is None or last[0] is None:
        return None
    attempt = last[0] if attempt is None else attempt
    newest = min(max(attempt + most // 2, most), last[0])
    rows = db.rows(
        f"SELECT try, record FROM sequence_step WHERE job = {_JOB} AND path = ? AND try <= ? ORDER BY try DESC LIMIT ?",
        (uid, path, newest, most),
    )
    chosen = next((record for number, record in rows if number == attempt), None)
    if chosen is None:
        return None
    heads = [_head(record) for _, record in reversed(rows)]
    return Tries(heads, json_text.load(chosen), earlier=rows[-1][0] > 1, later=newest < last[0])


def _head(record: str) -> RecordSummary:
    try:
        return _decode(record)
    except msgspec.DecodeError:
        # It has a lone surrogate, as an escape.
        return msgspec.convert(json.loads(record), RecordSummary)
