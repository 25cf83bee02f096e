"""The history of a task: each version, who changed it, and the content of deleted tasks.

Rows are written in the transaction of the change. A task's revisions have no gaps, so that the rows beyond the latest
ones are found by their number.
"""

from dataclasses import dataclass
from typing import Any

from walkabout import json_text
from walkabout.database.connections import Database, Row
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.periodic.policies import Policies

EARLIER, CREATED, CHANGED, ENABLED = "earlier", "created", "changed", "enabled"
DISABLED, DELETED, RESTORED = "disabled", "deleted", "restored"
CONTENT = ("name", "task", "argument", "schedule", "timezone", "owner", *Policies.__struct_fields__, "state")
_TEXTS = ("argument", "schedule")  # JSON texts, in a version as in the task
_ALONG = ("one_off", "start_at", "expires_at", "anchor", "share", "last_run_at", "total_run_count", "created_at")
_COLUMNS = "schedule, revision, at, by, change, note, content"


@dataclass(frozen=True)
class Version:
    """A task as one change left it. `at`: UTC seconds; `by`: a uid, None for the service itself and the command line.

    `change`: one of the words above; EARLIER is how the task stood before changes were written down. `note`: why it was
    paused. `content`: the names of CONTENT with what the task had there.
    """

    schedule: int
    revision: int
    at: float
    by: str | None
    change: str
    note: str
    content: dict[str, Any]

    @property
    def owner(self) -> str:
        """Whose task it was (a uid)."""
        return str(self.content["owner"])

    def plain(self) -> dict[str, Any]:
        """The names of CONTENT with plain values; what can't be read stays the text that it is."""
        return {name: _read(self.content[name]) if name in _TEXTS else self.content[name] for name in CONTENT}


def keep(db: Database, task: PeriodicTask, change: str, by: str | None, at: float, most: int) -> None:
    """Keep what a task is now, after a change; of the task's versions the latest `most` stay.

    Index: schedule_version_of.
    """
    content = content_of(task)
    if change == DELETED:
        content["along"] = {name: getattr(task, name) for name in _ALONG}
    db.change(
        f"INSERT INTO schedule_version ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (task.id, task.revision, at, by, change, task.note, json_text.write(content)),
    )
    if task.revision > most:
        db.change("DELETE FROM schedule_version WHERE schedule = ? AND revision <= ?", (task.id, task.revision - most))


def keep_earlier(db: Database, task: PeriodicTask, most: int) -> None:
    """Keep how a task stands that is about to change, unless that is written down. Index: schedule_version_of."""
    known = db.first("SELECT 1 FROM schedule_version WHERE schedule = ? AND revision = ?", (task.id, task.revision))
    if known is None:
        keep(db, task, EARLIER, None, task.updated_at, most)


def of_task(
    db: Database, schedule: int, limit: int, offset: int = 0, owner: str | None = None
) -> tuple[int, list[Version]]:
    """How many versions of a task are kept, and some of them, the latest first.

    `owner`: only those from when it was theirs (a uid); None: all. Index: schedule_version_of.
    """
    where: str = "schedule = ?"
    params: list[Any] = [schedule]
    if owner is not None:
        where, params = "schedule = ? AND json_extract(content, '$.owner') = ?", [schedule, owner]
    total = db.rows(f"SELECT count(*) FROM schedule_version WHERE {where}", params)[0][0]
    rows = db.rows(
        f"SELECT {_COLUMNS} FROM schedule_version WHERE {where} ORDER BY revision DESC LIMIT ? OFFSET ?",
        [*params, limit, offset],
    )
    return int(total), [_version(row) for row in rows]


def of_revision(db: Database, schedule: int, revision: int) -> Version | None:
    """The version of a revision, or None. Index: schedule_version_of."""
    row = db.first(f"SELECT {_COLUMNS} FROM schedule_version WHERE schedule = ? AND revision = ?", (schedule, revision))
    return _version(row) if row else None


def deleted(db: Database, schedule: int) -> Version | None:
    """The last version of a task that was deleted and can be brought back, or None. Index: schedule_version_of."""
    row = db.first(
        f"SELECT {_COLUMNS} FROM schedule_version WHERE schedule = ? ORDER BY revision DESC LIMIT 1", (schedule,)
    )
    return _version(row) if row and row[4] == DELETED else None


def all_deleted(db: Database, owner: str | None, limit: int) -> list[Version]:
    """The tasks of an owner (a uid) or of all that can be brought back, the latest first.

    Index: schedule_version_deleted, schedule.id.
    """
    rows = db.rows(
        f"SELECT {_COLUMNS} FROM schedule_version WHERE change = 'deleted'"
        " AND (? IS NULL OR json_extract(content, '$.owner') = ?)"
        " AND NOT EXISTS (SELECT 1 FROM schedule WHERE id = schedule_version.schedule) ORDER BY at DESC, id DESC LIMIT ?",
        (owner, owner, limit),
    )
    return [_version(row) for row in rows]


def forget_deleted(db: Database, before: float, limit: int) -> int:
    """Forget tasks that were deleted before a moment (UTC seconds), at most so many; how many rows that were.

    Index: schedule_version_deleted, schedule.id, schedule_version_of.
    """
    return db.change(
        "DELETE FROM schedule_version WHERE schedule IN (SELECT gone.schedule FROM schedule_version AS gone"
        " WHERE gone.change = 'deleted' AND gone.at < ? AND NOT EXISTS (SELECT 1 FROM schedule WHERE id = gone.schedule)"
        " ORDER BY gone.at LIMIT ?)",
        (before, limit),
    )


def current(task: PeriodicTask) -> Version:
    """The task as it stands, as a version."""
    return Version(task.id, task.revision, task.updated_at, None, CHANGED, task.note, content_of(task))


def content_of(task: PeriodicTask) -> dict[str, Any]:
    """What a version keeps of a task: the names of CONTENT."""
    return {name: getattr(task.policies if name in Policies.__struct_fields__ else task, name) for name in CONTENT}


def task_of(version: Version) -> PeriodicTask:
    """The task that was deleted with this version, as it was then; a next time it has none.

    Raises KeyError for a version that is not DELETED.
    """
    own = {name: version.content[name] for name in CONTENT if name not in Policies.__struct_fields__}
    policies = Policies(**{name: version.content[name] for name in Policies.__struct_fields__})
    return PeriodicTask(
        id=version.schedule, **own, policies=policies, note=version.note, **version.content["along"], next_run_at=None,
        fire_at=None, revision=version.revision, updated_at=version.at,
    )  # fmt: skip


def _read(text: str) -> Any:
    try:
        return json_text.load(text)
    except ValueError:
        return text


def _version(row: Row) -> Version:
    schedule, revision, at, by, change, note, content = row
    return Version(schedule, revision, at, by, change, note, json_text.load(content))
