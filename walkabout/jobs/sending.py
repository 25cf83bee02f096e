"""Tells those who take runs, and those who see to their time, that there are some."""

from collections.abc import Sequence

from walkabout.jobs.carrier import Carrier
from walkabout.jobs.releases import Send
from walkabout.jobs.specs import QueuedJob
from walkabout.jobs.worker.wake_ups import SUPERVISOR, WORKER, Bells

RINGS_MOST = 20  # workers that are woken for many runs at once; whoever is at work looks for the next by itself


def sender(bells: Bells, carrier: Carrier | None) -> Send:
    """By Redis where there is one (`carrier`), else by the bells."""

    def send(jobs: Sequence[QueuedJob]) -> None:
        # Who waits for its time is the supervisor's; the others free workers take at once.
        ready = [job for job in jobs if not job.waits]
        if len(ready) < len(jobs):
            bells.ring(SUPERVISOR)
        if ready and (carrier is None or not carrier.send(ready)):
            for _ in ready[:RINGS_MOST]:
                bells.ring(WORKER)

    return send
