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
    "description": Sentence("What it is for", main=True),
    "overlap": Sentence(
        "If the last run is not over",
        choices={
            "skip": "skip this one",
            "allow": "run both",
            "queue": "let this one wait",
            "replace": "end the older one",
        },
        main=True,
    ),
    "catch_up": Sentence(
        "After a pause of the service",
        choices={
            "once": "run once for all that was missed",
            "all": "run all that was missed, at most 100",
            "none": "run nothing that was missed",
        },
        main=True,
    ),
    "max_attempts": Sentence("If it fails, try", "times in all. With 1 the walker's own number counts.", main=True),
    "backoff": Sentence("Before the second try, wait", "seconds. It doubles each time."),
    "grace": Sentence("If it is later than", "seconds, do not run it. Empty: run it, however late."),
    "time_limit": Sentence("End a run after", "seconds. Empty: what the walker says, else JOB_LIMIT_S."),
    "jitter": Sentence("Run it up to", "seconds later than due, always by the same number."),
    "priority": Sentence("Among runs that wait, its priority is", "of -9 to 9. Larger ones go first."),
}
