"""What a message says: several notices for one target become one text, and one body of a webhook. Pure."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from walkabout.notices.occasions import (
    CLOCK,
    DISK,
    ENDED,
    FAILED,
    LATE,
    LONG,
    MISSED,
    NO_WORKER,
    RECOVERED,
    SKIPPING,
    SUCCEEDED,
    TEST,
)  # fmt: skip
from walkabout.times import iso

LISTED_MOST = 20  # notices that one message has in full
NAME_MOST = 80  # characters of a task's name in a subject
_WELL = (RECOVERED, SUCCEEDED, ENDED, TEST)
_TITLES = {
    RECOVERED: "{name} is well again",
    SUCCEEDED: "{name} succeeded",
    MISSED: "{name} missed a run",
    SKIPPING: "{name} keeps being skipped",
    LATE: "{name} is late",
    LONG: "{name} takes long",
    ENDED: "{name} has ended",
    NO_WORKER: "No worker is alive",
    CLOCK: "A clock is wrong",
    DISK: "A disk is nearly full",
    TEST: "A test of notices",
}


def title(event: str, task_name: str, count: int) -> str:
    """An event of a task in a line. `count`: how often in a row."""
    name = task_name if len(task_name) <= NAME_MOST else task_name[: NAME_MOST - 1] + "…"
    if event == RECOVERED and not name:
        return "The service is well again"
    if event == FAILED:
        return f"{name} failed" + (f" {count:,} times in a row" if count > 1 else "")
    return _TITLES[event].format(name=name)


@dataclass(frozen=True)
class Notice:
    """One thing to tell, as it is said. `at`: UTC seconds; `run`, `state`: of the run that shows it; `step`: its first failing
    step; `url`: where to look, empty without PUBLIC_URL; `count`: how often in a row."""

    uid: str
    event: str
    at: float
    task: int | None
    task_name: str
    run: str | None
    count: int
    why: str
    state: str = ""
    step: str = ""
    url: str = ""

    @property
    def title(self) -> str:
        """It in a line."""
        return title(self.event, self.task_name, self.count)

    @property
    def is_well(self) -> bool:
        """Whether it is good news, or none."""
        return self.event in _WELL

    def lines(self) -> list[str]:
        """All of it."""
        rest = (("", self.why), ("Step: ", self.step), ("Run: ", self.run or ""), ("", self.url))
        return [f"{self.title} ({iso(self.at)[:19]}Z)", *(f"  {word}{text}" for word, text in rest if text)]

    def as_json(self) -> dict[str, Any]:
        """It as a webhook gets it."""
        return {
            "id": self.uid,
            "event": self.event,
            "at": iso(self.at),
            "task": self.task_name or None,
            "task_id": self.task,
            "run": self.run,
            "state": self.state or None,
            "error": self.why or None,
            "step": self.step or None,
            "text": self.title,
            "url": self.url or None,
        }


@dataclass(frozen=True)
class Message:
    """What is sent under one id: one notice, or several."""

    id: str
    notices: tuple[Notice, ...]

    @property
    def title(self) -> str:
        """Its subject."""
        if len(self.notices) == 1:
            return self.notices[0].title
        events = Counter(notice.event for notice in self.notices)
        return f"{len(self.notices):,} notices: " + ", ".join(
            f"{count:,} {event.replace('_', ' ')}" for event, count in events.most_common()
        )

    @property
    def is_well(self) -> bool:
        """Whether its last notice is good news: what a ping says."""
        return self.notices[-1].is_well

    def text(self) -> str:
        """Its text."""
        listed = self.notices[:LISTED_MOST]
        more = len(self.notices) - len(listed)
        rest = [f"and {more:,} more"] if more else []
        return "\n\n".join(["\n".join(notice.lines()) for notice in listed] + rest)

    def as_json(self) -> dict[str, Any]:
        """The body of a webhook: the first notice with the message's id; all of them where there are several."""
        body = self.notices[0].as_json() | {"id": self.id}
        if len(self.notices) == 1:
            return body
        return body | {"text": self.text(), "notices": [notice.as_json() for notice in self.notices]}
