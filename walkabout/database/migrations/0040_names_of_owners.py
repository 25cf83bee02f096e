"""Names of periodic tasks are unique for each owner, no longer for all."""

from typing import Any

from peewee import SqliteDatabase

UNIQUE, PLAIN = "name TEXT NOT NULL UNIQUE", "name TEXT NOT NULL"


def up(migrator: Any, db: Any) -> None:
    if isinstance(db, SqliteDatabase):
        _copy_without_constraint(db)
    else:
        db.execute_sql("ALTER TABLE schedule DROP CONSTRAINT schedule_name_key")
    db.execute_sql("CREATE UNIQUE INDEX schedule_name_owner ON schedule (name, owner)")


def _copy_without_constraint(db: Any) -> None:
    """SQLite can't drop a constraint: the table is made anew with all that it has by now (sqlite.org/lang_altertable.html, 7)."""
    table = _one(db, "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'schedule'")
    beside = "SELECT sql FROM sqlite_master WHERE tbl_name = 'schedule' AND type <> 'table' AND sql IS NOT NULL"
    indexes = [row[0] for row in db.execute_sql(beside).fetchall()]
    last_id = _one(db, "SELECT max(seq) FROM sqlite_sequence WHERE name = 'schedule'")
    columns = table.partition("(")[2]
    db.execute_sql(f"CREATE TABLE schedule_anew ({columns.replace(UNIQUE, PLAIN, 1)}")
    db.execute_sql("INSERT INTO schedule_anew SELECT * FROM schedule")
    db.execute_sql("DROP TABLE schedule")
    db.execute_sql("ALTER TABLE schedule_anew RENAME TO schedule")
    # Ids are never given twice: those of deleted tasks stand in runs.
    db.execute_sql("DELETE FROM sqlite_sequence WHERE name = 'schedule'")
    if last_id is not None:
        db.execute_sql("INSERT INTO sqlite_sequence (name, seq) VALUES ('schedule', ?)", (last_id,))
    for statement in indexes:
        db.execute_sql(statement)


def _one(db: Any, question: str) -> Any:
    return db.execute_sql(question).fetchone()[0]
