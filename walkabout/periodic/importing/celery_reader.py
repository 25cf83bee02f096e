"""Reads Celery's beat_schedule off a Python module by running it, with stand-ins for Celery and for what is not installed.

Run as a script, in a process of its own: `python -P celery_reader.py ROOT MODULE` prints JSON, `{"timezone", "entries"}`
or `{"error"}`. It imports nothing of ours.
"""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

_SCHEDULES = ("beat_schedule", "beatschedule")  # names without their underscores and namespace: see `_is_called`
_DJANGO = "django.conf:settings"
_PARTS = ("task", "args", "kwargs", "options", "relative", "enabled")
UNKNOWN, NO_JSON = "<unknown>", "<no JSON>"  # the one key of an object that stands for such a value


class Anything:
    """Stands for what is not installed: has every attribute, can be called, decorates, is empty."""

    def __init__(self, name: str) -> None:
        self.__dict__["standin_name"] = name

    def __getattr__(self, name: str) -> "Anything":
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(f"{self.standin_name}.{name}")

    def __setattr__(self, name: str, value: object) -> None:
        self.__dict__[name] = value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """A decorator gives back what it decorates."""
        is_decorator = len(args) == 1 and not kwargs and callable(args[0]) and not isinstance(args[0], Anything)
        return args[0] if is_decorator else self

    def __getitem__(self, key: object) -> "Anything":
        return self

    def __setitem__(self, key: object, value: object) -> None:
        """Nowhere."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __contains__(self, item: object) -> bool:
        return False

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return False

    def __enter__(self) -> "Anything":
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing to leave."""

    def __mro_entries__(self, bases: object) -> tuple[type, ...]:
        return ()

    def __add__(self, other: object) -> "Anything":
        return self

    __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __or__ = __ror__ = __mod__ = (
        __add__
    )

    def __repr__(self) -> str:
        return str(self.__dict__["standin_name"])


class crontab:
    """celery.schedules.crontab."""

    def __init__(
        self,
        minute: object = "*",
        hour: object = "*",
        day_of_week: object = "*",
        day_of_month: object = "*",
        month_of_year: object = "*",
        **kwargs: object,  # noqa: ARG002 - nowfun, app
    ) -> None:
        self.fields = {
            "minute": minute,
            "hour": hour,
            "day_of_week": day_of_week,
            "day_of_month": day_of_month,
            "month_of_year": month_of_year,
        }


class schedule:
    """celery.schedules.schedule."""

    def __init__(self, run_every: object = None, relative: bool = False, *args: object, **kwargs: object) -> None:  # noqa: ARG002
        self.run_every, self.relative = run_every, relative


class solar:
    """celery.schedules.solar."""

    def __init__(self, event: object, lat: object, lon: object, **kwargs: object) -> None:  # noqa: ARG002
        self.fields = {"event": event, "latitude": lat, "longitude": lon}


class Task:
    """A task of an app: what its signatures call."""

    def __init__(self, name: str) -> None:
        self.name = name

    def s(self, *args: object, **kwargs: object) -> dict[str, Any]:
        """Its signature with these arguments."""
        return {"task": self.name, "args": args, "kwargs": kwargs}

    si = s

    def signature(
        self, args: Sequence[object] = (), kwargs: Mapping[str, object] | None = None, **options: object
    ) -> dict[str, Any]:
        """Its signature, with the arguments as such."""
        return {"task": self.name, "args": args, "kwargs": dict(kwargs or {}), "options": options}

    subtask = signature

    def __getattr__(self, name: str) -> Anything:
        return Anything(f"{self.name}.{name}")

    def __call__(self, *args: object, **kwargs: object) -> Anything:  # noqa: ARG002
        return Anything(self.name)


def signature(
    task: object, args: Sequence[object] = (), kwargs: Mapping[str, object] | None = None, **options: object
) -> object:
    """celery.signature."""
    name = task.name if isinstance(task, Task) else str(task)
    return {"task": name, "args": args, "kwargs": dict(kwargs or {}), "options": options}


