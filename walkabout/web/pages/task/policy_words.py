"""A task's policies as sentences, each with one blank to fill in."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sentence:
    """What stands before and behind the blank, and what its choices are called. `main`: seen at first glance."""

    before: str
    after: str = ""
    choices: dict[str, str] = field(default_factory=dict)
    main: bool = False


SENTENCES = {
    "description": Sentence("Description", main=True),
    "overlap": Sentence(
        "If the previous run is not over",
        choices={
            "skip": "skip this one",
            "allow": "run both",
            "queue": "let this one wait",
            "replace": "cancel the older one",
        },
        main=True,
    ),
    "catch_up": Sentence(
        "After downtime",
        choices={
            "once": "run once for all missed runs",
            "all": "run each missed run, at most 100",
            "none": "run none of the missed runs",
        },
        main=True,
    ),
    "max_attempts": Sentence("If it fails, try", "times in all. With 1, the walker's own number applies.", main=True),
    "backoff": Sentence("Before the second try, wait", "seconds, doubled after each further try."),
    "grace": Sentence("If a fire is later than", "seconds, do not run it. Empty: run it however late."),
    "time_limit": Sentence("End a run after", "seconds. Empty: the walker's own limit, else JOB_LIMIT_S."),
    "jitter": Sentence("Delay each fire by up to", "seconds; each task's delay stays the same."),
    "priority": Sentence("Its priority in the queue is", "from -9 to 9. Larger numbers go first."),
}
