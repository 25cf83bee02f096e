"""An installation on several machines: two that serve, three that work, one with PostgreSQL, one with Redis."""

import os
import signal
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.machines.network import Machine, Network
from tests.support.bent_clock import BentClock
from tests.support.house import ADMIN, Client, descendants
from tests.support.postgres_server import PostgresServer
from tests.support.procfile import ProcfileProcess
from tests.support.redis_server import RedisServer
from tests.support.until import until
from walkabout.service import build
from walkabout.settings import Settings

PORT = "8000"
LEASE_S = "4"
TRUSTING = b"local all all trust\nhost all all samenet trust\n"
WALKERS = Path(__file__).parents[1] / "walkers"


class Host(ProcfileProcess):
    """A machine on which one process of the Procfile runs, with its events to wait for."""

    def __init__(self, machine: Machine, kind: str, folder: Path, **environment: str) -> None:
        """`kind`: web or worker. `folder`: of this machine alone."""
        self.clock = BentClock(folder)
        super().__init__(kind, folder / "data", **environment, **self.clock.variables)
        self.machine = machine
        self.url = f"http://{machine.address}:{PORT}"
        self.environment |= {"HOST": machine.address, "PORT": PORT, "GRACE_S": "10"}

    def command(self) -> list[str]:
        """What starts it, on its machine."""
        return self.machine.command(*super().command())

    def lose_power(self) -> None:
        """All that runs on the machine is gone, at once."""
        assert self.process is not None
        os.kill(self.first_process(), signal.SIGKILL)
        self.process.wait(20)
        self.process = None

    def first_process(self) -> int:
        """The first process of the machine, by its id here. Raises ProcessLookupError."""
        assert self.process is not None
        below = descendants(self.process.pid)[1:]
        if not below:
            raise ProcessLookupError
        return below[0]

    def said(self, event: str, **fields: Any) -> bool:
        """Whether it has said an event by now."""
        words = [f" {event} ", *(f"{name}={value}" for name, value in fields.items())]
        return any(all(word in f"{line} " for word in words) for line in list(self.lines))


class Cluster:
    """All of it, started; what a test breaks it mends itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.network = Network()
        self._hosts: list[Host] = []
        self._ends = ExitStack()
        self._ends.callback(self.network.close)
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        self.database_machine, self.redis_machine = self.network.machine("db"), self.network.machine("redis")
        self.database = PostgresServer(
            files={"pg_hba.conf": TRUSTING},
            address=self.database_machine.address,
            within=self.database_machine.plain_command(),
        )
        self._ends.callback(self.database.stop)
        self.redis = RedisServer(address=self.redis_machine.address, within=self.redis_machine.plain_command())
        self._ends.callback(self.redis.stop)
        self.url = self.database.url()
        self._make_admin()
        self.webs = [self.host(name, "web") for name in ("web1", "web2")]
        self.workers = [self.host(name, "worker") for name in ("worker1", "worker2", "worker3")]
        for host in self.hosts:
            host.begin()
        for host in self.hosts:
            host.ready()

    @property
    def hosts(self) -> list[Host]:
        """The machines that serve and work."""
        return [*self.webs, *self.workers]

    def host(self, name: str, kind: str) -> Host:
        """A machine more; not started yet."""
        made = Host(
            self.network.machine(name), kind, self.folder / name, WORKERS="1", LEASE_S=LEASE_S, DATABASE_URL=self.url,
            REDIS_URL=self.redis.url(), WALKERS_DIR=f"walkers:{WALKERS}",
        )  # fmt: skip
        self._ends.callback(made.stop)
        self._hosts.append(made)
        return made

    def admin(self, web: int = 0) -> Client:
        """The admin at one of the machines that serve."""
        client = self.webs[0].client()
        return Client(self.webs[web].url, client.token)

    def who_said(self, event: str, hosts: Iterable[Host], seconds: float = 60.0, **fields: Any) -> Host:
        """The machine that has said an event, as soon as one does."""
        hosts = list(hosts)
        until(lambda: any(host.said(event, **fields) for host in hosts), seconds)
        return next(host for host in hosts if host.said(event, **fields))

    def close(self) -> None:
        """End all of it, whatever fails."""
        for host in self._hosts:
            host.tell_to_stop()
        self._ends.close()

    def _make_admin(self) -> None:
        service = build(Settings(data_dir=str(self.folder / "here"), database_url=self.url))
        service.new_master(*ADMIN, "Ana", superuser=True)
        service.close()
