"""The history of a task: each version, who changed it, and the content of deleted tasks.

Rows are written in the transaction of the change. A task's revisions have no gaps, so that the rows beyond the latest
ones are found by their number.
"""

from dataclasses import dataclass, replace
from typing import Any

from peewee import SQL, fn

from walkabout import json_text
from walkabout.database.connections import Database
from walkabout.periodic.periodic_task import PeriodicTask
from walkabout.periodic.policies import DEFAULTS, POLICY_NAMES, Policies
from walkabout.periodic.tables import ScheduleTable
from walkabout.periodic.tables import ScheduleVersionTable as _Table

EARLIER, CREATED, CHANGED, ENABLED = "earlier", "created", "changed", "enabled"
DISABLED, DELETED, RESTORED = "disabled", "deleted", "restored"
CONTENT = ("name", "task", "argument", "schedule", "timezone", "owner", *POLICY_NAMES, "state")
_TEXTS = ("argument", "schedule")  # JSON texts, in a version as in the task
_ALONG = ("one_off", "start_at", "expires_at", "anchor", "share", "last_run_at", "total_run_count", "created_at")


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


# SQL text: building the queries of each edit would take longer than their answer.
_INSERT = (
    "INSERT INTO schedule_version (schedule, revision, at, by, change, note, content) VALUES (?, ?, ?, ?, ?, ?, ?)"
)


def save(db: Database, task: PeriodicTask, change: str, by: str | None, at: float, most: int) -> None:
    """Save what a task is now, after a change; of the task's versions the latest `most` stay.

    Index: schedule_version_of.
    """
    content = content_of(task)
    if change == DELETED:
        content["along"] = {name: getattr(task, name) for name in _ALONG}
    db.change(
        _INSERT,
        (task.id, task.revision, at, by, change, task.note, json_text.write(content)),
    )
    if task.revision > most:
        db.change("DELETE FROM schedule_version WHERE schedule = ? AND revision <= ?", (task.id, task.revision - most))


def save_earlier(db: Database, task: PeriodicTask, most: int) -> None:
    """Save how a task stands that is about to change, unless that is known. Index: schedule_version_of."""
    known = db.first("SELECT 1 FROM schedule_version WHERE schedule = ? AND revision = ?", (task.id, task.revision))
    if known is None:
        save(db, task, EARLIER, None, task.updated_at, most)


def of_task(
    db: Database, schedule: int, limit: int, offset: int = 0, owner: str | None = None
) -> tuple[int, list[Version]]:
    """How many versions of a task there are, and some of them, the latest first.

    `owner`: only those from when it was theirs (a uid); None: all. Index: schedule_version_of.
    """
    total = db.value(_of(_Table.select(fn.count(SQL("*"))), schedule, owner))
    latest = _of(_versions(), schedule, owner).order_by(_Table.revision.desc())
    return int(total), db.records(_version, latest.limit(limit).offset(offset))


def of_revision(db: Database, schedule: int, revision: int) -> Version | None:
    """The version of a revision, or None. Index: schedule_version_of."""
    return db.record(_version, _versions().where(_Table.schedule == schedule, _Table.revision == revision))


def last_of(db: Database, schedule: int, change: str) -> Version | None:
    """The latest version of a task that a kind of change made, or None. Index: schedule_version_of."""
    made = _versions().where(_Table.schedule == schedule, _Table.change == change)
    return db.record(_version, made.order_by(_Table.revision.desc()).limit(1))


def deleted(db: Database, schedule: int) -> Version | None:
    """The last version of a task that was deleted and can be restored, or None. Index: schedule_version_of."""
    last = db.record(_version, _of(_versions(), schedule, None).order_by(_Table.revision.desc()).limit(1))
    return last if last and last.change == DELETED else None


def all_deleted(db: Database, owner: str | None, limit: int) -> list[Version]:
    """The tasks of an owner (a uid) or of all that can be restored, the latest first.

    Index: schedule_version_deleted, schedule.id.
    """
    gone = _versions().where(_is_deleted(_Table), ~_is_there(_Table))
    if owner is not None:
        gone = gone.where(_owner() == owner)
    return db.records(_version, gone.order_by(_Table.at.desc(), _Table.id.desc()).limit(limit))


def forget_deleted(db: Database, before: float, limit: int) -> int:
    """Forget tasks that were deleted before a moment (UTC seconds), at most so many; how many rows that were.

    Index: schedule_version_deleted, schedule.id, schedule_version_of.
    """
    gone = _Table.alias("gone")
    oldest = gone.select(gone.schedule).where(_is_deleted(gone), gone.at < before, ~_is_there(gone))
    return db.change(_Table.delete().where(_Table.schedule.in_(oldest.order_by(gone.at).limit(limit))))


def current(task: PeriodicTask) -> Version:
    """The task as it stands, as a version."""
    return Version(
        schedule=task.id,
        revision=task.revision,
        at=task.updated_at,
        by=None,
        change=CHANGED,
        note=task.note,
        content=content_of(task),
    )


def content_of(task: PeriodicTask) -> dict[str, Any]:
    """What a version keeps of a task: the names of CONTENT."""
    return {name: getattr(task.policies if name in POLICY_NAMES else task, name) for name in CONTENT}


def task_of(version: Version) -> PeriodicTask:
    """The task that was deleted with this version, as it was then; a next time it has none.

    Raises KeyError for a version that is not DELETED.
    """
    own = {name: version.content[name] for name in CONTENT if name not in POLICY_NAMES}
    policies = Policies(**{name: version.content[name] for name in POLICY_NAMES})
    return PeriodicTask(
        id=version.schedule, **own, policies=policies, note=version.note, **version.content["along"], next_run_at=None,
        fire_at=None, revision=version.revision, updated_at=version.at,
    )  # fmt: skip


def as_of(task: PeriodicTask, version: Version) -> PeriodicTask:
    """The task with what people had written into it at one of its versions; all else as it is now."""
    written = {name: version.content[name] for name in ("name", "argument", "schedule", "timezone")}
    return replace(task, **written, policies=Policies(**{name: version.content[name] for name in POLICY_NAMES}))


def _read(text: str) -> Any:
    try:
        return json_text.load(text)
    except ValueError:
        return text


def _versions() -> Any:
    return _Table.select(*_Table.fields_of(Version))


def _version(**columns: Any) -> Version:
    # A policy that is newer than the version had its default then.
    content = json_text.load(columns["content"])
    newer = {name: value for name, value in DEFAULTS.by_name().items() if name not in content}
    return Version(**columns | {"content": content | newer})


def _of(query: Any, schedule: int, owner: str | None) -> Any:
    """A query for the versions of a task alone; of those from when it was an owner's, unless that is None."""
    query = query.where(_Table.schedule == schedule)
    return query if owner is None else query.where(_owner() == owner)


def _owner() -> Any:
    return fn.json_extract(_Table.content, "$.owner")


def _is_deleted(version: Any) -> Any:
    # Written out: for a parameter SQLite does not take the index schedule_version_deleted.
    return version.change == SQL("'deleted'")


def _is_there(version: Any) -> Any:
    return fn.EXISTS(ScheduleTable.select(SQL("1")).where(ScheduleTable.id == version.schedule))
