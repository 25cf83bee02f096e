"""Schedules: a tick, an edit and how late runs start, among few and among very many tasks."""

import math
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.serving import percentile, serving
from walkabout.database.connections import Database
from walkabout.jids import jid
from walkabout.people.masters import Master
from walkabout.periodic import task_queries
from walkabout.periodic.drafts import Draft
from walkabout.periodic.periodic_task import WALKER
from walkabout.service import Service, build
from walkabout.settings import Settings

NOW = 1_800_000_000.0
ROUNDS = 9
PEER = Path(__file__).parents[1] / ".venv" / "peer"
LATE_TASKS, SHORT_S, LONG_S = 50, 15, 120
EVERY_SECOND = {"type": "interval", "conf": {"every": 1, "period": "seconds"}}
YEAR_S = 365 * 86_400
KINDS: dict[str, object] = {
    "interval of a second": EVERY_SECOND,
    "interval of a microsecond": {"type": "interval", "conf": {"every": 1, "period": "microseconds"}},
    "crontab of each minute": {"type": "crontab", "conf": {}},
    "crontab of January's minutes": {"type": "crontab", "conf": {"month_of_year": "1"}},
    "sunset": {"type": "solar", "conf": {"event": "sunset", "latitude": 52.5, "longitude": 13.4}},
    "sunrise near the pole": {"type": "solar", "conf": {"event": "sunrise", "latitude": 78.2, "longitude": 15.6}},
}
EVERY_DAY = {"type": "crontab", "conf": {"minute": "0", "hour": "3"}}


def main() -> None:
    """Ticks, edits, and lateness over a quarter of a minute."""
    ticks()
    pauses()
    edits()
    lateness(SHORT_S)
    celery_beat()


def long() -> None:
    """Lateness over two minutes."""
    lateness(LONG_S)


def ticks() -> None:
    """A tick with 100 due among 100, among 100,000, and one with none due among 1,000,000; milliseconds."""
    few, many = (_tick_with_due(count) for count in (100, 100_000))
    print(f"tick, 100 due: {few:.1f} ms among 100 tasks, {many:.1f} ms among 100,000: {many / few:.2f} times")
    with _service(1_000_000) as (service, _):
        none_due = _median(lambda: service.firing.tick(NOW))
    print(f"tick, none due: {none_due:.3f} ms among 1,000,000 tasks")


def pauses() -> None:
    """A tick with one task due, of each kind: on time, and after a year in which nobody ticked; milliseconds.

    Beside it, a tick with a task of microseconds among a hundred others.
    """
    for name, schedule in KINDS.items():
        with _service(0) as (service, master):
            _add(service, master, name, schedule, overlap="allow")
            task = task_queries.page(service.db, None, "", 1, 0, ascending=True)[0]
            due = math.ceil(task.next_run_at or NOW)
            on_time = _timed(lambda s=service, d=due: s.firing.tick(d))
            late = _timed(lambda s=service, d=due: s.firing.tick(d + YEAR_S))
            fires = service.db.rows("SELECT fires FROM job ORDER BY id DESC LIMIT 1")[0][0]
        print(f"tick, {name}: {on_time:.1f} ms on time, {late:.1f} ms after a year ({fires:,} missed)")
    with _service(0) as (service, master):
        for number in range(100):
            _add(service, master, f"due {number}", EVERY_SECOND, overlap="allow")
        alone = _a_second(service)
        _add(service, master, "microseconds", KINDS["interval of a microsecond"], overlap="allow")
        beside = _a_second(service)
    print(f"tick, 100 due each second: {alone:.1f} ms, with one of microseconds beside them {beside:.1f} ms")


def edits() -> None:
    """Make a task and edit it, among 100 and among 1,000,000; milliseconds."""
    for count in (100, 1_000_000):
        with _service(count) as (service, master):
            numbers = iter(range(10_000))
            make = _median(lambda s=service, m=master, n=numbers: _add(s, m, f"new {next(n)}"), 200)
            id = _add(service, master, "edited")
            edit = _median(lambda s=service, i=id: s.periodic_tasks.change(i, {"schedule": EVERY_DAY}), 200)
        print(f"make {make:.2f} ms, edit {edit:.2f} ms among {count:,} tasks")


