"""A Redis server of the tests' own, with as many databases as anybody wants."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import redis

from tests.support.guarded import GuardedServer
from tests.support.ports import free_port
from tests.support.until import until

DATABASES_MOST = 10_000


class RedisServer:
    """Starts a server on a free port of this machine, and stops it; nothing of it is kept on a disk."""

    def __init__(
        self,
        options: Sequence[str] = (),
        tls: tuple[Path, Path] | None = None,
        *,
        address: str = "127.0.0.1",
        within: Sequence[str] = (),
    ) -> None:
        """`options`: more of its command line; `tls`: the files of a key and of a certificate that signs for itself: then it
        takes TLS alone; `address`: where it listens; `within`: what stands before its command, to run it on another network.
        """
        self.address = address
        self.within = within
        self.port = free_port()
        self.options = options
        self.tls = tls
        self.start()

    def start(self) -> None:
        """Start it, on the same port as before."""
        program = shutil.which("redis-server")
        assert program, "redis-server is not installed: apt-get install redis-server"
        folder = Path(tempfile.mkdtemp(prefix="walkabout-redis-"))
        port = ["--port", str(self.port)]
        if self.tls:
            key, certificate = map(str, self.tls)
            port = ["--port", "0", "--tls-port", str(self.port), "--tls-auth-clients", "no", "--tls-key-file", key,
                    "--tls-cert-file", certificate, "--tls-ca-cert-file", certificate]  # fmt: skip
        command = [*self.within, program, *port, "--bind", self.address, "--protected-mode", "no", "--save", "",
                   "--appendonly", "no",
                   "--databases", str(DATABASES_MOST), "--dir", str(folder), *self.options]  # fmt: skip
        self.process = GuardedServer(command, folder, signal.SIGKILL)
        until(self._answers)

    def url(self, number: int = 0, trusting: Path | None = None) -> str:
        """The URL of a database. `trusting`: the file of the certificate to trust, where it is not its own."""
        at = f"{self.address}:{self.port}/{number % DATABASES_MOST}"
        return f"rediss://{at}?ssl_ca_certs={trusting or self.tls[1]}" if self.tls else f"redis://{at}"

    def client(self, number: int = 0) -> "redis.Redis":
        """A client of it."""
        return redis.Redis.from_url(self.url(number))

    def stop(self) -> None:
        """End it at once: all that it knew is gone."""
        self.process.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Meanwhile it stands still: connections are taken by the kernel, and nobody answers."""
        self.process.send(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send(signal.SIGCONT)

    def _answers(self) -> bool:
        with suppress(redis.RedisError), self.client() as client:
            return bool(client.ping())
        return False


def number_of_process() -> int:
    """Another one for each process of the tests, to number databases from."""
    return os.getpid() * 100
