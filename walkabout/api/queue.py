"""APIs of the queue and its jobs: show, wait, cancel."""

from typing import Any

from walkabout import json_text
from walkabout.actions import jobs
from walkabout.actions.jobs import AlreadyEnded, NoSuchJob, QueuedJobs
from walkabout.actions.rights import sees_machine
from walkabout.api.answers import Answer, Refusal
from walkabout.api.dispatch import Call
from walkabout.api.refusals import Naming
from walkabout.api.registry import GENERAL, api
from walkabout.jids import BadJid, jid
from walkabout.jobs import run_log
from walkabout.jobs.losses import CANCELLED
from walkabout.jobs.queries import WholeJob
from walkabout.jobs.run_log import KeptLog
from walkabout.jobs.specs import HELD_UNTIL
from walkabout.jobs.states import FAILURE, RETRY, STARTED
from walkabout.jobs.waits import Waits
from walkabout.jobs.worker.names import WorkerNames
from walkabout.problems import Problem
from walkabout.sequences import progress
from walkabout.sequences.runs import KIND as SEQUENCE
from walkabout.setting_groups.queues import DEFAULT_QUEUE
from walkabout.times import iso

SHOWN_MOST = 2000  # characters of a value that the queue shows


@api(GENERAL, methods=("GET",))
def walker_queue_check(call: Call, task_id: str | None = None) -> Any:
    """The queue: what is scheduled, active and reserved, by worker; with `task_id` the state of one task.

    Of each part the first QUEUE_SHOWN tasks are listed. When there are more, `total` says how many each part has:
    {"scheduled": 0, "active": 2, "reserved": 25310}; it is there only then.
    """
    if task_id is None:
        return _queue_view(call, jobs.queue(call.service, call.master, within=call.within))
    with Naming("task_id", BadJid, NoSuchJob):
        job = jobs.check(call.service, call.master, task_id, within=call.within)
    return _job_view(call, job)


@api(GENERAL, methods=("GET",))
def walker_queue_wait(call: Call, task_id: str, timeout: float | None = None) -> Answer:
    """Wait for a task: the answer comes when it has ended, or after `timeout` seconds with its state then.

    `timeout` is at most WAIT_MAX_S, which is its default, too: 300, or 25 when DYNO is set.
    """
    if timeout is None:
        timeout = call.service.settings.wait_max_s
    if timeout < 0:
        raise Refusal(400, Problem("timeout", f"{timeout:g} is out of range; seconds, 0 or more"))
    with Naming("task_id", BadJid, NoSuchJob):
        job = jobs.wait(call.service, call.master, task_id, timeout, within=call.within, client=call.asked.client)
    return _job_view(call, job)


@api(GENERAL, conflicts=True)
def walker_queue_cancel(call: Call, task_id: str) -> Answer:
    """Cancel a task: one that waits never runs; one that runs is ended, and none of its changes are saved.

    A sequence with `finally` does that first: the answer is STARTED with "cancelling": true, and a second cancel ends it
    at once.
    """
    with Naming("task_id", BadJid, NoSuchJob, AlreadyEnded):
        job = jobs.cancel(call.service, call.master, task_id, within=call.within)
    return _job_view(call, job)


@api(GENERAL, methods=("GET",))
def job_log(call: Call, task_id: str) -> dict[str, Any]:
    """What a task has logged and printed so far: its last lines, and how many were dropped before them."""
    with Naming("task_id", BadJid, NoSuchJob):
        job = jobs.check(call.service, call.master, task_id, within=call.within)
    kept = run_log.kept(call.service.db, job.uid) or KeptLog((), 0)
    lines = [{"at": iso(line.at), "level": line.level, "text": line.text} for line in kept.lines]
    return {"lines": lines, "dropped": kept.dropped}


def _job_view(call: Call, job: WholeJob) -> Answer:
    # Put together as text: the result is JSON already, and may be large.
    parts = [f'"state":"{job.state}","status":"{job.state}"']
    if job.result is not None:
        parts.append(f'"result":{job.result}')
    if job.error is not None and job.state in (FAILURE, RETRY):
        parts.append(f'"error":{json_text.write(jobs.error_of(call.service, job))}')
        if job.kind == SEQUENCE:
            parts.append(f'"errors":{json_text.write(jobs.errors_of(call.service, job))}')
    if job.cancelling and not job.ended:
        parts.append('"cancelling":true')
    if job.progress is not None and job.state == STARTED:
        parts.append(f'"progress":{job.progress}')
    if job.kind == SEQUENCE:
        parts.append(f'"steps":{progress.records_text(call.service.db, job.uid)}')
    reason = job.reason if job.ended else Waits(call.service.consumers.alive()).special(job) or job.reason
    if reason and not reason.startswith(CANCELLED):
        parts.append(f'"reason":{json_text.write(reason)}')
    return Answer(200, text="{" + ",".join(parts) + "}")


def _queue_view(call: Call, queued: QueuedJobs) -> dict[str, Any]:
    consumers = call.service.consumers
    named = [consumer.name for consumer in consumers.alive()] or [f"huey@{consumers.host}"]
    names = WorkerNames(named, is_admin=sees_machine(call.master))
    alive, first = [names.of(name) for name in named], names.of(min(named))
    waits = Waits(consumers.alive())
    queue: dict[str, Any] = {}
    for part, found in queued.parts.items():
        workers: dict[str, list[dict[str, Any]]] = {worker: [] for worker in alive}
        for job in found:
            worker = names.of(job.worker) if part == "active" and job.worker else first
            workers.setdefault(worker, []).append(_listed_view(call, job, waits))
        queue[part] = workers
    if queued.totals is not None:
        queue["total"] = queued.totals
    return queue


def _listed_view(call: Call, job: WholeJob, waits: Waits) -> dict[str, Any]:
    kwargs = json_text.load(job.argument)
    kwargs.pop("request", None)
    if job.kind == SEQUENCE:
        kwargs = {name: _shorten(value) for name, value in kwargs.items()}
    if "nd" in kwargs:
        kwargs["nd"] = jid(kwargs["nd"])
    if "ctx" in kwargs:
        kwargs["ctx"] = {name: _shorten(value) for name, value in kwargs["ctx"].items()}
    listed: dict[str, Any] = {
        "id": job.uid,
        "name": job.name,
        "args": [],
        "kwargs": call.service.masker.masked(kwargs),
    }
    if job.state == STARTED:
        listed["time_start"] = iso(job.started_at) if job.started_at else None
        if sees_machine(call.master):
            listed["worker_pid"] = job.worker_pid
    # A run that is held waits for other runs, and for no time.
    eta = job.eta if job.wait_until == HELD_UNTIL else job.wait_until or job.eta
    if eta is not None:
        listed["eta"] = iso(eta)
    listed["priority"] = job.priority
    if job.queue != DEFAULT_QUEUE:
        listed["queue"] = job.queue
    if reason := waits.special(job):
        listed["reason"] = reason
    return listed


def _shorten(value: Any) -> Any:
    size = len(json_text.write(value))
    return value if size <= SHOWN_MOST else f"({size} characters of JSON)"
