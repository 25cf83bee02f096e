"""Each set-up and each peer by turns: jobs a second from asking to done, CPU a job, and how long one job alone takes.

Ours are asked through HTTP, with 1, 2 and 4 workers; the peers by a loop in their own library, with 2 worker processes, in
environments of their own, which the first run makes. Each row is a process of its own, so that none measures another's
leftovers.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.serving import DURABLE
from tests.support.databases import CHOICES
from tests.support.postgres_server import PostgresServer
from tests.support.redis_server import RedisServer

ROUNDS = 3
WORKERS = (1, 2, 4)
ROOT = Path(__file__).parents[1]
PEERS_AT = ROOT / ".venv" / "peers"
PEERS = {
    "celery": ("celery[redis]>=5.7,<5.8",),
    "procrastinate": ("procrastinate>=3.10,<4", "psycopg[binary]>=3.3,<3.4"),
    "dbos": ("dbos>=3.4,<4", "psycopg[binary]>=3.3,<3.4"),
}


def main() -> None:
    """Three rounds of everything, in turn."""
    rows: dict[str, list[dict[str, Any]]] = {}
    peers = [name for name in PEERS if _make(name)]
    for number in range(ROUNDS):
        for workers in WORKERS:
            for kind in CHOICES:
                name = f"{kind}, {workers} worker{'s' * (workers > 1)}"
                rows.setdefault(name, []).append(_ours(kind, workers))
        for name in peers:
            rows.setdefault(name, []).append(_peer(name))
        print(f"round {number + 1} of {ROUNDS}", flush=True)
    for name, found in rows.items():
        middle = {key: statistics.median(one[key] for one in found) for key in found[0]}
        print(
            f"{name:24} {middle['done']:6.0f} jobs/s, CPU {middle['cpu_us']:5.0f} us a job; alone"
            f" {middle['p50']:5.1f} ms median, {middle['p99']:5.1f} ms p99"
        )


def _ours(kind: str, workers: int) -> dict[str, Any]:
    return _told([sys.executable, "-m", "bench.one_set_up", kind, str(workers)], dict(os.environ))


def _peer(name: str) -> dict[str, Any]:
    server = RedisServer() if name == "celery" else PostgresServer(DURABLE)
    try:
        program = Path(__file__).parent / "peers" / f"{name}_jobs.py"
        environment = {"PATH": os.environ["PATH"], "SERVER_PID": str(server.process.pid)}
        return _told([str(PEERS_AT / name / "bin" / "python"), str(program), server.url()], environment)
    finally:
        server.stop()


def _told(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """What a program tells by the last line that it prints, JSON."""
    ran = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def _make(name: str) -> bool:
    """Make the environment of a peer. False: it can't be had here."""
    at = PEERS_AT / name
    if not (at / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", at], check=True)
    wanted = ["--quiet", "--disable-pip-version-check", *PEERS[name]]
    made = subprocess.run([at / "bin" / "python", "-m", "pip", "install", *wanted], stderr=subprocess.PIPE, text=True)
    if made.returncode:
        print(f"{name} can't be installed here, so its figures are missing: {made.stderr.strip()[-300:]}")
    return not made.returncode
