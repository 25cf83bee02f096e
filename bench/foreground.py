"""A CPU-bound walker in the foreground: how soon other requests are answered meanwhile, milliseconds."""

import threading
import time
from pathlib import Path

from bench.serving import Wire, percentile, serving, signed_in

TROUBLE = Path(__file__).parents[1] / "tests" / "walkers"
SECONDS = 4.0


def main() -> None:
    """With none, one and three of them."""
    with serving(WALKERS_DIR=f"walkers:{TROUBLE}") as house:
        admin = signed_in(house)
        for burning in (0, 1, 3):
            threads = [threading.Thread(target=_burn, args=(house.url, admin.token)) for _ in range(burning)]
            for thread in threads:
                thread.start()
            taken = _ask(admin, SECONDS - 1)
            for thread in threads:
                thread.join()
            print(
                f"{burning} burning: walker_run median {percentile(taken, 0.5):.1f} ms, p95 {percentile(taken, 0.95):.1f} ms,"
                f" worst {max(taken):.1f} ms"
            )


def _burn(url: str, token: str) -> None:
    Wire(url, token).ask("POST", "/js/walker_run", {"name": "burn", "ctx": {"seconds": SECONDS}})


def _ask(wire: Wire, seconds: float) -> list[float]:
    time.sleep(0.5)
    taken = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        wire.ask("POST", "/js/walker_run", {"name": "echo", "ctx": {"value": 1}})
        taken.append((time.perf_counter() - start) * 1000)
        time.sleep(0.01)
    return taken
