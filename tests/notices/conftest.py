"""A world in which ana's tasks run on a clock, and she is told at a server on loopback."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.clock import Clock
from tests.support.schedule_harness import START, ScheduleHarness, every
from tests.support.scripted_server import Server
from walkabout.notices.addresses import read_address
from walkabout.notices.targets import TASK, NoticeTarget
from walkabout.service import Service


@dataclass
class Told:
    """Ana has a task, and is told of it."""

    harness: ScheduleHarness
    server: Server
    task: int

    @property
    def service(self) -> Service:
        return self.harness.service

    def target(self, address: str = "", **more: Any) -> NoticeTarget:
        """One more target of the task: by default a webhook at the server."""
        address = address or f"{self.server.base}/hook"
        values = {
            "owner": self.harness.ana.uid,
            "place": TASK,
            "task": self.task,
            "tag": "",
            "created_at": START,
            **more,
        }
        kind = read_address(address).kind
        return self.service.notice_targets.add(NoticeTarget(id=0, kind=kind, address=address, **values))

    def run(self, error: str = "") -> str:
        """Run the task once; its run's uid. It fails when there is an error."""
        uid = self.service.periodic_tasks.run_now(self.task)
        claim = self.harness.claim()
        assert claim is not None
        if error:
            self.service.ledger.fail(claim.id, claim.attempt, "ValueError", error)
        else:
            self.harness.finish(claim)
        return uid

    def send(self, after: float = 0.0) -> int:
        """Let seconds pass, and send what is due; how many messages."""
        self.harness.clock.pass_(after)
        return self.service.courier.turn()

    def bodies(self) -> list[Any]:
        """What the webhook got."""
        return [seen.body for seen in self.server.seen]


@pytest.fixture
def told(make_service: Callable[..., Service], clock: Clock, server: Server) -> Told:
    clock.now = START
    harness = ScheduleHarness(make_service(private_hosts="everyone", public_url="https://jobs.example.org/"), clock)
    server.begin({"POST /hook": {"status": 200}})
    return Told(harness, server, harness.add(every(1, "hours"), name="backup"))
