"""What tasks of Celery are here: their words for a crontab, what they run, and what was for a broker."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from walkabout.jids import jid
from walkabout.periodic.periodic_task import FULL_NAMES, SEQUENCE, WALKER, task_kind
from walkabout.periodic.policies import LONGEST_S
from walkabout.periodic.rules.kinds.crontab_fields import DAY_OF_WEEK, FIELDS, CronField
from walkabout.periodic.rules.wording import excerpt
from walkabout.problems import Invalid, refuse

_FOR_THE_BROKER = ("queue", "exchange", "routing_key", "headers")
_NO_HEADERS: tuple[object, ...] = (None, "", "{}", {})
_BROKER_PRIORITIES = range(10)  # of RabbitMQ: 0 to 9, larger ones first


@dataclass(frozen=True)
class CelerySource:
    """How tasks of Celery are to be read.

    `asker`: the uid of whom they will belong to where they name nobody; `timezone`: of times and schedules that name
    none, None when nobody has said it; `now`: UTC seconds; `is_walker`: whether a walker of this name is here.
    """

    asker: str | None = None
    timezone: str | None = None
    now: float = 0.0
    is_walker: Callable[[str], bool] = field(default=lambda _: False)


@dataclass(frozen=True)
class CeleryTask:
    """What a task of Celery runs here: `kind` and `argument`; `remarks`: what is otherwise than there."""

    kind: str
    argument: dict[str, Any]
    remarks: tuple[str, ...] = ()


def read_task(task: object, args: object, kwargs: object, source: CelerySource) -> CeleryTask:
    """What a task runs: one of our two kinds, or else the walker that is called as the task's function.

    Raises Invalid: `task`, `args`, `kwargs`.
    """
    if args:
        raise refuse("args", f"{excerpt(args)}: a task here takes its argument by name, in kwargs")
    if not isinstance(kwargs, dict):
        raise refuse("kwargs", f"{excerpt(kwargs)} is not an object")
    function = task.rsplit(".", 1)[-1] if isinstance(task, str) else ""
    is_ours = isinstance(task, str) and task.removeprefix(FULL_NAMES) in (WALKER, SEQUENCE)
    if is_ours or not source.is_walker(function):
        return CeleryTask(_kind(task), kwargs)
    argument: dict[str, Any] = {"name": function, "ctx": kwargs}
    if source.asker is not None:
        argument["mst"] = jid(source.asker)
    return CeleryTask(WALKER, argument, (f"task: {excerpt(task)} becomes the walker {function}",))


def _kind(task: object) -> str:
    try:
        return task_kind(task)
    except Invalid as refused:
        (problem,) = refused.problems
        raise refuse(problem.path, f"{problem.message}; a walker that is called as the task is taken, too") from None


def read_policies_of(options: Mapping[str, Any], expires: str) -> tuple[dict[str, Any], list[str]]:
    """The policies that a task's options say, and what is told of the others. `expires`: how its lifetime is called."""
    policies: dict[str, Any] = {}
    remarks = [
        f"{name}: {excerpt(options[name])} is for a broker and is ignored"
        for name in _FOR_THE_BROKER
        if options.get(name) not in _NO_HEADERS
    ]
    seconds = options.get(expires)
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 1 <= seconds <= LONGEST_S:
        policies["grace"] = seconds
        remarks.append(f"{expires}: becomes a grace of {seconds:g} s, beyond which a fire is missed")
    elif seconds is not None:
        remarks.append(f"{expires}: {excerpt(seconds)} is no number of seconds for a grace (1 or more) and is ignored")
    priority = options.get("priority")
    if priority in _BROKER_PRIORITIES and not isinstance(priority, bool):
        policies["priority"] = priority
    elif priority is not None:
        remarks.append(f"priority: {excerpt(priority)} has no equivalent here (-9 to 9) and is ignored")
    return policies, remarks


def read_crontab_fields(given: Mapping[str, object]) -> dict[str, Any]:
    """The fields of Celery's crontab as ours: lists are joined, days have their short names, ranges do not wrap."""
    return {field.name: _field(field, given[field.name]) for field in FIELDS if given.get(field.name) is not None}


def _field(field: CronField, value: object) -> object:
    if isinstance(value, Iterable) and not isinstance(value, str | Mapping):
        items: list[object] = list(value)
        texts = [str(item) for item in (sorted(items, key=str) if isinstance(value, set | frozenset) else items)]
        return ",".join(_item(field, text) for text in texts)
    if isinstance(value, str) and value.strip():
        return ",".join(_item(field, item.strip()) for item in value.split(","))
    return value


def _item(field: CronField, item: str) -> str:
    """One item of a field's list. A range that runs backwards goes over the end, as Celery reads it."""
    range_text, slash, step = item.partition("/")
    ends = [_word(field, word) for word in range_text.split("-")]
    numbers = [field.number(end) for end in ends]
    if len(ends) != 2 or None in numbers or numbers[0] <= numbers[1] or (slash and not step.isdigit()):  # type: ignore[operator]
        return "-".join(ends) + slash + step
    low, high = int(numbers[0] or 0), int(numbers[1] or 0)
    most = 6 if field is DAY_OF_WEEK else field.most
    around = [*range(low, most + 1), *range(field.least, high + 1)]
    return ",".join(map(str, around[:: max(int(step), 1) if step else 1]))


def _word(field: CronField, word: str) -> str:
    return word[:3] if field.names and word.isalpha() and len(word) > 3 else word
