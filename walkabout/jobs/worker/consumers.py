"""Consumers and whether they are alive: the queries on the table `consumer`."""

import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from walkabout.database.connections import Database
from walkabout.jids import new_uid
from walkabout.jobs.worker.machine import Process, this_process
from walkabout.jobs.worker.names import WEB
from walkabout.jobs.worker.process_watch import ProcessWatch
from walkabout.setting_groups.queues import WorkerGroup, read_groups

LOOK_AGAIN_S = 1.0
_COLUMNS = "uid, kind, name, machine, pid, process_started, workers, stopping, pulse_at, beat, living, queues"


@dataclass(frozen=True)
class Consumer:
    """One consumer (or a web process that runs jobs itself). `pulse_at`: UTC seconds, 0 before it can take jobs;
    `living`: how many of its `workers` its last pulse has seen; `groups`: which queues they serve."""

    uid: str
    kind: str
    name: str
    process: Process
    workers: int = 0
    stopping: bool = False
    pulse_at: float = 0.0
    beat: int = 0
    living: int = 0
    groups: tuple[WorkerGroup, ...] = (WorkerGroup(1),)

    def serves(self, queue: str) -> bool:
        """Whether some of its workers take jobs of a queue."""
        return any(group.serves(queue) for group in self.groups)


@dataclass
class Consumers:
    """Who there is. `clock`: UTC seconds; `pulse_max_s`: the age of a pulse beyond which it counts as dead."""

    db: Database
    clock: Callable[[], float]
    pulse_max_s: float
    host: str = field(default_factory=socket.gethostname)
    watch: ProcessWatch = field(default_factory=ProcessWatch)
    _seen: tuple[float, tuple[Consumer, ...]] = (float("-inf"), ())
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def join(self, kind: str, workers: int, groups: Sequence[WorkerGroup] | None = None) -> Consumer:
        """Enter this process under a free name, `huey@HOST` or `huey@HOST-2`; not yet alive: see `pulse`.

        `groups`: which queues its workers serve; None: all of them all.
        """
        served = read_groups("", workers) if groups is None else tuple(groups)
        return self.enter(Consumer(new_uid(), kind, "", this_process(), workers, groups=served))

    def enter(self, consumer: Consumer) -> Consumer:
        """Put a consumer into the table, again if others have struck it off; under a name that is free now."""
        process = consumer.process
        with self.db.transaction():
            named = replace(consumer, name=self._free_name(consumer.kind))
            self.db.change(
                "INSERT INTO consumer (uid, kind, name, machine, pid, process_started, workers, started_at, queues,"
                " pulse_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
                (
                    named.uid,
                    named.kind,
                    named.name,
                    process.machine,
                    process.pid,
                    process.started,
                    named.workers,
                    self.clock(),
                    ",".join(map(str, named.groups)),
                ),
            )
        return named

    def _free_name(self, kind: str) -> str:
        taken = {consumer.name for consumer in self.all() if consumer.kind == kind}
        stem = f"huey@{self.host}" if kind == "worker" else f"{WEB}{self.host}"
        names = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 2))]
        return next(name for name in names if name not in taken)

    def pulse(self, uid: str, living: int | None = None) -> bool:
        """Say that a consumer is alive, and with how many workers (None: all of them). False: others have struck it off."""
        return (
            self.db.change(
                "UPDATE consumer SET pulse_at = ?, beat = beat + 1, living = coalesce(?, workers) WHERE uid = ?",
                (self.clock(), living, uid),
            )
            > 0
        )

    def stopping(self, uid: str) -> None:
        """Note that it takes no more jobs, but still works on those that it has."""
        self.db.change("UPDATE consumer SET stopping = 1 WHERE uid = ?", (uid,))
        self._seen = (float("-inf"), ())

    def leave(self, uid: str) -> None:
        """Strike a consumer off."""
        self.db.change("DELETE FROM consumer WHERE uid = ?", (uid,))

    def strike_off(self, uid: str, beat: int) -> bool:
        """Strike a lost consumer off. False: its beat has moved since it was looked at, so it is not lost."""
        return self.db.change("DELETE FROM consumer WHERE uid = ? AND beat = ?", (uid, beat)) > 0

    def all(self) -> list[Consumer]:
        """All consumers that joined and did not leave, by name."""
        rows = self.db.rows(f"SELECT {_COLUMNS} FROM consumer ORDER BY name")
        return [_consumer(*row) for row in rows]

    def alive(self) -> list[Consumer]:
        """The consumers that take jobs now, by name.

        The table is asked once a second; but the end of a process on this machine counts at once.
        """
        looked_at, seen = self._seen
        now = time.monotonic()
        if now - looked_at < LOOK_AGAIN_S:
            alive = [consumer for consumer in seen if self._is_alive(consumer)]
            if alive:
                return alive
        with self._lock:
            seen = tuple(self.all())
            self._seen = (now, seen)
            self.watch.keep([consumer.process for consumer in seen])
        return [consumer for consumer in seen if self._is_alive(consumer)]

    def serving(self, queue: str) -> bool:
        """Whether somebody who takes jobs now serves a queue; also when there is nobody at all."""
        alive = self.alive()
        return not alive or any(consumer.serves(queue) for consumer in alive)

    def _is_alive(self, consumer: Consumer) -> bool:
        if consumer.kind != "worker" or consumer.stopping or not consumer.living:
            return False
        if self.clock() - consumer.pulse_at > self.pulse_max_s:
            return False
        return not consumer.process.here() or self.watch.alive(consumer.process)


def _consumer(
    uid: str, kind: str, name: str, machine: str, pid: int, started: str, workers: int, *rest: Any
) -> Consumer:
    stopping, pulse_at, beat, living, queues = rest
    return Consumer(
        uid,
        kind,
        name,
        Process(machine, pid, started),
        workers,
        bool(stopping),
        pulse_at=pulse_at,
        beat=beat,
        living=living,
        groups=read_groups(queues, workers),
    )
