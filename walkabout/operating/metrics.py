"""The figures of the service, for Prometheus.

Those of jobs, periodic tasks and workers are read from the database: every web process of every machine tells the same,
and a job costs nothing more. Those of requests are this process's own. See https://prometheus.io/docs/practices/naming/.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from walkabout.database.connections import Database, Unavailable
from walkabout.jobs import sums
from walkabout.jobs.worker.consumers import Consumers
from walkabout.jobs.worker.machine_clock import MachineClock
from walkabout.operating.job_sums import LABELS, SUM, JobSums, Key
from walkabout.operating.requests import BUCKETS_S, RequestCounts
from walkabout.periodic import listing
from walkabout.periodic.condition import CONDITIONS
from walkabout.periodic.listing import TaskFilter
from walkabout.setting_groups.queues import DEFAULT_QUEUE
from walkabout.times import Clock

MOST = 10_000_000  # periodic tasks that are counted
_HISTOGRAMS = {
    "waited": (
        "walkabout_job_waiting_seconds",
        "From when a job could have been claimed until its first attempt began",
    ),
    "ran": ("walkabout_job_run_seconds", "From the start of a job's last attempt until its end"),
    "late": ("walkabout_schedule_lateness_seconds", "From the due time of a periodic task until its run began"),
}


@dataclass(frozen=True)
class Metrics(Collector):
    """Collects the figures of one installation, and of the requests that this process has answered."""

    db: Database
    clock: Clock
    consumers: Consumers
    machine_clock: MachineClock
    requests: RequestCounts
    version: str

    def text(self) -> bytes:
        """All figures in Prometheus' text format 0.0.4. A database that can't be asked is a figure, and no error."""
        return generate_latest(self)

    def collect(self) -> Iterator[Metric]:
        """The families of figures."""
        yield _gauge("walkabout_info", "The version that answers", ("version",), [((self.version,), 1)])
        yield from _requests(self.requests)
        try:
            known = [*self._jobs(), *self._ended(), *self._workers(), self._clocks(), *self._tasks()]
        except Unavailable:
            known = []
        yield _gauge("walkabout_database_up", "Whether the database can be asked", (), [((), 1 if known else 0)])
        yield from known

    def _jobs(self) -> Iterator[Metric]:
        number = [(labels, jobs) for *labels, jobs in sums.open_jobs(self.db)]
        yield _gauge("walkabout_jobs", "Jobs that are not over", ("state", "kind", "name", "queue"), number)
        ready = {DEFAULT_QUEUE: 0} | sums.ready(self.db)
        waiting = [((queue,), jobs) for queue, jobs in ready.items()]
        yield _gauge("walkabout_queue_length", "Jobs that wait for a free worker", ("queue",), waiting)
        since = sums.oldest_waiting(self.db)
        oldest_s = 0.0 if since is None else max(self.clock() - since, 0.0)
        what = "For how long the job that waits longest has waited for a free worker; 0: none waits"
        yield _gauge("walkabout_queue_oldest_seconds", what, (), [((), oldest_s)])

    def _ended(self) -> Iterator[Metric]:
        by_series: dict[str, dict[tuple[str, ...], dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
        known: dict[Key, float] = JobSums(self.db, self.clock).now()
        for (series, labels, bucket), amount in known.items():
            by_series[series][labels][bucket] = amount
        for series, name, what in (
            ("ended", "walkabout_jobs_ended", "Jobs that are over, by the state in which they ended"),
            ("takeovers", "walkabout_job_takeovers", "Runs that were taken over from a lost worker"),
        ):
            counter = CounterMetricFamily(name, what, labels=LABELS[series])
            for labels, amounts in by_series[series].items():
                counter.add_metric(labels, amounts[""])
            yield counter
        for series, (name, what) in _HISTOGRAMS.items():
            histogram = HistogramMetricFamily(name, what, labels=LABELS[series])
            for labels, amounts in by_series[series].items():
                _add(histogram, labels, _JOB_BOUNDS, [amounts.get(bound, 0) for bound in _JOB_BOUNDS], amounts[SUM])
            yield histogram

    def _workers(self) -> Iterator[Metric]:
        alive = self.consumers.alive()
        living = [((consumer.name,), consumer.living) for consumer in alive]
        yield _gauge("walkabout_workers", "Workers that are alive, of each consumer", ("consumer",), living)
        busy = sums.running(self.db)
        number = [((consumer.name,), busy.get(consumer.uid, 0)) for consumer in alive]
        yield _gauge("walkabout_workers_busy", "Jobs that each consumer's workers run", ("consumer",), number)

    def _clocks(self) -> Metric:
        off = [((one.machine,), one.off_s) for one in self.machine_clock.machines_off()]
        what = "By how much a machine's clock is ahead of the database's, of those that are off"
        return _gauge("walkabout_clock_off_seconds", what, ("machine",), off)

    def _tasks(self) -> Iterator[Metric]:
        now = self.clock()
        number = [((word,), listing.count(self.db, TaskFilter(condition=word, now=now), MOST)) for word in CONDITIONS]
        yield _gauge("walkabout_tasks", "Periodic tasks, by their condition", ("condition",), number)


def _names(bounds: Iterable[float]) -> tuple[str, ...]:
    return *map(repr, bounds), sums.MORE


_JOB_BOUNDS, _REQUEST_BOUNDS = _names(sums.BUCKETS_S), _names(BUCKETS_S)


def _gauge(name: str, what: str, labels: tuple[str, ...], values: Iterable[tuple[Sequence[str], float]]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=labels)
    for of, value in values:
        family.add_metric(of, value)
    return family


def _add(
    histogram: HistogramMetricFamily,
    labels: tuple[str, ...],
    bounds: Sequence[str],
    counts: Sequence[float],
    total: float,
) -> None:
    histogram.add_metric(labels, list(zip(bounds, accumulate(counts), strict=True)), total)


def _requests(counts: RequestCounts) -> Iterator[Metric]:
    answered = counts.all()
    total = CounterMetricFamily(
        "walkabout_requests", "Requests that this process has answered", labels=("route", "method", "status")
    )
    took = HistogramMetricFamily(
        "walkabout_request_seconds", "How long this process took to answer", labels=("route", "method")
    )
    for route, one in answered.items():
        for status, number in one.by_status.items():
            total.add_metric((*route, str(status)), number)
        _add(took, route, _REQUEST_BOUNDS, one.buckets, one.seconds)
    yield total
    yield took
