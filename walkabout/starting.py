"""How each process starts: private files only, and one sentence for whatever keeps it from starting."""

import os
import sys
import tempfile
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

from walkabout.database.errors import Unavailable, Unusable
from walkabout.database.file import OTHERS
from walkabout.settings import Settings, SettingsError

T = TypeVar("T")


def start_or_exit(make: Callable[[Settings], T]) -> T:
    """Return `make(settings)` with the settings of this process. If that fails, print the reason and exit with status 1."""
    os.umask(OTHERS)
    sys.excepthook = _say
    try:
        settings = Settings.from_env()
        _find_room_for_temporary_files(settings)
        return make(settings)
    except (SettingsError, Unusable, Unavailable, OSError) as error:
        sys.stderr.write(f"{_sentence(error)}\n")
    raise SystemExit(1)


def about_first_admin(email: str, password: str | None) -> str:
    """What is said once to whoever starts a new installation. `password`: if it was made up here."""
    return f"Made the first admin {email}, password {password or 'as ADMIN_PASSWORD says'}"


def _sentence(error: BaseException) -> str:
    if isinstance(error, Unavailable):
        return f"The database can't be used just now ({error}); try again later"
    if isinstance(error, OSError):
        return f"{error.filename or 'DATA_DIR'}: {error.strerror or error}; let this user write there, and make room"
    return str(error)


def _say(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """For uncaught errors: a shell command may find a database that is not available."""
    if isinstance(error, Unavailable):
        sys.stderr.write(f"{_sentence(error)}\n")
    else:
        sys.__excepthook__(kind, error, trace)


def _find_room_for_temporary_files(settings: Settings) -> None:
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        # None of the usual folders is writable. Large uploads are stored there while they arrive.
        tempfile.tempdir = str(settings.data_path)
