"""An address is one target for the same tasks: told once, whoever enters it twice."""

import hashlib
from typing import Any

from peewee import AutoField, Model, TextField


class NoticeTarget(Model):
    """The columns of that table that are read and written here."""

    id = AutoField()
    address = TextField()
    digest = TextField()

    class Meta:
        """Found by peewee."""

        table_name = "notice_target"


def up(migrator: Any, db: Any) -> None:
    db.execute_sql("ALTER TABLE notice_target ADD COLUMN digest TEXT NOT NULL DEFAULT ''")
    with NoticeTarget.bind_ctx(db):
        for target in list(NoticeTarget.select()):
            digest = hashlib.sha256(target.address.encode()).hexdigest()
            NoticeTarget.update(digest=digest).where(NoticeTarget.id == target.id).execute()
    for statement in STATEMENTS:
        db.execute_sql(statement)


STATEMENTS = [
    "DELETE FROM notice_target WHERE EXISTS (SELECT 1 FROM notice_target older WHERE older.id < notice_target.id"
    " AND older.owner = notice_target.owner AND older.place = notice_target.place AND older.tag = notice_target.tag"
    " AND coalesce(older.task, 0) = coalesce(notice_target.task, 0) AND older.digest = notice_target.digest)",
    "CREATE UNIQUE INDEX notice_target_same ON notice_target (owner, place, coalesce(task, 0), tag, digest)",
]
