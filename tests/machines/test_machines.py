"""Machines are cut off, lose power, come and go, and have wrong clocks: each job is done, and its effect is there once.

The machines are namespaces of the kernel, so the tests need root and iproute2. They share one cluster, and leave it as
they found it.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.faults.kit import pass_
from tests.machines.cluster import Cluster, Host
from tests.support.house import ROOT, Client
from tests.support.until import until

pytestmark = pytest.mark.postgres
AWAY_S = 20.0
SERVER_FREES_S = 30.0


class Counting:
    """Jobs that add to a number at the admin's root, and how many there should have been."""

    def __init__(self, cluster: Cluster) -> None:
        self.clients = [cluster.admin(0), cluster.admin(1)]
        self.before = self.there()
        self.asked: list[str] = []

    def there(self) -> int:
        """The number as it stands."""
        return int(self.clients[0].root().get("count", 0))

    def ask(self, jobs: int) -> None:
        """Ask for so many jobs more, at both machines that serve."""
        for number in range(jobs):
            self.asked.append(self.clients[number % 2].start("count"))

    def ended(self) -> int:
        """How many have succeeded."""
        return sum(self.clients[0].task(task)["state"] == "SUCCESS" for task in self.asked)

    def each_has_counted_once(self, client: Client) -> None:
        """Wait for all of them."""
        assert [client.wait(task, 120)["state"] for task in self.asked] == ["SUCCESS"] * len(self.asked)
        assert self.there() == self.before + len(self.asked)


def held(cluster: Cluster, folder: Path, jobs: int) -> tuple[list[str], Path]:
    """So many jobs that have begun and run until a file is there; and the file."""
    tag, ana = time.monotonic_ns(), cluster.admin()
    release, begun = folder / f"release-{tag}", [folder / f"begun-{tag}-{number}" for number in range(jobs)]
    started = [ana.start("hold", until=str(release), begun=str(path)) for path in begun]
    until(lambda: all(path.exists() for path in begun), 60)
    return started, release


def test_each_machine_does_its_part(cluster: Cluster, tmp_path: Path) -> None:
    jobs, release = held(cluster, tmp_path, 3)
    started = {cluster.who_said("job.started", cluster.workers, job=job).machine.name for job in jobs}
    assert started == {"worker1", "worker2", "worker3"}
    names = cluster.admin(1).get("/js/walker_queue_check").json()["active"]
    assert sorted(name for name, running in names.items() if running) == [f"huey@worker{n}" for n in (1, 2, 3)]
    release.touch()
    assert [cluster.admin(1).wait(job)["state"] for job in jobs] == ["SUCCESS"] * 3


def test_a_machine_that_is_cut_off_loses_its_job_and_its_late_outcome(cluster: Cluster, tmp_path: Path) -> None:
    ana = cluster.admin()
    before = ana.root().get("held", 0)
    (job,), release = held(cluster, tmp_path, 1)
    cut = cluster.who_said("job.started", cluster.workers, job=job)
    others = [host for host in cluster.workers if host is not cut]
    cluster.network.cut(cut.machine)
    try:
        cluster.who_said("job.rescued", others, job=job)
        again = cluster.who_said("job.started", others, job=job)
        assert again.said("job.started", job=job, attempt=2)
        release.touch()
        assert ana.wait(job)["state"] == "SUCCESS"
        cut.wait("job.outcome_waits", 60, job=job)  # it has done it, too, and can't say so
    finally:
        cluster.network.mend(cut.machine)
    cut.wait("job.lease_lost", 60, job=job)
    assert ana.root()["held"] == before + 1
    cut.wait("consumer.expelled", 60)
    # It is one of them again: three that hold, on three machines.
    jobs, release = held(cluster, tmp_path, 3)
    assert {cluster.who_said("job.started", cluster.workers, job=job) for job in jobs} == set(cluster.workers)
    release.touch()
    assert [ana.wait(job)["state"] for job in jobs] == ["SUCCESS"] * 3


def test_without_the_database_for_a_while_nothing_is_lost_or_done_twice(cluster: Cluster, tmp_path: Path) -> None:
    counting, ana = Counting(cluster), cluster.admin()
    before = ana.root().get("held", 0)
    jobs, release = held(cluster, tmp_path, 2)
    for job in jobs:
        cluster.who_said("job.started", cluster.workers, job=job)
    counting.ask(20)
    cluster.network.cut(cluster.database_machine)
    try:
        release.touch()
        with ThreadPoolExecutor() as pool:
            asked = [
                pool.submit(client.js, "walker_run", name="count", ctx={}, is_async=True) for client in counting.clients
            ]
            pass_(AWAY_S)
            assert {answer.result().status_code for answer in asked} == {503}
    finally:
        cluster.network.mend(cluster.database_machine)
    assert [ana.wait(job, 120)["state"] for job in jobs] == ["SUCCESS"] * 2
    counting.ask(10)
    counting.each_has_counted_once(ana)
    assert ana.root()["held"] == before + 2


