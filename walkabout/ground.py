"""What every room stands on, made first: settings, clock, events, and the database with its tables up to date."""

import time
from functools import partial
from pathlib import Path

from walkabout.database.connections import Database, FileTrouble, Lost, engine_of
from walkabout.database.file import is_open_to_others
from walkabout.database.marks import refuse_half_moved
from walkabout.events import Events
from walkabout.jobs.stopping import Stopping
from walkabout.jobs.worker.machine_clock import MachineClock
from walkabout.jobs.worker.wake_ups import Bells
from walkabout.masking import Masker, secrets_of
from walkabout.people.secret_key import key_of_installation, secret_key
from walkabout.rooms import Ground
from walkabout.settings import Settings
from walkabout.times import Clock


def ground_of(settings: Settings, clock: Clock | None, events: Events | None) -> Ground:
    """The ground of one service; see `service.build`. Raises Unusable."""
    masker = Masker(secrets_of(settings.environ))
    events = events or Events(settings.log_level, masker)
    db = _database(settings, events)
    _say_what_is_odd(settings, events)
    machine_clock = MachineClock(db, events, settings.clock_off_s)
    return Ground(
        settings=settings,
        secret=_secret(settings, db),
        clock=clock or (machine_clock if machine_clock.is_shared else time.time),
        machine_clock=machine_clock,
        events=events,
        masker=masker,
        stopping=Stopping(),
        bells=Bells(settings.data_path, db.engine.calls),
        db=db,
    )


def _database(settings: Settings, events: Events) -> Database:
    """The database, its tables up to date. Raises Unusable."""
    engine = engine_of(settings)
    db = Database(engine, partial(_say_trouble, events, engine.path))
    db.migrate(settings.start_check_s if settings.process == "release" else 0)
    refuse_half_moved(db)
    return db


def _secret(settings: Settings, db: Database) -> bytes:
    if settings.is_postgres and not settings.secret_key:
        return key_of_installation(db)  # its machines share no disk
    return secret_key(settings.secret_key, settings.data_path)


def _say_trouble(events: Events, path: Path | None, trouble: FileTrouble) -> None:
    event = "database.lost" if isinstance(trouble, Lost) else "database.damaged"
    events.warn(event, path=path, why=str(trouble))


def _say_what_is_odd(settings: Settings, events: Events) -> None:
    if settings.process == "web" and is_open_to_others(settings.data_path):
        events.warn("data_dir.open", path=settings.data_path, remedy=f"chmod 700 {settings.data_path}")
