"""django-celery-beat on the same rows: one tick, and the tick after an edit.

A program of its own, run by `python -m bench schedules` in an environment of its own: the project does not need Django.
"""

import importlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import django
from celery import Celery
from django.conf import settings
from django.core.management import call_command

SIZES = (10_000, 100_000)


def main() -> None:
    """Milliseconds, for each size."""
    with tempfile.TemporaryDirectory() as folder:
        _set_up(Path(folder))
        made = 0
        for size in SIZES:
            _fill(made, size)
            made = size
            tick, after_edit = _measure()
            print(
                f"django-celery-beat, none due among {size:,} tasks: tick {tick:.1f} ms, after an edit {after_edit:.0f} ms"
            )


def _set_up(folder: Path) -> None:
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "beat.db"}
    apps = ["django.contrib.contenttypes", "django_celery_beat"]
    settings.configure(DATABASES={"default": database}, INSTALLED_APPS=apps, USE_TZ=True, TIME_ZONE="UTC")
    django.setup()
    importlib.import_module("django_celery_beat.schedulers")  # only now: it needs Django set up
    call_command("migrate", verbosity=0)


def _fill(start: int, end: int) -> None:
    models = sys.modules["django_celery_beat.models"]
    # An interval: of crontabs it reads only those of the hours around now, and these are to be seen in full.
    monthly, _ = models.IntervalSchedule.objects.get_or_create(every=30, period="days")
    now = datetime.now(UTC)
    names = (f"filler {number}" for number in range(start, end))
    rows = [models.PeriodicTask(name=name, task="x", interval=monthly, last_run_at=now) for name in names]
    models.PeriodicTask.objects.bulk_create(rows, batch_size=1000)


def _measure() -> tuple[float, float]:
    models = sys.modules["django_celery_beat.models"]
    app = Celery("bench", broker="memory://")
    scheduler = sys.modules["django_celery_beat.schedulers"].DatabaseScheduler(app)
    scheduler.tick()
    tick = statistics.median(_ms(scheduler.tick) for _ in range(9))
    models.PeriodicTasks.update_changed()
    return tick, _ms(scheduler.tick)


def _ms(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
