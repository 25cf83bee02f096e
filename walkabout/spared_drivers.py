"""Keeps peewee and Huey from importing the drivers of databases that this installation does not use.

Both import whatever driver is installed: 28 MB in each process for what an installation on SQLite never needs. Whoever
else asks for a driver (database/postgres.py, a walker) gets it.
"""

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType

SPARED = {"psycopg": ("peewee", "playhouse.postgres_ext", "huey.storage"), "redis": ("huey.storage",)}
"""Drivers, and the modules that have to do without."""

NEEDED_BY = {"redis": "REDIS_URL"}
"""Drivers that Huey itself uses when a variable is set."""


class SparedDrivers:
    """Says of a driver that it is not installed, to those that can do without it."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the interface of finders
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Raises ModuleNotFoundError, or leaves the search to others."""
        if fullname in SPARED and not _is_needed(fullname) and _importer(sys._getframe(1)) in SPARED[fullname]:
            raise ModuleNotFoundError(f"{fullname} is not needed here", name=fullname)
        return None


def _is_needed(driver: str) -> bool:
    return bool(os.environ.get(NEEDED_BY.get(driver, ""), "").strip())


def _importer(frame: FrameType | None) -> str:
    """The name of the module whose import statement is on its way."""
    while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return "" if frame is None else str(frame.f_globals.get("__name__", ""))


def spare_drivers() -> None:
    """From now on; before peewee and Huey are imported."""
    if not any(isinstance(finder, SparedDrivers) for finder in sys.meta_path):
        sys.meta_path.insert(0, SparedDrivers())
