"""Problems: what is wrong with an input, and where. Raised between rooms, turned into text at the edge."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `path`: where, as who wrote it would say it (`requests[1].api`), empty for all of it;
    `message`: what was given and what would be right. `is_missing`: nothing was given there, and something has to be;
    then the message goes on behind the path like a sentence (`is required: int`).
    """

    path: str
    message: str
    is_missing: bool = False

    def __str__(self) -> str:
        if not self.path:
            return self.message
        return f"{self.path}{' ' if self.is_missing else ': '}{self.message}"

    def within(self, path: str) -> Self:
        """The same problem in something larger: `minute` within `schedule.conf` is at `schedule.conf.minute`."""
        if not path or not self.path:
            return replace(self, path=path or self.path)
        return replace(self, path=f"{path}{'' if self.path.startswith('[') else '.'}{self.path}")

    def beneath(self, path: str) -> Self | None:
        """The same problem as one of what stands at `path`, the other way round; None when it stands elsewhere."""
        if self.path == path:
            return replace(self, path="")
        rest = self.path.removeprefix(path) if self.path.startswith(path) else ""
        return replace(self, path=rest.removeprefix(".")) if rest[:1] in (".", "[") and rest else None


class Invalid(ValueError):
    """What was given can't be accepted. `problems` says why, one or more of them; its text is all of theirs."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(map(str, self.problems)))

    @property
    def errors(self) -> list[str]:
        """One line for each problem, as an answer carries them."""
        return [str(problem) for problem in self.problems]

    def within(self, path: str) -> Self:
        """The same problems in something larger."""
        return type(self)([problem.within(path) for problem in self.problems])


def refuse(path: str, message: str) -> Invalid:
    """What to raise because of a single thing that is wrong."""
    return Invalid([Problem(path, message)])


@contextmanager
def within(path: str) -> Iterator[None]:
    """What is found to be wrong in here stands below `path`. Raises Invalid."""
    try:
        yield
    except Invalid as invalid:
        raise invalid.within(path) from None


@contextmanager
def gather(problems: list[Problem], path: str = "") -> Iterator[None]:
    """What is found to be wrong in here is added to the list, below `path`, so that one answer can name all of it."""
    try:
        yield
    except Invalid as invalid:
        problems.extend(problem.within(path) for problem in invalid.problems)
