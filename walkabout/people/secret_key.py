"""The key from which public keys derive: SECRET_KEY, or one that is created once, and stored in DATA_DIR or the database."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from walkabout.database.connections import Database
from walkabout.database.errors import Unusable
from walkabout.database.file import tighten
from walkabout.database.marks import SECRET_KEY
from walkabout.people.tables import InstallationTable

FILE = "secret_key"
"""Its file in DATA_DIR."""


def secret_key(given: str, data_path: Path) -> bytes:
    """The key. `given`: the setting. Raises Unusable when the file is empty, OSError."""
    if given:
        return given.encode()
    path = data_path / FILE
    data_path.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        _make(path)
    tighten(path)
    key = path.read_bytes().strip()
    if not key:
        raise Unusable(
            f"{path} is empty: restore a backup of it, or remove it (then all keys of public walkers change)"
        )
    return key


def key_of_installation(db: Database) -> bytes:
    """The key that is kept in the database: made once, by whoever is first."""
    made = InstallationTable.insert(name=SECRET_KEY, value=secrets.token_hex(32))
    db.change(made.on_conflict(action="IGNORE", conflict_target=[InstallationTable.name]))
    key: str = db.value(InstallationTable.select(InstallationTable.value).where(InstallationTable.name == SECRET_KEY))
    return key.encode()


def stored_key(data_path: Path) -> str | None:
    """The key in its file; None: there is none."""
    path = data_path / FILE
    return path.read_text().strip() or None if path.exists() else None


def store_key(data_path: Path, key: str) -> None:
    """Put a key into its file, whole or not at all, over one that is there. Raises OSError."""
    data_path.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _draft(data_path / FILE, key) as draft:
        draft.replace(data_path / FILE)


def _make(path: Path) -> None:
    """Make a file with a new key, whole or not at all; whoever is first wins."""
    with _draft(path, secrets.token_hex(32)) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            pass


@contextmanager
def _draft(path: Path, key: str) -> Iterator[Path]:
    """A file beside that holds a key for sure; gone afterwards."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with open(draft, "w", opener=_private) as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
