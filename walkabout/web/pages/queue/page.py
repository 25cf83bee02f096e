"""The queue: what runs, what waits, whether the workers are alive, and the throughput."""

from dataclasses import dataclass
from typing import Any

from flask import Response

from walkabout.actions.rights import sees_machine
from walkabout.jobs import queries, queue_parts
from walkabout.jobs.queries import ListedJob
from walkabout.jobs.queue_parts import LOAD_MOST, QueueLoad
from walkabout.jobs.waits import Waits
from walkabout.jobs.worker.consumers import Consumer
from walkabout.jobs.worker.names import WorkerNames
from walkabout.service import Service
from walkabout.web.pages.banners import about_the_queue
from walkabout.web.pages.frame import live_page, live_part, pulse
from walkabout.web.pages.queue.flow import DAY, HOUR, Flow, Flows
from walkabout.web.pages.queue.flow_chart import flow_chart
from walkabout.web.pages.runs.rows import RunRow, row
from walkabout.web.pages.view import View, route
from walkabout.web.pages.words import Moment, State, count, moment
from walkabout.web.session import me

ALIVE = State("ok", "●", "alive")
STOPPING = State("warn", "◐", "stopping")
DEAD = State("bad", "✕", "no pulse")
COMING = State("wait", "○", "starting")


@dataclass(frozen=True)
class Worker:
    """A consumer as the page shows it."""

    name: str
    state: State
    workers: str
    pid: int
    pulse: Moment | None


@dataclass(frozen=True)
class QueueRow:
    """A queue as the page shows it. `workers`: how many living ones serve it, out of how many; `why`: why nobody takes its
    jobs."""

    name: str
    running: str
    waiting: str
    workers: str
    oldest: Moment | None
    why: str


@dataclass(frozen=True)
class Part:
    """One part of the queue. `more`: there are more than are shown."""

    title: str
    rows: list[RunRow]
    empty: str
    more: str


class QueueView(View):
    """The queue, live."""

    def __init__(self, service: Service) -> None:
        super().__init__(service)
        self.flows = Flows(service.db, service.clock)

    @route("/queue")
    def queue(self) -> Response:
        """The queue as it is now."""
        self.service.inline.look_after_lost()
        parts, seen, moving = self._parts()
        consumers = [one for one in self.service.consumers.all() if one.kind == "worker"]
        alive = {one.uid for one in self.service.consumers.alive()}
        names = WorkerNames([one.name for one in consumers], is_admin=sees_machine(me()))
        workers = [self._worker(one, names.of(one.name), one.uid in alive) for one in consumers]
        queues = self._queues()
        flows = [self.flows.flow(span, self.owner()) for span in (HOUR, DAY)]
        busy = self._busy(flows)
        banners = about_the_queue(self.service)
        states = [(worker.name, worker.state, worker.workers) for worker in workers]
        return live_page(
            "queue/page.html",
            "queue/_queue.html",
            "Queue",
            "queue",
            seen=(seen, states, queues, busy, flows, bool(banners)),
            moving=moving,
            values=lambda: {
                "parts": parts,
                "workers": workers,
                "queues": queues,
                "busy": busy,
                "alive": bool(alive),
                "banners": banners,
                "waits": any(part.rows for part in parts[1:]),
                "pictures": [flow_chart(flow) for flow in flows],
                "all_owners": me().is_superuser,
            },
        )

    @route("/pulse")
    def workers_pulse(self) -> Response:
        """The workers in the header."""
        now = pulse(self.service)
        return live_part("_pulse.html", seen=now, moving=False, values=lambda: {"pulse": now})

    def _parts(self) -> tuple[list[Part], list[Any], bool]:
        most = self.service.settings.page_rows // 2  # each of three lists
        waits = Waits(self.service.consumers.alive())
        parts, seen = [], []
        for part, empty in (
            ("active", "Nothing runs."),
            ("reserved", "Nothing waits for a free worker."),
            ("scheduled", "Nothing waits for its time."),
        ):
            found = queue_parts.queued(self.service.db, ListedJob, part, self.owner(), most + 1)
            more = self._more(part, most) if len(found) > most else ""
            rows = [row(run, self.now, waits.why(run)) for run in found[:most]]
            parts.append(Part(part.capitalize(), rows, empty, more))
            seen.append((found, more, [one.waits for one in rows]))
        return parts, seen, any(part.rows for part in parts[:2])

    def _busy(self, flows: list[Flow]) -> str:
        """How busy the workers are and were, in words. Somebody's own runs say nothing of that."""
        workers = sum(consumer.living for consumer in self.service.consumers.alive())
        if self.owner() is not None or not workers:
            return ""
        running = sum(load.running for load in queue_parts.loads(self.service.db, None))
        shares = (f"{self._share(flow, workers):.0%} of the time in the {flow.span.name}" for flow in flows)
        return f"Now {min(running, workers):,} of {count(workers, 'worker')} busy; {', '.join(shares)}."

    def _share(self, flow: Flow, workers: int) -> float:
        ran_s = flow.ran_s + queries.running_s(self.service.db, flow.start, self.now)
        return min(ran_s / (workers * flow.span.seconds), 1.0)

    def _queues(self) -> list[QueueRow]:
        alive = self.service.consumers.alive()
        waits = Waits(alive)
        # Those that a worker is for are shown, too, when they have nothing to do.
        served = {name for consumer in alive for group in consumer.groups for name in group.queues or ()}
        loads = {load.name: load for load in queue_parts.loads(self.service.db, self.owner())}
        names = [*loads, *sorted(served - set(loads))]
        return [self._queue_row(loads.get(name, QueueLoad(name, 0, 0, None)), waits) for name in names]

    def _queue_row(self, load: QueueLoad, waits: Waits) -> QueueRow:
        workers = sum(group.workers for consumer in waits.alive for group in consumer.groups if group.serves(load.name))
        return QueueRow(
            name=load.name,
            running=f"{load.running:,}",
            waiting=f"{load.waiting:,}" + ("+" if load.waiting >= LOAD_MOST else ""),
            workers=f"{workers:,}",
            oldest=moment(load.since, self.now),
            why=waits.no_worker_for(load.name) if load.waiting else "",
        )

    def _more(self, part: str, most: int) -> str:
        return f"The first {most} of {queue_parts.queued_in_all(self.service.db, part, self.owner()):,} are shown."

    def _worker(self, consumer: Consumer, name: str, alive: bool) -> Worker:
        state = ALIVE if alive else STOPPING if consumer.stopping else DEAD if consumer.pulse_at else COMING
        # A live one pulses every two seconds: when exactly is only of interest once it does so no more.
        pulsed = moment(consumer.pulse_at or None, self.now) if state is DEAD else None
        return Worker(name, state, count(consumer.workers, "process", "processes"), consumer.process.pid, pulsed)
