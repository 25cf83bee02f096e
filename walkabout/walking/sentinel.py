"""The sentinel: the walkers of this installation, loaded from the files of WALKERS_DIR.

A file that fails to import is named with its error, and does not take the others down. Files that changed are loaded
again before the next run.
"""

import importlib.util
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from walkabout.events import Events
from walkabout.jids import BadJid, jid, uid_of
from walkabout.nearest import suggest
from walkabout.raised import describe_error
from walkabout.walking.walker import Walker

GLOBAL = "global"
GLOBAL_UID = str(uuid.uuid5(uuid.NAMESPACE_URL, "walkabout:sentinel:global"))
SPAWNED = "spawned:walker:"  # what stands before a walker's name in the original
LOOK_AGAIN_S = 0.5  # a change of a file is seen at the latest after this time

Stamp = tuple[tuple[str, int, int], ...]


class UnknownWalker(LookupError):
    """No walker has this name."""


@dataclass(frozen=True)
class Loaded:
    """What one look at the folders gave: walkers by name, and the files that could not be imported."""

    walkers: dict[str, type[Walker]] = field(default_factory=dict)
    by_file: dict[str, list[type[Walker]]] = field(default_factory=dict)
    errors: tuple[tuple[str, str], ...] = ()
    stamp: Stamp = ()


class Sentinel:
    """The walkers of some folders."""

    def __init__(self, folders: Sequence[Path], events: Events, *, reload: bool) -> None:
        """`reload`: look for changed files before a walker is handed out."""
        self.folders = tuple(folders)
        self.events = events
        self.reload = reload
        self.uid = GLOBAL_UID
        self._lock = threading.Lock()
        self._loaded: Loaded | None = None
        self._looked_at = 0.0

    def walkers(self) -> dict[str, type[Walker]]:
        """All walkers by name."""
        return self._current().walkers

    def errors(self) -> tuple[tuple[str, str], ...]:
        """The files that did not load, each with its error."""
        return self._current().errors

    def loaded_at(self) -> float:
        """When a file of it was changed last, UTC seconds; 0 when there is none."""
        return max((changed for _, changed, _ in self._current().stamp), default=0) / 1e9

    def walker(self, name: str) -> type[Walker]:
        """The walker of a name, of `spawned:walker:NAME`, or of its jid or bare uuid. Raises UnknownWalker."""
        walkers = self.walkers()
        found = walkers.get(name.removeprefix(SPAWNED))
        if found is None and (named := _jid_of(name)) is not None:
            found = next((w for w in walkers.values() if walker_jid(w.walker_name) == named), None)
        if found is None:
            hint = suggest(name, walkers) or f", there are {', '.join(sorted(walkers)) or 'none'}"
            raise UnknownWalker(f'no walker "{name[:80]}"{hint}')
        return found

    def _current(self) -> Loaded:
        now = time.monotonic()
        loaded = self._loaded
        if loaded is not None and (not self.reload or now - self._looked_at < LOOK_AGAIN_S):
            return loaded
        with self._lock:
            self._looked_at = now
            stamp = _stamp(self.folders)
            if self._loaded is None or self._loaded.stamp != stamp:
                self._loaded = _load(self.folders, stamp, self._loaded or Loaded())
                for file, error in self._loaded.errors:
                    self.events.warn("walker_file.failed", file=file, error=error)
            return self._loaded


def _jid_of(text: str) -> str | None:
    try:
        uid = uid_of(text)
    except BadJid:
        return None
    return None if uid is None else jid(uid)


def walker_jid(name: str) -> str:
    """The jid of a walker: the same for the same name, always."""
    return jid(str(uuid.uuid5(uuid.NAMESPACE_URL, f"walkabout:walker:{name}")))


def _stamp(folders: Sequence[Path]) -> Stamp:
    found = []
    for folder in folders:
        for path in sorted(folder.glob("*.py")):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            found.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(found)


def _load(folders: Sequence[Path], stamp: Stamp, before: Loaded) -> Loaded:
    """Import all files. One that fails keeps the walkers that it had before, so that jobs which wait for them can go on."""
    walkers: dict[str, type[Walker]] = {}
    by_file: dict[str, list[type[Walker]]] = {}
    errors = [(str(folder), "no such folder") for folder in folders if not folder.is_dir()]
    for path, _, _ in stamp:
        file = Path(path)
        try:
            by_file[path] = _walkers_of(_import(file))
        # A walker file may fail in any way, sys.exit() at its end among them.
        except (Exception, SystemExit) as error:
            errors.append((file.name, ": ".join(describe_error(error))))
            by_file[path] = before.by_file.get(path, [])
        for walker in by_file[path]:
            if walker.walker_name in walkers:
                errors.append((file.name, f"a walker {walker.walker_name!r} is already in another file"))
            else:
                walkers[walker.walker_name] = walker
    return Loaded(walkers, by_file, tuple(errors), stamp)


def _import(file: Path) -> ModuleType:
    name = f"walkabout_walkers_{uuid.uuid5(uuid.NAMESPACE_URL, str(file)).hex[:8]}_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and annotations of the file look their module up there. Compiled anew each time: the cache
    # of compiled files goes by whole seconds, and a file may change twice in one.
    sys.modules[name] = module
    exec(compile(file.read_bytes(), str(file), "exec"), module.__dict__)
    return module


def _walkers_of(module: ModuleType) -> list[type[Walker]]:
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Walker)
        and value.__module__ == module.__name__
        and not value.__name__.startswith("_")
    ]
    return list(dict.fromkeys(found))  # a class may have two names in its file
