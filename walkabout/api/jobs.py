"""APIs of runs as a list: find them, run many again, and cancel many."""

from typing import Any

from walkabout import json_text
from walkabout.actions import many_runs, run_lists
from walkabout.actions.run_lists import RunQuestion
from walkabout.api.answers import Answer
from walkabout.api.dispatch import Call
from walkabout.api.once import answer_once
from walkabout.api.registry import GENERAL, api
from walkabout.api.schedule_views import job_view
from walkabout.jobs.queries import WholeJob
from walkabout.problems import refuse
from walkabout.sequences.bulk_runs import AGAIN, CANCEL, RESUME

_HOW = {"start": AGAIN, "resume": RESUME}


@api(GENERAL)
def jobs_list(
    call: Call,
    task: str = "",
    walker: str = "",
    tag: str = "",
    state: str = "",
    since: str = "",
    until: str = "",
    min_s: float = 0.0,
    order: str = "-queued",
    limit: int = 50,
    after: str = "",
) -> dict[str, Any]:
    """The runs that fit, the newest first, or with `order` `-length` the longest. `task`: a name or an id; `min_s`: that
    took longer; `next` is the `after` of the page behind."""
    question = RunQuestion(task=task, walker=walker, tag=tag, state=state, since=since, until=until, min_s=min_s)
    found, following = run_lists.page(call.service, call.master, question, order, limit, after)
    return {"data": [job_view(run) for run in found], "next": following}


@api(GENERAL)
def jobs_again(
    call: Call,
    ids: list[str] | None = None,
    task: str = "",
    walker: str = "",
    tag: str = "",
    state: str = "",
    since: str = "",
    until: str = "",
    min_s: float = 0.0,
    how: str = "start",
    idempotency_key: str | None = None,
) -> Answer:
    """Run the runs that fit, or those of `ids`, again: from the start, or with `how` `resume` sequences from where they
    failed. Many are one job, `task_id`, which tells its progress."""
    if how not in _HOW:
        raise refuse("how", f"“{how[:40]}” is unknown; use start or resume")
    return _change(
        call,
        _HOW[how],
        ids,
        RunQuestion(task=task, walker=walker, tag=tag, state=state, since=since, until=until, min_s=min_s),
        idempotency_key,
    )


@api(GENERAL)
def jobs_cancel(
    call: Call,
    ids: list[str] | None = None,
    task: str = "",
    walker: str = "",
    tag: str = "",
    state: str = "",
    since: str = "",
    until: str = "",
    min_s: float = 0.0,
    idempotency_key: str | None = None,
) -> Answer:
    """Cancel the runs that fit, or those of `ids`: waiting ones never run, running ones are ended."""
    return _change(
        call,
        CANCEL,
        ids,
        RunQuestion(task=task, walker=walker, tag=tag, state=state, since=since, until=until, min_s=min_s),
        idempotency_key,
    )


def _change(call: Call, what: str, ids: list[str] | None, question: RunQuestion, key: str | None) -> Answer:
    if ids is None and question.is_empty:
        raise refuse("ids", "missing; use ids, or a filter such as state or task")

    def work(uid: str) -> Answer:
        which = ids if ids is not None else run_lists.read_filter(call.service, call.master, question)
        uids = many_runs.chosen(call.service, call.master, what, which)
        done = many_runs.change(call.service, call.master, what, uids, uid)
        return Answer(200, {"count": done.count, "task_id": done.task_id or None})

    def queued(job: WholeJob) -> Answer:
        return Answer(200, {"count": len(json_text.load(job.argument)["runs"]), "task_id": job.uid})

    return answer_once(call, call.master, key, work, queued)
