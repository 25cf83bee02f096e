"""Idle service: from the POST with is_async to the waiter's answer, milliseconds."""

import random
import time

from bench.serving import percentile, serving, signed_in

SAMPLES = 100


def main() -> None:
    """100 samples with gaps of 0.2 to 1 s."""
    with serving() as house:
        wire = signed_in(house)
        taken = []
        for number in range(SAMPLES):
            time.sleep(random.uniform(0.2, 1.0))
            start = time.perf_counter()
            body = {"name": "echo", "ctx": {"value": number}, "is_async": True}
            task = wire.ask("POST", "/js/walker_run", body)["result"]
            answer = wire.ask("GET", f"/js/walker_queue_wait?task_id={task}")
            taken.append((time.perf_counter() - start) * 1000)
            assert answer["state"] == "SUCCESS"
    print(f"median {percentile(taken, 0.5):.1f} ms, p99 {percentile(taken, 0.99):.1f} ms, worst {max(taken):.1f} ms")
