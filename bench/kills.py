"""Two minutes of SIGKILL at random moments for the consumer, with tasks at every second: what became of each due time."""

import os
import random
import signal
import time
from collections import Counter
from datetime import datetime
from typing import Any

from bench.serving import serving
from tests.support.house import Client, House

SECONDS = 120
TASKS = 4  # for each rule about missed times
PAUSE_S = (0.3, 6.0)  # between two kills
RULES = ("once", "all", "none")
EVERY_SECOND = {"type": "interval", "conf": {"every": 1, "period": "seconds"}}


def main() -> None:
    """Kill by turns the consumer's main process and one below it; count due times that ran twice or are forgotten."""
    seed = random.randrange(1_000_000)
    random.seed(seed)
    killed: Counter[str] = Counter()
    with serving() as house:
        tasks = [(rule, _add(house.client(), rule, number)) for rule in RULES for number in range(TASKS)]
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            time.sleep(random.uniform(*PAUSE_S))
            killed[_kill(house)] += 1
        ana = house.client()
        time.sleep(3)
        for _, id in tasks:
            ana.js("schedule_disable", id=id)
        time.sleep(3)
        rows = [(rule, _runs(ana, id)) for rule, id in tasks]
    print(f"{SECONDS} s, killed: {dict(killed)} (seed {seed})")
    for rule in RULES:
        _tell(rule, [found for name, found in rows if name == rule])


def _add(client: Client, rule: str, number: int) -> int:
    answer = client.js(
        "add_scheduled_walker", name=f"{rule} {number}", schedule=EVERY_SECOND, body={"name": "echo", "ctx": {}},
        overlap="allow", catch_up=rule,
    ).json()  # fmt: skip
    return int(answer["id"])


def _kill(house: House) -> str:
    main_process, below = house.consumer(), house.below_consumer()
    if random.random() < 0.5 or not below:
        os.kill(main_process, signal.SIGKILL)
        # Whoever started it ends the others then, and a person starts all again.
        house.stop()
        house.start()
        return "main process"
    os.kill(random.choice(below), signal.SIGKILL)
    return "worker or supervisor"


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
