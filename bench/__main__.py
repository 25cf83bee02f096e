"""Run all benches, or those that are named: `python -m bench latency throughput`."""

import sys

from bench import foreground, idle, latency, memory, throughput, waiting, walk

BENCHES = {
    "walk": walk.main,
    "latency": latency.main,
    "throughput": throughput.main,
    "waiting": waiting.main,
    "foreground": foreground.main,
    "memory": memory.main,
    "idle": idle.main,
}


def main(names: list[str]) -> int:
    """Run the benches of these names (all when there is none); 2 when a name is unknown."""
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(BENCHES)}")
        return 2
    for name in names or BENCHES:
        print(f"\n== {name}: {(sys.modules[BENCHES[name].__module__].__doc__ or '').splitlines()[0]}", flush=True)
        BENCHES[name]()
    return 0


sys.exit(main(sys.argv[1:]))
