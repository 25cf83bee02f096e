"""Decides what a tick does with a due task: a pure function on plain data, before anything is written."""

from dataclasses import dataclass, replace
from datetime import datetime

from walkabout.jobs.specs import JobSpec
from walkabout.jobs.template import CannotRun, JobTemplate
from walkabout.periodic.due_times import FirePlan, plan_fires
from walkabout.periodic.periodic_task import ACTIVE, DISABLED, FINISHED, PeriodicTask, how_it_ends, moment
from walkabout.periodic.rules.schedule import Schedule


@dataclass(frozen=True)
class Afterwards:
    """What a task is once its due times are dealt with. `due_at`: the next one (UTC seconds), while it is active."""

    state: str
    note: str = ""
    due_at: float | None = None


@dataclass(frozen=True)
class Decision:
    """What the tick of a second (UTC) makes of a task.

    `plan`: which due times get a run, and which do not and why; `spec`: the run, None when there is none; `kind`: of its
    jobs; `rule`: the task's schedule, parsed once for all steps of the tick.
    """

    task: PeriodicTask
    second: int
    rule: Schedule
    kind: str
    plan: FirePlan
    spec: JobSpec | None
    after: Afterwards


def decide(task: PeriodicTask, second: int, template: JobTemplate) -> Decision:
    """What becomes of a task's due times up to a second (UTC), and of the task.

    Writes nothing; `template` looks up whether its owner may run it, and what its argument names. Raises what reading a
    broken row raises.
    """
    assert task.next_run_at is not None
    rule = task.rule()
    until = moment(second - task.offset_s)
    plan = plan_fires(rule, task.policies, moment(task.next_run_at), until)
    why = template.why_not_for(task.owner)
    if why:
        return Decision(
            task=task,
            second=second,
            rule=rule,
            kind=template.kind,
            plan=plan.without_runs(why),
            spec=None,
            after=Afterwards(DISABLED, why),
        )
    spec = None
    if plan.runs:
        try:
            spec = apply_policies(template.spec(task.owner, task.name, task.argument_object()), task)
        except CannotRun as error:
            plan = plan.without_runs(str(error))
    return Decision(
        task=task, second=second, rule=rule, kind=template.kind, plan=plan, spec=spec, after=_afterwards(rule, until)
    )


def apply_policies(spec: JobSpec, task: PeriodicTask) -> JobSpec:
    """A run by the policies of its task: they count where they say something, else what the walker says of itself."""
    policies = task.policies
    spec = replace(spec, priority=policies.priority, schedule=task.id, task_name=task.name)
    if policies.queue:
        spec = replace(spec, queue=policies.queue)
    if policies.time_limit is not None:
        spec = replace(spec, limit_s=policies.time_limit)
    if policies.max_attempts > 1:
        spec = replace(spec, max_attempts=policies.max_attempts, backoff_s=policies.backoff)
    return spec


def _afterwards(rule: Schedule, until: datetime) -> Afterwards:
    """What a task with this rule is, once its due times up to a moment are dealt with."""
    if rule.one_off:
        return Afterwards(FINISHED)
    following = rule.next_after(until)
    if following is None:
        return Afterwards(how_it_ends(rule, until.timestamp()))
    return Afterwards(ACTIVE, due_at=following.timestamp())
