"""How each process starts: private files only, and one sentence for whatever keeps it from starting."""

import os
import sys
import tempfile
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

from walkabout.database.connections import Unavailable
from walkabout.database.errors import Unusable
from walkabout.database.file import OTHERS
from walkabout.settings import Settings, SettingsError

T = TypeVar("T")


def started(make: Callable[[Settings], T]) -> T:
    """What `make` gives from the settings of this process; else the process ends, with the reason on standard error."""
    os.umask(OTHERS)
    sys.excepthook = _say
    try:
        settings = Settings.from_env()
        _find_room_for_temporary_files(settings)
        return make(settings)
    except (SettingsError, Unusable, Unavailable, OSError) as error:
        sys.stderr.write(f"{_sentence(error)}\n")
    raise SystemExit(1)


def _sentence(error: BaseException) -> str:
    if isinstance(error, Unavailable):
        return f"The database can't be used just now ({error}); try again later"
    if isinstance(error, OSError):
        return f"{error.filename or 'DATA_DIR'}: {error.strerror or error}; let this user write there, and make room"
    return str(error)


def _say(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What is not caught: a command of the command line may meet a database that can't be asked."""
    if isinstance(error, Unavailable):
        sys.stderr.write(f"{_sentence(error)}\n")
    else:
        sys.__excepthook__(kind, error, trace)


def _find_room_for_temporary_files(settings: Settings) -> None:
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        # None of the usual places can be written. Large uploads are kept there while they come.
        tempfile.tempdir = str(settings.data_path)
