"""APIs of the queue and its jobs: show, wait, cancel."""

import time
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from walkabout import json_text
from walkabout.api.answers import Answer, Refusal
from walkabout.api.dispatch import Call
from walkabout.api.registry import GENERAL, api
from walkabout.jids import BadJid, jid, uid_of
from walkabout.jobs import reading
from walkabout.jobs.losses import CANCELLED
from walkabout.jobs.reading import JobState
from walkabout.jobs.specs import HELD_UNTIL
from walkabout.jobs.states import FAILURE, RETRY, REVOKED, STARTED
from walkabout.jobs.waiting import WaitHalted
from walkabout.jobs.worker.names import WorkerNames
from walkabout.jobs.worker.wake_ups import SUPERVISOR, WEB
from walkabout.problems import Problem
from walkabout.sequences import progress
from walkabout.sequences.runs import KIND as SEQUENCE
from walkabout.times import iso

SHOWN_MOST = 2000  # characters of a value that the queue shows
CANCEL_WAIT_S = 3.0  # a run that is cancelled is over within a second; a loaded machine may be late
CANCEL_HERE_S = 0.8  # so long a run in a thread of this process has to end; a thread can't be killed


@api(GENERAL, methods=("GET",))
def walker_queue_check(call: Call, task_id: str | None = None) -> Any:
    """The queue: what is scheduled, active and reserved, by worker; with `task_id` the state of one task.

    Of each part the first QUEUE_SHOWN tasks are listed. When there are more, `total` says how many each part has:
    {"scheduled": 0, "active": 2, "reserved": 25310}; it is there only then.
    """
    _look_after_lost(call)
    if task_id is None:
        return _queue(call)
    return _shown(call, task_of(call, task_id))


@api(GENERAL, methods=("GET",))
def walker_queue_wait(call: Call, task_id: str, timeout: float = 25.0) -> Answer:
    """The task as soon as it has ended, or as it is after `timeout` seconds."""
    if timeout < 0:
        raise Refusal(400, Problem("timeout", f"{timeout:g} is out of range; seconds, 0 or more"))
    _look_after_lost(call)
    task = task_of(call, task_id)
    seconds = min(timeout, call.service.settings.wait_max_s)
    if call.within is not None and call.within.left_s is not None:
        seconds = min(seconds, call.within.left_s)
    ends_at = time.monotonic() + seconds
    if not task.ended:
        # A step of a sequence holds no thread of the server.
        with call.service.places.waits.held(call.master.uid) if call.within is None else nullcontext():
            call.service.watcher.wait(task.uid, seconds, call.asked.client)
        task = task_of(call, task_id)
    left_s = ends_at - time.monotonic()
    if call.within is not None and call.service.stopping.told and not task.ended and left_s > 0:
        raise WaitHalted(left_s)
    return _shown(call, task)


@api(GENERAL, conflicts=True)
def walker_queue_cancel(call: Call, task_id: str) -> Answer:
    """Cancel a task: one that waits never runs; one that runs is ended, and nothing of it is kept."""
    _look_after_lost(call)
    task = task_of(call, task_id)
    if task.ended:
        raise _ended_already(task)
    service = call.service
    if service.ledger.revoke_waiting(task.uid, CANCELLED):
        service.db.after_commit(lambda: service.bells.ring(WEB))
        # Said without another look: from here on nothing may end in an error, it is cancelled.
        return _shown(call, replace(task, state=REVOKED, reason=CANCELLED))
    if call.within is not None:
        # A step of a sequence commits only when it has its answer: nobody sees the wish before.
        _end(call, task, wait=False)
    else:
        # Held before it acts: whoever gets no place is refused while nothing is done yet.
        with service.places.cancels.held(call.master.uid):
            _end(call, task, wait=True)
    task = task_of(call, task_id)
    if task.ended and task.state != REVOKED:
        raise _ended_already(task)
    return _shown(call, task)


def _end(call: Call, task: JobState, *, wait: bool) -> None:
    service = call.service
    if not service.ledger.ask_cancel(task.uid):
        return
    is_here = service.inline.cancel(task.uid)
    service.db.after_commit(lambda: service.bells.ring(SUPERVISOR))
    if wait:
        service.watcher.wait(task.uid, CANCEL_HERE_S if is_here else CANCEL_WAIT_S)
    if is_here:
        service.inline.give_up(task.uid)