# Holds what each transaction that is alone waits for, says so, and goes on with nothing.
HOLDS = """
import os, sys
from walkabout.database.connections import Database, engine_of
from walkabout.settings import Settings
db = Database(engine_of(Settings.from_env()))
with db.transaction():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_what_a_machine_holds_that_is_cut_off_is_free_soon(cluster: Cluster) -> None:
    ana, machine = cluster.admin(), cluster.network.machine("holder")
    holder = subprocess.Popen(
        machine.command(sys.executable, "-c", HOLDS), cwd=ROOT, env={**os.environ, "DATABASE_URL": cluster.url},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        cluster.network.cut(machine)
        assert ana.js("alias_register", name="a", value="b").status_code == 503
        # Much sooner than the server ends a transaction in which nothing is done.
        until(lambda: ana.js("alias_register", name="a", value="b").status_code == 200, SERVER_FREES_S)
    finally:
        holder.kill()
        holder.communicate()
    ana.js("alias_delete", name="a")


def dues(hosts: list[Host]) -> list[int]:
    """The due times that machines have fired, as their logs tell."""
    lines = [line for host in hosts for line in list(host.lines) if " periodic.fired " in line]
    return [int(line.split("due=")[1].split()[0]) for line in lines]


def test_a_machine_whose_clock_is_wrong_fires_nothing_early_and_takes_nothing_over(
    cluster: Cluster, tmp_path: Path
) -> None:
    ana, wrong = cluster.admin(), cluster.workers[2]
    schedule = {"type": "interval", "conf": {"every": 1, "period": "seconds"}}
    seen = len(dues(cluster.workers))
    added = ana.js(
        "add_scheduled_walker", name="ticks", schedule=schedule, body={"name": "echo"}, overlap="allow"
    ).json()
    jobs, release = held(cluster, tmp_path, 2)
    for job in jobs:
        cluster.who_said("job.started", cluster.workers, job=job)
    for ahead_s in (30.0, -30.0):
        wrong.clock.set(ahead_s)
        until(lambda ahead_s=ahead_s: abs(last_ahead_s(wrong) - ahead_s) < 1, 60)
        fired = len(dues(cluster.workers))
        until(lambda fired=fired: len(dues(cluster.workers)) >= fired + 5)
        assert max(dues(cluster.workers)) <= time.time()
    page = [off.machine for off in _machines_off(cluster)]
    assert page == ["worker3"]
    wrong.clock.set(0)
    wrong.wait("clock.right", 60)
    assert _machines_off(cluster) == []
    ana.js("delete_scheduled_queue", scheduled_queue_id=added["id"])
    fired_now = dues(cluster.workers)[seen:]
    assert len(fired_now) == len(set(fired_now))
    release.touch()
    assert [ana.wait(job)["state"] for job in jobs] == ["SUCCESS"] * 2
    assert not any(host.said("job.rescued", job=job) for job in jobs for host in cluster.workers)


def last_ahead_s(host: Host) -> float:
    """By how much a machine has said last that its clock is ahead."""
    said = [line for line in list(host.lines) if " clock.off " in line]
    return float(said[-1].split("ahead_s=")[1].split()[0]) if said else 0.0


def _machines_off(cluster: Cluster) -> list[Any]:
    with cluster.webs[0].rooms() as service:
        return service.machine_clock.machines_off()


def test_machines_come_and_go_while_there_is_work(cluster: Cluster) -> None:
    counting, first, second = Counting(cluster), cluster.workers[0], cluster.workers[1]
    counting.ask(60)
    new = cluster.host("worker4", "worker").start()
    counting.ask(60)
    assert first.stop() == 0
    until(lambda: counting.ended() >= 20, 60)
    second.lose_power()
    counting.ask(30)
    counting.each_has_counted_once(cluster.admin(1))
    first.start()
    second.start()
    assert new.stop() == 0


def test_without_redis_jobs_run_and_after_it_is_back(cluster: Cluster) -> None:
    counting = Counting(cluster)
    cluster.redis.stop()
    counting.ask(10)
    counting.each_has_counted_once(cluster.admin(1))
    cluster.redis.start()
    counting.ask(10)
    counting.each_has_counted_once(cluster.admin())
