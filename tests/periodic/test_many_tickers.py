"""Several consumers tick side by side: each due time still has exactly one run."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.support.clock import Clock
from tests.support.schedule_harness import ScheduleHarness, every
from walkabout.service import Service, build


def test_each_due_time_has_one_run_however_many_tick(harness: ScheduleHarness, service: Service, clock: Clock) -> None:
    tasks = [harness.add(every(1), f"task {number}", overlap="allow") for number in range(20)]
    tickers = [build(service.settings, clock=clock) for _ in range(3)]
    together = Barrier(3)

    def run(ticker: Service) -> None:
        for second in range(1, 6):
            together.wait()
            ticker.firing.tick(harness.clock.now + second)
            together.wait()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(run, tickers))
    for ticker in tickers:
        ticker.close()
    fires = Counter((task, row.scheduled_for) for task in tasks for row in harness.rows(task))
    assert len(fires) == 100
    assert set(fires.values()) == {1}
    assert all(harness.task(task).total_run_count == 5 for task in tasks)
