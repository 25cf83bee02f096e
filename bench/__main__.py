"""Run all benches, or those that are named: `python -m bench latency throughput`; some only by their names (ON_REQUEST).

`--database postgres` (or `redis`: PostgreSQL with Redis beside it): on which set-up; SQLite by default.
"""

import argparse
import sys

from bench import (
    cost,
    foreground,
    hot_node,
    idle,
    kills,
    latency,
    leftovers,
    memory,
    pages,
    schedules,
    sequence_jobs,
    side_by_side,
    slow_bodies,
    throughput,
    waiting,
    walk,
)
from bench.serving import DURABLE
from tests.support.databases import CHOICES, DATABASES, SQLITE

BENCHES = {
    "walk": walk.main,
    "latency": latency.main,
    "throughput": throughput.main,
    "waiting": waiting.main,
    "foreground": foreground.main,
    "schedules": schedules.main,
    "pages": pages.main,
    "sequences": sequence_jobs.main,
    "memory": memory.main,
    "cost": cost.main,
    "idle": idle.main,
    "leftovers": leftovers.main,
    "hot_node": hot_node.main,
    "slow_bodies": slow_bodies.main,
}
ON_REQUEST = {"schedules-long": schedules.long, "kills": kills.main, "side-by-side": side_by_side.main}


def main(arguments: list[str]) -> int:
    """Run the benches of these names (all when there is none); 2 when a name is unknown."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--database", choices=CHOICES, default=SQLITE)
    parser.add_argument("names", nargs="*")
    given = parser.parse_args(arguments)
    known = BENCHES | ON_REQUEST
    unknown = [name for name in given.names if name not in known]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(known)}")
        return 2
    DATABASES.choose(given.database, DURABLE)
    try:
        for name in given.names or BENCHES:
            print(f"\n== {name}: {(sys.modules[known[name].__module__].__doc__ or '').splitlines()[0]}", flush=True)
            known[name]()
    finally:
        DATABASES.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
