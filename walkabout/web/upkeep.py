"""What the web server does to the database before it serves and after: apart from its main process, which lives long.

`python -m walkabout.web.upkeep` is what comes after.
"""

from walkabout.database.connections import Database, engine_of
from walkabout.settings import Settings
from walkabout.starting import start_or_exit


def prepare() -> None:
    """Bring the tables up to date, or say what is wrong and exit with status 1."""
    start_or_exit(_prepare)


def _prepare(settings: Settings) -> None:
    database = Database(engine_of(settings))
    database.migrate()
    database.close()


def _checkpoint(settings: Settings) -> None:
    database = Database(engine_of(settings))
    database.checkpoint()
    database.close()


if __name__ == "__main__":
    start_or_exit(_checkpoint)
