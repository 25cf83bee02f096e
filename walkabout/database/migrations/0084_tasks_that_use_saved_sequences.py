"""Which saved sequences a task names, kept beside it."""

from typing import Any

from peewee import AutoField, Model, TextField

from walkabout import json_text
from walkabout.sequences.named import used_words


class Schedule(Model):
    """The columns of that table that are read and written here."""

    id = AutoField()
    task = TextField()
    argument = TextField()
    uses = TextField()


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)
    with Schedule.bind_ctx(db):
        for task in list(Schedule.select().where(Schedule.task.endswith("ScheduledSequence"))):
            if words := used_words(_load(task.argument)):
                Schedule.update(uses=words).where(Schedule.id == task.id).execute()


def _load(text: str) -> Any:
    try:
        return json_text.load(text)
    except ValueError:
        return None


STATEMENTS = [
    # Their names with a blank between them, in order.
    "ALTER TABLE schedule ADD COLUMN uses TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX schedule_uses ON schedule (id) WHERE uses <> ''",
]
