"""A PgBouncer of the tests' own, in transaction mode, in front of a PostgreSQL server."""

import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.support.guarded import GuardedServer, unprivileged
from tests.support.ports import free_port
from tests.support.until import until

_CONFIGURATION = """
[databases]
* = host={host} port={server} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {sessions}
max_client_conn = 500
"""


class Pooler:
    """Starts PgBouncer on a free port, and stops it."""

    def __init__(self, url: str, *, sessions: int, port: int = 0) -> None:
        """`url`: of any database of the server; `sessions`: as many transactions at a time of each database; `port`: 0 is a
        free one."""
        program = shutil.which("pgbouncer")
        assert program, "pgbouncer is not installed: apt-get install pgbouncer"
        behind = urlsplit(url)
        self.port = port or free_port()
        folder = Path(tempfile.mkdtemp(prefix="walkabout-pooler-"))
        configuration = folder / "pgbouncer.ini"
        configuration.write_text(
            _CONFIGURATION.format(
                host=behind.hostname, server=behind.port, user=behind.username, port=self.port, sessions=sessions
            )
        )
        self.process = GuardedServer([*unprivileged(folder), program, str(configuration)], folder, signal.SIGKILL)
        until(lambda: self._answers(url))

    def url(self, direct: str) -> str:
        """The URL of a database through the pooler, from the one that leads to the server."""
        parts = urlsplit(direct)
        return parts._replace(netloc=f"{parts.username}@127.0.0.1:{self.port}").geturl()

    def stop(self) -> None:
        """End it at once: its clients' connections are cut."""
        self.process.stop()

    def _answers(self, url: str) -> bool:
        with suppress(psycopg.Error):
            psycopg.connect(self.url(url)).close()
            return True
        return False
