"""On which databases the tests run: `pytest --database sqlite` (by default), `postgres` or `redis` (PostgreSQL with Redis).

`DATABASES` is chosen once, before any test. It gives each service its settings: none for SQLite, which keeps everything in
the data folder; else the URL of a database that belongs to that data folder.
"""

import os
import shutil
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from tests.support.cast import CHEAP
from tests.support.postgres_server import OPTIONS, PostgresDatabases, PostgresServer
from tests.support.redis_server import DATABASES_MOST, RedisServer, number_of_process
from walkabout.service import build
from walkabout.settings import Settings

SQLITE, POSTGRES, REDIS = "sqlite", "postgres", "redis"
CHOICES = (SQLITE, POSTGRES, REDIS)
# URLs, for the other processes of pytest-xdist.
_SERVER = "WALKABOUT_TEST_POSTGRES"
_REDIS = "WALKABOUT_TEST_REDIS"


class Databases:
    """The databases of one test process."""

    def __init__(self) -> None:
        self.kind = SQLITE
        self._server: PostgresServer | None = None
        self._databases: PostgresDatabases | None = None
        self._redis: RedisServer | None = None
        self._numbers = count(number_of_process())
        self._redis_urls: dict[Path, str] = {}
        self._urls: dict[Path, str] = {}
        self._templates: dict[Path, str] = {}

    def choose(self, kind: str, options: Mapping[str, str] = OPTIONS) -> None:
        """Run on databases of a kind; the first process starts what they need, with these settings of PostgreSQL."""
        self.kind = kind
        if kind == SQLITE:
            return
        if _SERVER not in os.environ:
            self._server = PostgresServer(options)
            os.environ[_SERVER] = self._server.url()
        self._databases = PostgresDatabases(os.environ[_SERVER])
        if kind == REDIS and _REDIS not in os.environ:
            self._redis = RedisServer()
            os.environ[_REDIS] = self._redis.url()

    def stop(self) -> None:
        """Stop what this process has started."""
        if self._databases is not None:
            self._databases.close()
        if self._server is not None:
            del os.environ[_SERVER]
            self._server.stop()
        if self._redis is not None:
            del os.environ[_REDIS]
            self._redis.stop()

    def processes(self) -> list[int]:
        """The ids of the servers that this process has started."""
        return [server.process.pid for server in (self._server, self._redis) if server is not None]

    def settings(self, data: Path) -> dict[str, str]:
        """The settings, by name, of a service on a data folder; the same ones for the same folder."""
        if self._databases is None:
            return {}
        if data not in self._urls:
            self._urls[data] = self._databases.make()
        found = {"database_url": self._urls[data]}
        if self.kind == REDIS:
            number = next(self._numbers) % DATABASES_MOST
            found["redis_url"] = self._redis_urls.setdefault(data, f"{os.environ[_REDIS].rpartition('/')[0]}/{number}")
        return found

    def variables(self, data: Path) -> dict[str, str]:
        """The same as variables of the environment."""
        return {name.upper(): value for name, value in self.settings(data).items()}

    def fill(self, template: Path, **settings: str) -> None:
        """Make a data folder that others are copies of: with all tables, and the admin of the settings if there is one."""
        template.mkdir(parents=True, exist_ok=True)
        service = build(Settings(data_dir=str(template), **self.settings(template), **settings), password_cost=CHEAP)  # type: ignore[arg-type]
        if settings:
            service.first_admin()
        service.close()
        if self._databases is not None:
            self._templates[template] = self.settings(template)["database_url"].rpartition("/")[2]

    def copy(self, template: Path, data: Path) -> None:
        """Make a data folder as a copy of a filled one."""
        shutil.copytree(template, data)
        if self._databases is not None:
            self._urls[data] = self._databases.make(self._templates[template])

    def drop(self, data: Path) -> None:
        """The test is over: drop what belongs to its data folder."""
        if self._databases is not None and data in self._urls:
            self._databases.drop(self._urls.pop(data))


DATABASES = Databases()
