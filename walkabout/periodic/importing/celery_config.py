"""Reads Celery's beat_schedule from a Python module.

The module is run, since what it says may be computed: by the operator, who names it, in a process of its own, with
stand-ins for Celery and for whatever is not installed (celery_reader.py), and for so many seconds.
"""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from walkabout import json_text
from walkabout.periodic.drafts import Draft
from walkabout.periodic.importing.celery_reader import NO_JSON, UNKNOWN
from walkabout.periodic.importing.celery_task import (
    CelerySource,
    CeleryTask,
    read_crontab_fields,
    read_policies_of,
    read_task,
)
from walkabout.periodic.importing.entries import ImportEntry
from walkabout.periodic.periodic_task import WALKER
from walkabout.periodic.rules.wording import excerpt
from walkabout.problems import Problem, gather, refuse

LONGEST_RUN_S = 60  # of the module
_READER = Path(__file__).with_name("celery_reader.py")
_PERIODS = {"days": 86_400_000_000, "hours": 3_600_000_000, "minutes": 60_000_000, "seconds": 1_000_000}


class NotRead(ValueError):
    """The module can't be run, or says nothing of beat; the text says why."""


def read_config(module: str, folder: Path, source: CelerySource) -> list[ImportEntry]:
    """The entries of a module: the path of its file, or its name as seen from a folder. Raises NotRead."""
    root, name = _place(module, folder)
    said = _run(root, name)
    if error := said.get("error"):
        raise NotRead(f"{module} can't be read: {error}")
    if not said["entries"]:
        raise NotRead(f"{module} has no beat_schedule: neither in app.conf nor as CELERY_BEAT_SCHEDULE or the like")
    zone = source.timezone or said["timezone"]
    remark = () if zone else ("the module names no time zone: UTC is taken; --timezone says another",)
    return [_entry(entry, replace(source, timezone=zone or "UTC"), remark) for entry in said["entries"]]


def _place(module: str, folder: Path) -> tuple[Path, str]:
    """The folder in which a module is found, and its name there; that of a file is told by the packages it is in."""
    if not module.endswith(".py"):
        return folder.resolve(), module
    file = Path(folder, module).resolve()
    if not file.is_file():
        raise NotRead(f"there is no file {file}")
    root, parts = file.parent, [] if file.stem == "__init__" else [file.stem]
    while (root / "__init__.py").is_file():
        parts.insert(0, root.name)
        root = root.parent
    return root, ".".join(parts)


def _run(root: Path, name: str) -> Mapping[str, Any]:
    command = [sys.executable, "-P", str(_READER), str(root), name]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LONGEST_RUN_S, check=False, cwd=root)
    except subprocess.TimeoutExpired:
        raise NotRead(f"{name} was still running after {LONGEST_RUN_S} s") from None
    try:
        said = json_text.read(done.stdout)
    except json_text.BadJson:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise NotRead(f"{name} ended without an answer: {lines[-1] if lines else done.returncode}") from None
    return said if isinstance(said, dict) else {"error": "no object"}


def _entry(said: Mapping[str, Any], source: CelerySource, remarks: tuple[str, ...]) -> ImportEntry:
    name = str(said.get("name"))
    if "entry" in said:
        return ImportEntry(f"entry {excerpt(name)}", problems=(f"{said['entry']} is no entry of a schedule",))
    problems: list[Problem] = []
    task, schedule = CeleryTask(WALKER, {}), dict[str, Any]()
    with gather(problems):
        for part in ("task", "args", "kwargs"):
            _check_known(part, said.get(part))
        task = read_task(said.get("task"), said.get("args"), said.get("kwargs") or {}, source)
    with gather(problems):
        schedule = _schedule(said["schedule"])
    options = said.get("options")
    policies, told = read_policies_of(options if isinstance(options, dict) else {}, "expires")
    is_relative = said.get("relative") is True or said["schedule"].get("relative") is True
    told += ["relative: intervals are counted from the moment of the import"] if is_relative else []
    told += [f"{excerpt(other)}: is ignored" for other in said["others"]]
    draft = Draft(
        name=name,
        task=task.kind,
        argument=task.argument,
        schedule=schedule,
        timezone=source.timezone,
        policies=policies,
        asker=source.asker,
        path="kwargs",
    )
    on_the_clock = remarks if "crontab" in said["schedule"] else ()
    return ImportEntry(
        f"entry {excerpt(name)}",
        draft,
        enabled=said.get("enabled") is not False,
        note="disabled in the module" if said.get("enabled") is False else "",
        problems=tuple(map(str, problems)),
        remarks=(*task.remarks, *on_the_clock, *told),
    )


def _check_known(part: str, value: object) -> None:
    """Raises Invalid for a value that is not known without what is not installed here, or is no JSON."""
    if isinstance(value, dict):
        if UNKNOWN in value:
            raise refuse(part, f"{value[UNKNOWN]} is known only where all modules of the project are installed")
        if NO_JSON in value:
            raise refuse(part, f"{value[NO_JSON]} is nothing that JSON can say")
        for inner in value.values():
            _check_known(part, inner)
    elif isinstance(value, list):
        for inner in value:
            _check_known(part, inner)


def _schedule(said: Mapping[str, Any]) -> dict[str, Any]:
    _check_known("schedule", said)
    if not said.keys() - {"relative"}:
        raise refuse("schedule", "is missing; use a number of seconds, timedelta, crontab or solar")
    if "microseconds" in said:
        return {"type": "interval", "conf": _interval(said["microseconds"])}
    if "crontab" in said:
        return {"type": "crontab", "conf": read_crontab_fields(said["crontab"])}
    return {"type": "solar", "conf": said["solar"]}


def _interval(microseconds: int) -> dict[str, Any]:
    for period, length in _PERIODS.items():
        if microseconds and microseconds % length == 0:
            return {"every": microseconds // length, "period": period}
    return {"every": microseconds, "period": "microseconds"}
