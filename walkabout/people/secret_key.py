"""The key from which public keys derive: SECRET_KEY, or one that is created once, and stored in DATA_DIR or the database."""

import os
import secrets
from pathlib import Path

from walkabout.database.connections import Database
from walkabout.database.errors import Unusable
from walkabout.database.file import tighten
from walkabout.people.tables import InstallationTable

_NAME = "secret_key"


def secret_key(given: str, data_path: Path) -> bytes:
    """The key. `given`: the setting. Raises Unusable when the file is empty, OSError."""
    if given:
        return given.encode()
    path = data_path / "secret_key"
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
    made = InstallationTable.insert(name=_NAME, value=secrets.token_hex(32))
    db.change(made.on_conflict(action="IGNORE", conflict_target=[InstallationTable.name]))
    key: str = db.value(InstallationTable.select(InstallationTable.value).where(InstallationTable.name == _NAME))
    return key.encode()


def _make(path: Path) -> None:
    """Make a file with a new key, whole or not at all; whoever is first wins."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with open(draft, "w", opener=_private) as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
    finally:
        draft.unlink(missing_ok=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
