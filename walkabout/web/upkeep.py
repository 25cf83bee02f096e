"""What is done to the database before the web server serves and after: apart from processes that live long.

`python -m walkabout.web.upkeep prepare` (the launcher, before both programs) or `checkpoint` (the server, at its end).
"""

import sys

from walkabout.database.connections import Database, engine_of
from walkabout.settings import Settings
from walkabout.starting import start_or_exit


def prepare(settings: Settings, check_s: float = 0.0) -> None:
    """Bring the tables up to date; `check_s`: seconds to look for damage before. Raises Unusable."""
    database = Database(engine_of(settings))
    database.migrate(check_s)
    database.close()


def look_over(settings: Settings) -> None:
    """The same, after a look for damage of START_CHECK_S. Raises Unusable."""
    prepare(settings, settings.start_check_s)


def checkpoint(settings: Settings) -> None:
    """Put all of the log into the file, so that the file alone is whole."""
    database = Database(engine_of(settings))
    database.checkpoint()
    database.close()


if __name__ == "__main__":
    start_or_exit({"prepare": look_over, "checkpoint": checkpoint}[sys.argv[1]])
