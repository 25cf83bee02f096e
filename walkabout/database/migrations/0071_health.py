"""How a task is, kept beside it; its texts folded for search; and who asked for a run by hand."""

from typing import Any

from peewee import AutoField, Model, TextField

from walkabout.database.models import folded


class Schedule(Model):
    """The columns of that table that are read and written here."""

    id = AutoField()
    name = TextField()
    description = TextField()
    folded = TextField()


def up(migrator: Any, db: Any) -> None:
    for statement in STATEMENTS:
        db.execute_sql(statement)
    with Schedule.bind_ctx(db):
        for task in list(Schedule.select()):
            text = folded(f"{task.name}\n{task.description}")
            Schedule.update(folded=text).where(Schedule.id == task.id).execute()


# 0: fine, 1: never ran, 2: skipping, 3: missed, 4: failing; the larger, the worse.
STATEMENTS = [
    "ALTER TABLE schedule ADD COLUMN health INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE schedule ADD COLUMN health_since REAL",
    "ALTER TABLE schedule ADD COLUMN failures INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE schedule ADD COLUMN health_note TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE schedule ADD COLUMN folded TEXT NOT NULL DEFAULT ''",
    # What is known of tasks that are older than this: how their latest row ended.
    "UPDATE schedule SET health = coalesce((SELECT CASE job.state WHEN 'SUCCESS' THEN 0 WHEN 'FAILURE' THEN 4"
    " WHEN 'MISSED' THEN 3 ELSE 2 END FROM job WHERE job.schedule = schedule.id"
    " AND job.state IN ('SUCCESS', 'FAILURE', 'MISSED', 'SKIPPED') ORDER BY job.id DESC LIMIT 1),"
    " CASE WHEN total_run_count > 0 THEN 0 ELSE 1 END)",
    "UPDATE schedule SET failures = CASE WHEN health = 4 THEN 1 ELSE 0 END, health_since = (SELECT job.ended_at FROM job"
    " WHERE job.schedule = schedule.id AND job.ended_at IS NOT NULL ORDER BY job.id DESC LIMIT 1)",
    "CREATE INDEX schedule_health ON schedule (health, id)",
    # NULL: nobody, it came due; or it is from before this column was there. Else the uid of a master.
    "ALTER TABLE job ADD COLUMN asked_by TEXT",
]
