"""A Redis server of the tests' own, with as many databases as anybody wants."""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress

import redis

from tests.support.ports import free_port
from tests.support.until import until

DATABASES_MOST = 10_000


class RedisServer:
    """Starts a server on a free port of this machine, and stops it; nothing of it is kept on a disk."""

    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    def start(self) -> None:
        """Start it, on the same port as before."""
        program = shutil.which("redis-server")
        assert program, "redis-server is not installed: apt-get install redis-server"
        self.folder = tempfile.mkdtemp(prefix="walkabout-redis-")
        self.process = subprocess.Popen(
            [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
             "--databases", str(DATABASES_MOST), "--dir", self.folder],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until(self._answers)

    def url(self, number: int = 0) -> str:
        """The URL of a database."""
        return f"redis://127.0.0.1:{self.port}/{number % DATABASES_MOST}"

    def client(self, number: int = 0) -> "redis.Redis":
        """A client of it."""
        return redis.Redis.from_url(self.url(number))

    def kill(self) -> None:
        """Kill it: all that it knew is gone."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        """Stop it, and remove its files."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        with suppress(redis.RedisError), self.client() as client:
            return bool(client.ping())
        return False


def number_of_process() -> int:
    """Another one for each process of the tests, to number databases from."""
    return os.getpid() * 100