def task_of(*args: Any, **options: Any) -> Any:
    """celery.shared_task and app.task, with and without brackets."""
    if len(args) == 1 and callable(args[0]) and not options:
        return Task(f"{args[0].__module__}.{args[0].__qualname__}")

    def declare(function: Callable[..., object]) -> Task:
        return Task(str(options.get("name") or f"{function.__module__}.{function.__qualname__}"))

    return declare


class Conf(dict[str, Any]):
    """The configuration of an app: items are attributes, and those that nobody has set are missing quietly."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.setdefault(name, {}) if _is_called(name, *_SCHEDULES) else self.get(name)

    def __setattr__(self, name: str, value: object) -> None:
        self[name] = value


class Signal:
    """A signal of an app: what is connected is called once the module has run."""

    def __init__(self) -> None:
        self.receivers: list[Callable[..., object]] = []

    def connect(self, receiver: Any = None, **options: object) -> Any:  # noqa: ARG002
        """Also as a decorator with brackets."""
        if receiver is None:
            return self.connect
        self.receivers.append(receiver)
        return receiver


class Celery(Anything):
    """celery.Celery."""

    apps: list["Celery"] = []

    def __init__(self, *args: object, **kwargs: object) -> None:  # noqa: ARG002
        super().__init__("Celery")
        self.conf = Conf()
        self.on_after_configure, self.on_after_finalize = Signal(), Signal()
        for name in ("timezone", "beat_schedule"):
            if name in kwargs:
                self.conf[name] = kwargs[name]
        Celery.apps.append(self)

    def task(self, *args: Any, **options: Any) -> Any:
        """The decorator."""
        return task_of(*args, **options)

    def signature(self, *args: Any, **kwargs: Any) -> Any:
        """As celery.signature."""
        return signature(*args, **kwargs)

    def config_from_object(self, source: Any, silent: bool = False, force: bool = False, namespace: str = "") -> None:  # noqa: ARG002
        """Take the settings of a module, a class or an object; names may begin with the namespace."""
        if source == _DJANGO:
            source = os.environ.get("DJANGO_SETTINGS_MODULE", "")
        if isinstance(source, str) and source:
            module, _, attribute = source.partition(":")
            source = importlib.import_module(module)
            for name in filter(None, attribute.split(".")):
                source = getattr(source, name)
        items = source if isinstance(source, Mapping) else {name: getattr(source, name) for name in dir(source)}
        self.conf.update({_bare(name, namespace): value for name, value in items.items() if not name.startswith("_")})

    def add_periodic_task(
        self,
        run_every: object,
        sig: Any,
        args: Sequence[object] = (),
        kwargs: Any = None,
        name: str = "",
        **options: object,
    ) -> None:
        """An entry of the schedule."""
        call = sig if isinstance(sig, dict) else signature(sig)
        call = call if isinstance(call, dict) else {}
        entry = {**call, "schedule": run_every, "options": {**call.get("options", {}), **options}}
        if args or kwargs:
            entry |= {"args": args, "kwargs": dict(kwargs or {})}
        self.conf.beat_schedule[name or f"{call.get('task')}({_plain(entry.get('args', ()))})"] = entry


def _bare(name: str, namespace: str) -> str:
    prefix = f"{namespace}_".lower()
    return name.lower().removeprefix(prefix) if namespace else name.lower()


def _is_called(name: str, *wanted: str) -> bool:
    """CELERY_BEAT_SCHEDULE, CELERYBEAT_SCHEDULE, beat_schedule: with any namespace before it."""
    return name.lower().endswith(wanted)


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds stand-ins: for Celery always, for other modules when nobody else finds them."""

    def __init__(self, only: tuple[str, ...] = ()) -> None:
        self.only = only

    def find_spec(self, fullname: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:  # noqa: ARG002
        """As the import system asks."""
        if self.only and fullname.partition(".")[0] not in self.only:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """A module that has everything."""
        module = ModuleType(spec.name)
        standin = Anything(spec.name)
        module.__getattr__ = standin.__getattr__  # type: ignore[method-assign]
        if spec.name.partition(".")[0] == "celery":
            own = (Celery, crontab, schedule, solar, signature)
            module.__dict__.update({each.__name__: each for each in own}, shared_task=task_of, task=task_of)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""


def _plain(value: Any) -> Any:
    """As JSON; what comes from a stand-in, or has no JSON, as an object that says so."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, set | frozenset):
        return [_plain(inner) for inner in sorted(value, key=str)]
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_plain(inner) for inner in value]
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, range):
        return list(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    return _strange(value)


def _strange(value: Any) -> dict[str, Any]:
    """What comes from a stand-in, or else has no JSON."""
    return {UNKNOWN if isinstance(value, Anything) else NO_JSON: repr(value)[:200]}


def _plain_schedule(given: Any) -> dict[str, Any]:
    if isinstance(given, schedule):
        return _plain_schedule(given.run_every) | ({"relative": True} if given.relative is True else {})
    if isinstance(given, timedelta):
        return {"microseconds": given // timedelta(microseconds=1)}
    if isinstance(given, int | float) and not isinstance(given, bool):
        return {"microseconds": round(given * 1_000_000)}
    for kind in (crontab, solar):
        if isinstance(given, kind):
            return {kind.__name__: _plain(given.fields)}
    return {} if given is None else _strange(given)


def _entries(settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for key, value in settings.items():
        if not _is_called(key, *_SCHEDULES) or not isinstance(value, Mapping):
            continue
        for name, entry in value.items():
            if not isinstance(entry, Mapping):
                yield {"name": str(name), "entry": repr(entry)[:200]}
                continue
            rest = {part: _plain(entry.get(part)) for part in _PARTS}
            others = sorted(str(key) for key in entry if key not in (*_PARTS, "schedule"))
            yield {"name": str(name), **rest, "schedule": _plain_schedule(entry.get("schedule")), "others": others}


def _is_there(root: Path, name: str) -> bool:
    """Whether a module lies in a folder, or is installed."""
    top, file = name.partition(".")[0], root.joinpath(*name.split("."))
    if (root / top).is_dir() or (root / f"{top}.py").is_file():
        return file.with_name(f"{file.name}.py").is_file() or file.is_dir()
    return importlib.util.find_spec(top) is not None


def read_module(root: str, name: str) -> dict[str, Any]:
    """What a module says of beat. `root`: the folder in which its name is looked up."""
    sys.path.insert(0, root)
    sys.meta_path.insert(0, StandIns(("celery",)))
    if not _is_there(Path(root), name):
        return {"error": f"there is no module {name} in {root}"}
    sys.meta_path.append(StandIns())
    try:
        module = importlib.import_module(name)
        for app in Celery.apps:
            for receiver in (*app.on_after_configure.receivers, *app.on_after_finalize.receivers):
                receiver(app)
    except BaseException as error:  # also SystemExit: a module may do anything
        place = next(
            (frame for frame in traceback.extract_tb(error.__traceback__)[::-1] if frame.filename.startswith(root)),
            None,
        )
        where = f"{place.filename}, line {place.lineno}: " if place else ""
        return {"error": f"{where}{type(error).__name__}: {error}"}
    classes = [vars(value) for value in vars(module).values() if isinstance(value, type) and value.__module__ == name]
    found: dict[str, dict[str, Any]] = {}
    for settings in [vars(module), *classes, *(app.conf for app in Celery.apps)]:
        found |= {entry["name"]: entry for entry in _entries(settings)}
    zones = [
        value
        for settings in [vars(module), *classes, *(app.conf for app in Celery.apps)]
        for key, value in settings.items()
        if key.lower() in ("timezone", "celery_timezone") and isinstance(value, str)
    ]
    return {"timezone": zones[0] if zones else None, "entries": list(found.values())}


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):
        answer = read_module(str(Path(sys.argv[1]).resolve()), sys.argv[2])
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)  # a module may have left threads behind
