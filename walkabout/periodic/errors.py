"""The errors of periodic tasks: one for each reason to refuse a change, with its data and text."""

from collections.abc import Sequence

from walkabout.periodic.rules.wording import excerpt
from walkabout.problems import Problem


class NoSuchTask(LookupError):
    """There is no such task (any more). `given`: what was asked for, with the field that had it."""

    def __init__(self, given: str, why: str = "is no longer a scheduled task") -> None:
        self.given = given
        super().__init__(f"{given} {why}")


class NotRestorable(NoSuchTask):
    """The task was deleted too long ago, never, or is there."""

    def __init__(self, id: int) -> None:
        super().__init__(f"id: {id}", "is not a task that can be restored")


class TaskConflict(Exception):
    """What is asked contradicts how the tasks stand now; the classes below say in which way."""

    def __init__(self, path: str, message: str) -> None:
        self.problem = Problem(path, message)
        super().__init__(str(self.problem))


class NameTaken(TaskConflict):
    """Another task of the same owner has the name."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__("name", f"{excerpt(name)} is taken by another task of its owner; use another one")


class ManyOfName(TaskConflict):
    """Several people have a task of the name, and who asks is none of them. `ids`: of some of these tasks."""

    def __init__(self, name: str, ids: Sequence[int]) -> None:
        self.ids = ids
        super().__init__("name", f"{excerpt(name)} names several tasks; use one of the ids {', '.join(map(str, ids))}")


class EditedMeanwhile(TaskConflict):
    """Somebody edited the task after the revision that the editor has seen."""

    def __init__(self, seen: int, latest: int) -> None:
        self.seen = seen
        self.latest = latest
        super().__init__(
            "revision", f"{seen} is not the latest: the task was edited since, and is at revision {latest}"
        )


class TaskOver(TaskConflict):
    """The task will not fire any more, so there is nothing to disable."""

    def __init__(self, name: str, state: str) -> None:
        self.name = name
        self.state = state
        super().__init__("", f"{name} is already {state}; there is nothing to disable")


class Broken(TaskConflict):
    """A task's row holds what can't be read. An edit of the field puts it right."""

    def __init__(self, field: str, why: str) -> None:
        self.field = field
        self.why = why
        super().__init__(field, f"what is stored {why}; edit the task")
