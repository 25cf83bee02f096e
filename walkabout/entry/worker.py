"""The worker process: Huey's consumer of `huey` runs jobs, and the supervisor's tick beside them."""

from typing import Any

from walkabout.api.families import ask
from walkabout.events import announce_readiness, set_up_logging
from walkabout.jobs.specs import Claim
from walkabout.jobs.worker.main_process import SupervisedConsumer
from walkabout.jobs.worker.queue import LedgerHuey, LedgerStorage, Parts, run_claim
from walkabout.jobs.worker.redis_queue import RedisLedgerStorage
from walkabout.service import build
from walkabout.settings import Settings
from walkabout.starting import start_or_exit


def worker(settings: Settings) -> LedgerHuey:
    """The queue with its one task, which runs a claimed job."""
    set_up_logging(settings.log_level, settings.log_format)
    service = build(settings, apis=ask)
    if settings.tells:
        announce_readiness(service.events)
    service.machine_clock.compare()

    def tick(now: float) -> float | None:
        # Here it is the supervisor's process, after the fork.
        service.courier.ensure_running()
        return service.firing.tick(now)

    def forget(before: float) -> int:
        return service.periodic_tasks.forget(before) + service.courier.watch.forget(before)

    parts = Parts(
        db=service.db,
        ledger=service.ledger,
        consumers=service.consumers,
        leases=service.leases,
        bells=service.bells,
        events=service.events,
        runner=service.runner,
        clock=service.clock,
        stopping=service.stopping,
        settings=settings,
        tick=tick,
        forget=forget,
        compare_clock=service.machine_clock.compare,
        carrier=service.carrier,
    )
    queue = LedgerHuey(parts, SupervisedConsumer, LedgerStorage if service.carrier is None else RedisLedgerStorage)
    service.sentinel.walkers()  # loaded before the fork, the workers share the memory

    def run_job(claim: Claim) -> Any:
        run_claim(queue, claim)

    run_job.__module__ = "tasks"
    queue.task(name="run_job")(run_job)
    return queue


huey = start_or_exit(worker)
