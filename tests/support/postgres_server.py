"""A PostgreSQL server of the tests' own, with databases that are made and dropped in milliseconds."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

import psycopg

from tests.support.guarded import GuardedServer, unprivileged
from tests.support.ports import free_port

USER = "walkabout"
# Nothing that a test writes has to outlive the machine.
OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "400",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "autovacuum_naptime": "10min",
}
START_S = 60.0
LOOPBACK = "127.0.0.1"
FILE_COPY_SINCE = 150_000  # before, it was the only way to copy a database


class PostgresServer:
    """Starts a server on a free port of this machine, and stops it. `url(name)`: the URL of a database."""

    def __init__(
        self,
        options: Mapping[str, str] = OPTIONS,
        files: Mapping[str, bytes] | None = None,
        *,
        address: str = LOOPBACK,
        within: Sequence[str] = (),
    ) -> None:
        """`options`: its settings; `files`: what its data folder holds besides, by name; `address`: where it listens;
        `within`: what stands before its command, to run it on another network."""
        self.address = address
        self.folder = Path(tempfile.mkdtemp(prefix="walkabout-postgres-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
        self.port = free_port()
        self._as = unprivileged(self.folder)
        data = self.folder / "data"
        self._run(
            program("initdb"), "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"
        )
        for name, content in (files or {}).items():
            path = data / name
            path.write_bytes(content)
            path.chmod(0o600)
            os.chown(path, data.stat().st_uid, data.stat().st_gid)
        given = {"listen_addresses": address, **options}
        settings = [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        command = [program("postgres"), "-D", str(data), "-p", str(self.port), "-k", str(self.folder), *settings]
        self.process = GuardedServer([*within, *self._as, *command], self.folder, signal.SIGQUIT)
        self._run(program("pg_isready"), "-h", address, "-p", str(self.port), "-t", "0", again_for_s=START_S)

    def url(self, name: str = "postgres") -> str:
        """The URL of a database."""
        return f"postgresql://{USER}@{self.address}:{self.port}/{name}"

    def stop(self) -> None:
        """Stop it at once, and remove its files."""
        self.process.stop()

    def _run(self, *command: str, again_for_s: float = 0.0) -> None:
        command = (*self._as, *command)
        if again_for_s:
            command = ("timeout", str(again_for_s), "sh", "-c", f"until {' '.join(command)}; do sleep 0.05; done")
        subprocess.run(command, check=True, capture_output=True, cwd="/", timeout=120)


class PostgresDatabases:
    """Makes databases on a server that may serve several test processes. `url`: of any database there."""

    def __init__(self, url: str) -> None:
        self.base = url.rpartition("/")[0]
        self._admin = psycopg.connect(url, autocommit=True)
        self._numbers = count()

    def make(self, template: str = "template1") -> str:
        """The URL of a new database that is a copy of a template (a name)."""
        name = f"t{os.getpid()}_{next(self._numbers)}"
        self._admin.execute(copying(name, template, self._admin.info.server_version).encode())
        return f"{self.base}/{name}"

    def drop(self, url: str) -> None:
        """Drop a database, whoever is still connected."""
        self._admin.execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def close(self) -> None:
        """Close the connection."""
        self._admin.close()


def copying(name: str, template: str, version: int) -> str:
    """The statement that makes a database as a copy of another one, on a server of a version: the quickest there is."""
    how = " STRATEGY FILE_COPY" if version >= FILE_COPY_SINCE else ""
    return f"CREATE DATABASE {name} TEMPLATE {template}{how}"


def program(name: str) -> str:
    """The path of one of the server's programs. Debian has them in a folder for each version."""
    found = shutil.which(name) or next(
        iter(sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), reverse=True)), None
    )
    assert found, f"{name} is not installed: apt-get install postgresql"
    return found
