"""SIGKILL at random moments, with jobs that count and tasks at every second: nothing is lost, and nothing happens twice."""

import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from datetime import datetime
from typing import Any

import requests

from bench.serving import serving
from tests.conftest import WALKERS
from tests.faults.kit import supervisor, workers
from tests.support.house import Client, House, command
from tests.support.until import until

KILLS = 200
JOBS_A_KILL = 10
TASKS = 4  # for each rule about missed times
PAUSE_S = (0.05, 0.6)  # before a kill
RULES = ("once", "all", "none")
EVERY_SECOND = {"type": "interval", "conf": {"every": 1, "period": "seconds"}}
SETTLE_S = 300.0
WORKERS = 2
MAIN = "the consumer's main process"


def main() -> None:
    """Kill whatever runs, each time beside ten jobs more; then count jobs and due times that are lost or came twice."""
    seed = random.randrange(1_000_000)
    chance = random.Random(seed)
    killed: Counter[str] = Counter()
    # However often a job loses its worker here: what is asked is whether it is lost, or happens twice.
    with serving(WALKERS_DIR=f"walkers:{WALKERS}", MAX_TAKEOVERS=str(KILLS), WORKERS=str(WORKERS)) as house:
        tasks = [(rule, _add(house.client(), rule, number)) for rule in RULES for number in range(TASKS)]
        asked: list[str] = []
        began = time.monotonic()
        for _ in range(KILLS):
            admin = house.client()
            asked.extend(_ask(admin) for _ in range(JOBS_A_KILL))
            time.sleep(chance.uniform(*PAUSE_S))
            killed[_kill(house, chance)] += 1
        took_s = time.monotonic() - began
        admin = house.client()
        for _, id in tasks:
            admin.js("schedule_disable", id=id)
        with house.rooms() as service:
            until(lambda: not service.db.value("SELECT count(*) FROM job WHERE ended_at IS NULL"), SETTLE_S)
            states = Counter(service.db.values("SELECT state FROM job WHERE schedule IS NULL"))
            there = set(service.db.values("SELECT uid FROM job WHERE schedule IS NULL"))
        lost = len({uid.removeprefix("urn:uuid:") for uid in asked} - there)
        print(f"{sum(killed.values())} kills in {took_s:.0f} s: {dict(killed)} (seed {seed})")
        print(f"  {len(asked)} jobs, {lost} lost: {dict(states)}; they counted to {admin.root().get('count', 0)}")
        rows = [(rule, _runs(admin, id)) for rule, id in tasks]
    for rule in RULES:
        _tell(rule, [found for name, found in rows if name == rule])


def _add(client: Client, rule: str, number: int) -> int:
    answer = client.js(
        "add_scheduled_walker", name=f"{rule} {number}", schedule=EVERY_SECOND, body={"name": "echo", "ctx": {}},
        overlap="allow", catch_up=rule,
    ).json()  # fmt: skip
    return int(answer["id"])


def _ask(client: Client) -> str:
    """Ask for a job that counts; again when the web process was killed, and nobody takes the request."""
    while True:
        with suppress(requests.ConnectionError):
            return client.start("count")
        time.sleep(0.05)


def _kill(house: House, chance: random.Random) -> str:
    until(lambda: len(house.below_consumer()) > WORKERS)  # the one that was killed before is replaced
    what, pid = chance.choice(
        [
            (MAIN, house.consumer()),
            ("supervisor", supervisor(house)),
            *[("worker", pid) for pid in workers(house)] * 2,
            ("web", next(pid for pid in reversed(house.processes()) if "web.server" in command(pid))),
        ]
    )
    os.kill(pid, signal.SIGKILL)
    if what == MAIN:
        # Whoever started it ends the others then, and a person starts all again.
        house.stop()
        house.start()
    return what


def _runs(client: Client, id: int) -> list[dict[str, Any]]:
    return list(client.js("schedule_runs", id=id, limit=0).json()["data"])


def _tell(rule: str, histories: list[list[dict[str, Any]]]) -> None:
    states: Counter[str] = Counter()
    twice = forgotten = due = 0
    for rows in histories:
        covered: Counter[int] = Counter()
        for row in rows:
            states[row["state"]] += row["count"] if row["state"] in ("MISSED", "SKIPPED") else 1
            covered.update(range(_second(row["first"]), _second(row["last"]) + 1))
        due += len(covered)
        twice += sum(times - 1 for times in covered.values())
        forgotten += max(covered) - min(covered) + 1 - len(covered)
    print(f"  catch_up {rule}: {due} due times, {twice} twice, {forgotten} forgotten; {dict(states)}")


def _second(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
