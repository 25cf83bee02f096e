"""The key from which public keys derive: SECRET_KEY, or one that is created once and stored in DATA_DIR."""

import os
import secrets
from pathlib import Path

from walkabout.database.errors import Unusable
from walkabout.database.file import tighten


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
