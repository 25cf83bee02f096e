"""Memory of everything that `make run` started (sum of PSS), MiB, at the start and after 200 jobs."""

from pathlib import Path

from bench.serving import serving, signed_in
from tests.support.house import House, command


def main() -> None:
    """At the start and after 200 jobs, by process."""
    with serving() as house:
        print(f"at the start: {total_mb(house):.1f}")
        admin = signed_in(house)
        for number in range(200):
            body = {"name": "echo", "ctx": {"value": number}, "is_async": True}
            task = admin.ask("POST", "/js/walker_run", body)["result"]
            admin.ask("GET", f"/js/walker_queue_wait?task_id={task}")
        for pid in house.processes():
            print(f"  {_pss(pid):5.1f}  {command(pid)[:70]}")
        print(f"after 200 jobs: {total_mb(house):.1f}")


def total_mb(house: House) -> float:
    """What all processes of a service hold, MiB."""
    return sum(_pss(pid) for pid in house.processes())


def _pss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0
