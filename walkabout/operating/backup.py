"""Backups of an installation on SQLite: one file that holds all of it, the secret key too, and putting it back.

On PostgreSQL its own programs do that; `NoBackup` says which command to run.
"""

import os
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from walkabout.database import sqlite_copies
from walkabout.database.connections import Database, engine_of
from walkabout.database.engine import Engine
from walkabout.database.sqlite import Sqlite
from walkabout.database.sqlite_copies import Report
from walkabout.people.secret_key import FILE, store_key, stored_key
from walkabout.setting_groups.storage import StorageSettings
from walkabout.times import iso

KEY, MADE_AT = "secret_key", "made_at"  # notes in a backup
LOGS = ("-wal", "-shm", "-journal")


class NoBackup(Exception):
    """There is no backup to be made or restored so; the text says why and what to do."""


@dataclass(frozen=True)
class Restored:
    """What was restored: when the backup was made ("": it does not say), where the files from before are (None: there
    were none), and what becomes of the secret key."""

    made_at: str
    before: Path | None
    key: str


def back_up(settings: StorageSettings, file: Path, *, secret_key: str, replace: bool, report: Report) -> None:
    """Copy the installation into a file while it runs. `secret_key`: the setting, which is not copied.

    `replace`: over a file that is there, once the new one is whole. Raises NoBackup, BadCopy.
    """
    path = _sqlite(settings, file, 0)[1]
    if not path.exists():
        raise NoBackup(f"there is no database at {path}: see that DATA_DIR or DATABASE_URL is that of the service")
    if file.exists() and not replace:
        raise NoBackup(f"{file} is there already: choose another name, or add --replace")
    notes = {MADE_AT: iso(time.time())}
    if not secret_key and (key := stored_key(settings.data_path)):
        notes[KEY] = key
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    sqlite_copies.copy(path, draft, notes, report)
    try:
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise NoBackup(f"{file}: {error.strerror or error}") from error


def restore(settings: StorageSettings, file: Path, *, secret_key: str, replace: bool, report: Report) -> Restored:
    """Put the installation of a backup in place, which no service may use meanwhile.

    `replace`: of one that has people in it; its files stay beside. Nothing is touched before the backup is known to be
    whole and to fit this version. Raises NoBackup, BadCopy, Unusable, OSError.
    """
    engine, path = _sqlite(settings, file, 1)
    if users := engine.users():
        raise NoBackup(f"{path} is in use ({', '.join(users)}): stop the service first")
    sqlite_copies.check(file)
    if path.exists() and not replace and (known := sqlite_copies.people(path)):
        holds = f"holds an installation with {known} people" if known > 0 else "is damaged, or no database"
        raise NoBackup(f"{path} {holds}: add --replace to put the backup in its place; its files stay beside")
    folder = path.parent / f"restoring-{os.getpid()}"
    folder.mkdir(mode=0o700, parents=True)
    try:
        draft = folder / path.name
        sqlite_copies.copy(file, draft, {}, report)
        notes = sqlite_copies.take_notes(draft)
        _bring_up_to_date(draft)
        before = _set_aside(path, settings.data_path)
        key = _store_key(notes.get(KEY), secret_key, settings.data_path)
        draft.replace(path)
        sqlite_copies.to_disk(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Restored(notes.get(MADE_AT, ""), before, key)


def _sqlite(settings: StorageSettings, file: Path, which: int) -> tuple[Engine, Path]:
    engine = engine_of(settings)
    if (commands := engine.by_hand(str(file))) is not None:
        raise NoBackup(f"PostgreSQL's own programs do that. Run: {commands[which]}")
    assert engine.path is not None
    return engine, engine.path


def _bring_up_to_date(path: Path) -> None:
    """Let the tables be those of this version. Raises Unusable when they are of a newer one."""
    db = Database(Sqlite(path))
    try:
        db.migrate()
    finally:
        db.close()
    sqlite_copies.fold_log(path)


def _set_aside(path: Path, data_path: Path) -> Path | None:
    """Put what is there under other names; the database as a link, so that there is one at any moment. None: nothing is.

    A log without its database goes, too: SQLite would put it into the one that takes its place.
    """
    sqlite_copies.fold_log(path)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    before = path.with_name(f"{path.name}.before-{stamp}-{os.getpid()}")
    for suffix in LOGS:
        log = path.with_name(path.name + suffix)
        if log.exists():
            log.rename(before.with_name(before.name + suffix))
    if not path.exists():
        return None
    os.link(path, before)
    if (data_path / FILE).exists():
        shutil.copy2(data_path / FILE, before.with_name(f"{before.name}-{FILE}"))
    return before


def _store_key(key: str | None, setting: str, data_path: Path) -> str:
    if setting:
        return "SECRET_KEY is used; the backup fits if it was made with the same one"
    if key is not None:
        store_key(data_path, key)
        return f"the secret key is restored, in {data_path / FILE}"
    if (data_path / FILE).exists():
        return f"the backup has no secret key; the one in {data_path / FILE} is used"
    return "the backup has no secret key, and a new one will be made: all keys of public walkers change"
