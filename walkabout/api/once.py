"""Requests with an idempotency key: whatever happens to a request that queues a job, it queues the job once."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from walkabout.api.answers import Answer, Refusal
from walkabout.api.dispatch import Call
from walkabout.api.parameters import KEY_PARAM
from walkabout.api.refusals import Naming
from walkabout.database.connections import ConstraintRefused, Unavailable
from walkabout.jobs import queries
from walkabout.jobs.queries import WholeJob
from walkabout.jobs.request_keys import KeyedRequest, OtherRequest, StillRunning
from walkabout.jobs.states import STARTED
from walkabout.jobs.worker.names import is_web
from walkabout.people.masters import Master
from walkabout.problems import Problem
from walkabout.walking.files import File

KEY_MOST = 255  # characters of a key


def answer_once(
    call: Call, by: Master, key: str | None, work: Callable[[str], Answer], queued: Callable[[WholeJob], Answer]
) -> Answer:
    """The answer of `work(uid)`, which queues a job under this uid (empty: under any), in a master's name.

    With a key: as it was answered before, if it was. `queued(job)`: the answer to who asks for what is queued already.
    Raises Refusal, OtherRequest, StillRunning, and what `work` raises.
    """
    if key is None:
        return work("")
    if not 1 <= len(key) <= KEY_MOST:
        raise Refusal(400, Problem(KEY_PARAM, f"has {len(key)} characters; use 1 to {KEY_MOST}"))
    keys = call.service.request_keys
    with Naming(KEY_PARAM, OtherRequest, StillRunning):
        request = keys.begin(by.uid, call.api, key, _digest(call))
        if request.answer is not None:
            return Answer(request.status or 200, text=request.answer)
        if (job := queries.job(call.service.db, request.uid)) is not None:
            return queued(_checked(job))
        answer = _answer(call, request, work, queued)
    if answer.status < 500:
        keys.finish(request, answer.status, answer.as_text())
    return answer


def queued_answer(uid: str) -> Answer:
    """The answer to who has queued a job: its uid."""
    return Answer(200, {"is_queued": True, "result": uid})


def _answer(
    call: Call, request: KeyedRequest, work: Callable[[str], Answer], queued: Callable[[WholeJob], Answer]
) -> Answer:
    try:
        return work(request.uid)
    except ConstraintRefused:
        # Another request with this key was faster by a moment.
        job = queries.job(call.service.db, request.uid)
        if job is None:
            raise
        return queued(_checked(job))
    except Exception:
        try:
            call.service.request_keys.give_up(request)
        except Unavailable:
            pass  # the key is tied to this request then, which may be sent again
        raise


def _checked(job: WholeJob) -> WholeJob:
    """A job that was queued before. Raises StillRunning when a request runs it and will have the answer."""
    if job.state == STARTED and is_web(job.worker):
        raise StillRunning("belongs to a request that still runs its job; ask again when that is over")
    return job


def _digest(call: Call) -> str:
    """What stands for all that a request asks, but its key."""
    given = {name: value for name, value in call.given.items() if name != KEY_PARAM}
    loose = call.loose
    asked = [given, _files(call.asked.files), dict(loose.values), dict(loose.texts), _files(loose.files)]
    body = call.asked.seen.body if call.asked.seen is not None else b""
    text = json.dumps(asked, sort_keys=True, default=str)
    return hashlib.sha256(text.encode() + b"\0" + body).hexdigest()


def _files(files: Mapping[str, list[File]]) -> dict[str, Any]:
    return {
        name: [[file.name, file.type, hashlib.sha256(file.content).hexdigest()] for file in some]
        for name, some in files.items()
    }