def _look_after_lost(call: Call) -> None:
    # A step of a sequence changes nothing but what it is about.
    if call.within is None:
        call.service.inline.look_after_lost()


def _ended_already(task: JobState) -> Refusal:
    return Refusal(409, Problem("task_id", f"the task has ended already: {task.state}"))


def task_of(call: Call, task_id: str, field: str = "task_id") -> JobState:
    """The task of the caller (of anybody, for an admin) that a parameter names. Raises Refusal."""
    try:
        uid = uid_of(task_id)
    except BadJid as error:
        raise Refusal(400, Problem(field, str(error))) from None
    task = reading.task(call.service.db, uid) if uid else None
    if task is None or not (call.master.is_superuser or task.owner == call.master.uid):
        raise Refusal(404, Problem(field, f'"{task_id[:80]}" is no task of yours'))
    return task


def _shown(call: Call, task: JobState) -> Answer:
    # Put together as text: the result is JSON already, and may be large.
    parts = [f'"state":"{task.state}","status":"{task.state}"']
    if task.result is not None:
        parts.append(f'"result":{task.result}')
    if task.error is not None and task.state in (FAILURE, RETRY):
        parts.append(f'"error":{_error(call, task, task.error)}')
    if task.progress is not None and task.state == STARTED:
        parts.append(f'"progress":{task.progress}')
    if task.kind == SEQUENCE:
        parts.append(f'"steps":{progress.shown(call.service.db, task.uid)}')
    if task.reason not in (None, CANCELLED):
        parts.append(f'"reason":{json_text.write(task.reason)}')
    return Answer(200, text="{" + ",".join(parts) + "}")


def _error(call: Call, task: JobState, error: str) -> str:
    said = json_text.load(error)
    if task.kind != SEQUENCE or "path" in said:
        return error
    # It was ended from outside: where it was, its records tell.
    return json_text.write({**said, "path": progress.last_path(call.service.db, task.uid)})


def _queue(call: Call) -> dict[str, Any]:
    service = call.service
    owner = None if call.master.is_superuser else call.master.uid
    named = [consumer.name for consumer in service.consumers.alive()] or [f"huey@{service.consumers.host}"]
    names = WorkerNames(named, is_admin=call.master.is_superuser)
    alive, first = [names.of(name) for name in named], names.of(min(named))
    most = service.settings.queue_shown
    queue: dict[str, Any] = {}
    is_cut = False
    for part in ("scheduled", "active", "reserved"):
        found = reading.queued(service.db, part, owner, most + 1)
        is_cut = is_cut or len(found) > most
        workers: dict[str, list[dict[str, Any]]] = {worker: [] for worker in alive}
        for task in found[:most]:
            worker = names.of(task.worker) if part == "active" and task.worker else first
            workers.setdefault(worker, []).append(_listed(call, task))
        queue[part] = workers
    if is_cut:
        queue["total"] = {part: reading.queued_in_all(service.db, part, owner) for part in tuple(queue)}
    return queue


def _cut(value: Any) -> Any:
    size = len(json_text.write(value))
    return value if size <= SHOWN_MOST else f"({size} characters of JSON)"


def _listed(call: Call, task: JobState) -> dict[str, Any]:
    kwargs = json_text.load(task.argument)
    kwargs.pop("request", None)
    if task.kind == SEQUENCE:
        kwargs = {name: _cut(value) for name, value in kwargs.items()}
    if "nd" in kwargs:
        kwargs["nd"] = jid(kwargs["nd"])
    if "ctx" in kwargs:
        kwargs["ctx"] = {name: _cut(value) for name, value in kwargs["ctx"].items()}
    listed: dict[str, Any] = {
        "id": task.uid,
        "name": task.name,
        "args": [],
        "kwargs": call.service.masker.masked(kwargs),
    }
    if task.state == STARTED:
        listed["time_start"] = iso(task.started_at) if task.started_at else None
        if call.master.is_superuser:
            listed["worker_pid"] = task.worker_pid
    # A run that is held waits for other runs, and for no time.
    eta = task.eta if task.wait_until == HELD_UNTIL else task.wait_until or task.eta
    if eta is not None:
        listed["eta"] = iso(eta)
    listed["priority"] = task.priority
    return listed
