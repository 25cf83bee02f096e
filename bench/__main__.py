"""Run all benches, or those that are named: `python -m bench latency throughput`; some only by their names (ON_REQUEST)."""

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
    slow_bodies,
    throughput,
    waiting,
    walk,
)

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
ON_REQUEST = {"schedules-long": schedules.long, "kills": kills.main}


def main(names: list[str]) -> int:
    """Run the benches of these names (all when there is none); 2 when a name is unknown."""
    known = BENCHES | ON_REQUEST
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(known)}")
        return 2
    for name in names or BENCHES:
        print(f"\n== {name}: {(sys.modules[known[name].__module__].__doc__ or '').splitlines()[0]}", flush=True)
        known[name]()
    return 0


sys.exit(main(sys.argv[1:]))
