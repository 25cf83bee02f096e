"""Storage: the database, and the folder of the data."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from walkabout.setting_rules import MB, setting

SQLITE = "sqlite:///"
POSTGRES = ("postgres://", "postgresql://")


@dataclass(frozen=True)
class StorageSettings:
    """Storage: the database, and the folder of the data."""

    data_dir: str = setting("DATA_DIR", "data", "folder of the database and the secret key")
    database_url: str = setting(
        "DATABASE_URL",
        "",
        "empty: SQLite in DATA_DIR; sqlite:///PATH; or postgresql://USER:PASSWORD@HOST:PORT/NAME",
        secret=True,
    )
    database_connections: int = setting(
        "DATABASE_CONNECTIONS",
        8,
        "connections of one process to PostgreSQL, beside the one on which it is woken",
        least=1,
    )
    database_pooler: bool = setting(
        "DATABASE_POOLER",
        False,
        "true: in front of PostgreSQL stands a pooler in transaction mode, such as PgBouncer; others are seen after a second",
    )
    clock_off_s: float = setting(
        "CLOCK_OFF_S",
        1.0,
        "seconds that a machine's clock may be off PostgreSQL's; beyond that the database's time counts, and the page says so",
        least=0.1,
    )
    start_check_s: float = setting(
        "START_CHECK_S",
        3.0,
        "seconds for which a start looks for damage in the database's file; 0: not at all",
        least=0.0,
    )
    wal_max_mb: float = setting(
        "WAL_MAX_MB",
        16.0,
        "size of the database's log beside its file, MiB, above which it is emptied when nothing runs",
        least=0.1,
    )

    @property
    def wal_bytes(self) -> int:
        """Size of the database's log above which it is emptied, bytes."""
        return int(self.wal_max_mb * MB)

    @property
    def is_postgres(self) -> bool:
        """Whether the database is one of PostgreSQL."""
        return self.database_url.startswith(POSTGRES)

    @property
    def data_path(self) -> Path:
        """DATA_DIR as an absolute path."""
        return Path(self.data_dir).resolve()


S = TypeVar("S", bound=StorageSettings)


def with_url(settings: S, url: str) -> S:
    """Settings with another DATABASE_URL. Raises ValueError, which says what is wrong with it."""
    if problem := url_problem(url):
        raise ValueError(problem)
    return replace(settings, database_url=url)


def url_problem(url: str) -> str:
    """What is wrong with a DATABASE_URL; "": nothing. It may hold a password, of which nothing is told."""
    if not url.startswith((SQLITE, *POSTGRES)):
        return f'"{url.partition(":")[0][:20]}:...": use {SQLITE}PATH or postgresql://...'
    if url.startswith(SQLITE) and set("?#") & set(url):
        return "a path has %3F in place of ?, %23 in place of #, %25 in place of %"
    return ""
