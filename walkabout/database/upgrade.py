"""Runs the migrations once, however many processes start at the same time."""

from pathlib import Path

from playhouse.migrations import Runner

from walkabout.database.engine import Engine

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine, check_s: float = 0.0) -> list[str]:
    """Apply the migrations that are missing; their names. Raises Unusable.

    `check_s`: how long the database is looked over for damage before.
    """
    with engine.upgrading(check_s) as database:
        runner = Runner(database, str(MIGRATIONS))
        unknown = set(runner.applied()) - {migration.name for migration in runner.migrations()}
        if unknown:
            raise engine.newer(unknown)
        return list(runner.up())