def lateness(seconds: int) -> None:
    """50 tasks at every second among 100,000 that are not due, in a whole service: the starts, in milliseconds."""
    with serving() as house, house.rooms() as service:
        db = service.db
        owner = db.rows("SELECT uid FROM master")[0][0]
        fill(db, owner, 100_000)
        master = service.masters.by_uid(owner)
        assert master is not None
        ids = [_add(service, master, f"second {number}", EVERY_SECOND, overlap="allow") for number in range(LATE_TASKS)]
        time.sleep(seconds + 2)
        for id in ids:
            service.periodic_tasks.disable(id)
        first = max(db.rows("SELECT min(scheduled_for) FROM job GROUP BY schedule"))[0]
        rows = db.rows(
            "SELECT scheduled_for, started_at FROM job WHERE scheduled_for >= ? AND scheduled_for < ?",
            (first, first + seconds),
        )
        missed = db.rows("SELECT count(*) FROM job WHERE missed > 0 OR state IN ('MISSED', 'SKIPPED')")[0][0]
    late = [(started - due) * 1000 for due, started in rows]
    print(
        f"{len(rows)} runs of {LATE_TASKS * seconds} due in {seconds} s, {missed} missed or skipped; start late by"
        f" {percentile(late, 0.5):.1f} ms in the median, {percentile(late, 0.99):.1f} ms at p99, {max(late):.1f} ms at worst"
    )


def celery_beat() -> None:
    """The same of django-celery-beat, in an environment of its own, which the first run makes."""
    if not (PEER / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", PEER], check=True)
    quietly = ["--quiet", "--disable-pip-version-check", "django-celery-beat>=2.8,<3"]
    made = subprocess.run(
        [PEER / "bin" / "python", "-m", "pip", "install", *quietly], stderr=subprocess.PIPE, text=True
    )
    if made.returncode:
        print(f"django-celery-beat can't be installed here, so its figures are missing: {made.stderr.strip()[-300:]}")
        return
    subprocess.run([PEER / "bin" / "python", Path(__file__).with_name("celery_beat.py")], check=True)


def _tick_with_due(count: int) -> float:
    with _service(count) as (service, master):
        ids = [_add(service, master, f"due {number}", EVERY_SECOND, overlap="allow") for number in range(100)]
        service.db.change("DELETE FROM schedule WHERE id IN (SELECT id FROM schedule ORDER BY id LIMIT 100)")
        taken = []
        for second in range(1, ROUNDS + 1):
            start = time.perf_counter()
            service.firing.tick(NOW + second)
            taken.append((time.perf_counter() - start) * 1000)
        task = task_queries.by_id(service.db, ids[0])
        assert task is not None
        assert task.total_run_count == ROUNDS
    return statistics.median(taken)


def _a_second(service: Service) -> float:
    """A tick at each of some seconds; the median."""
    last = service.db.rows("SELECT coalesce(max(scheduled_for), ?) FROM job", (NOW,))[0][0]
    ticks = iter(range(int(last) + 1, int(last) + 100))
    return _median(lambda: service.firing.tick(next(ticks)), ROUNDS)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def _median(work: Callable[[], object], rounds: int = 99) -> float:
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


@contextmanager
def _service(count: int) -> Iterator[tuple[Service, Master]]:
    """A service with so many tasks that are not due."""
    with tempfile.TemporaryDirectory() as folder:
        service = build(Settings(data_dir=folder), clock=lambda: NOW)
        master = service.new_master("ana@example.com", "correct-horse", "Ana")
        fill(service.db, master.uid, count)
        yield service, master
        service.close()


def fill(db: Database, owner: str, count: int, name: str = "filler") -> None:
    """Tasks that are due in ten years."""
    due = time.time() + 10 * 365 * 86_400
    argument = f'{{"name":"echo","ctx":{{}},"mst":"{jid(owner)}"}}'
    schedule = '{"type":"crontab","conf":{"minute":"0","hour":"3"},"one_off":false,"start_time":null,"expires":null}'
    rows = (
        (f"{name} {number}", WALKER, argument, schedule, "UTC", owner, "active", NOW, at, at, NOW, NOW)
        for number in range(count)
        for at in (due + random.random() * 86_400,)
    )
    with db.transaction():
        db.change_many(
            "INSERT INTO schedule (name, task, argument, schedule, timezone, owner, state, anchor, next_run_at, fire_at,"
            " created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )


def _add(service: Service, master: Master, name: str, schedule: object = EVERY_DAY, **policies: object) -> int:
    body = {"name": "echo", "mst": jid(master.uid)}
    return service.periodic_tasks.create(Draft(name, WALKER, body, schedule, policies=policies)).id
