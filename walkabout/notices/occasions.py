"""The occasions on which somebody is told: the events by name, and what is known of one."""

from dataclasses import dataclass

FAILED, RECOVERED, MISSED, SKIPPING, LATE = "failed", "recovered", "missed", "skipping", "late"
LONG, ENDED = "long", "ended"
NO_WORKER, CLOCK, DISK = "no_worker", "clock", "disk"
EVENTS = {
    FAILED: "a run failed",
    RECOVERED: "it is well again",
    MISSED: "a due time got no run",
    SKIPPING: "due times have been skipped for a while",
    LATE: "it should have fired a while ago",
    LONG: "a run takes longer than usual",
    ENDED: "it has fired for the last time",
    NO_WORKER: "no worker is alive",
    CLOCK: "a clock is wrong",
    DISK: "a disk is nearly full",
}
"""The events that can be chosen, and what each tells."""
OF_INSTALLATION = (NO_WORKER, CLOCK, DISK)
"""Not about a task: for admins and the setting NOTIFY."""
USUAL = tuple(event for event in EVENTS if event not in (LONG, ENDED))
"""What is told when nothing else was chosen."""
SUCCEEDED = "succeeded"
"""Only pings are told of each run."""
TEST = "test"
POINTS = (RECOVERED, LONG, ENDED, SUCCEEDED, TEST)
"""These happen and are over; the others last until somebody or something ends them."""


@dataclass(frozen=True)
class Occasion:
    """Something to tell. `key`: names the state that it tells of, the same for as long as that lasts; `at`: UTC seconds.

    Of a task: its id, its name, its owner (a uid) and its tags; `run`: the uid of the run that shows it; `count`: how often
    in a row; `lasted_s`: how long it has gone on.
    """

    event: str
    key: str
    at: float
    why: str = ""
    task: int | None = None
    task_name: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    run: str | None = None
    count: int = 1
    lasted_s: float = 0.0

    @property
    def is_of_installation(self) -> bool:
        """Whether it is about the installation as a whole."""
        return self.event in OF_INSTALLATION
