"""The table of limits that an operator may set, with defaults, and which environment variables may be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

MIB = 1024 * 1024


def _limit(default: float, doc: str) -> Any:
    return field(default=default, metadata={"doc": doc})


@dataclass(frozen=True, slots=True)
class SequenceLimits:
    """Every limit of a run. Each is more than 0; reaching one is an error that names it."""

    response_bytes: int = _limit(16 * MIB, "bytes of one response, decoded; more is that step's error")
    request_bytes: int = _limit(16 * MIB, "bytes of one step's resolved request; more is that step's error")
    persistence_bytes: int = _limit(16 * MIB, "bytes of the persistence as compact JSON")
    requests: int = _limit(10_000, "requests of a run, each try counted")
    items: int = _limit(100_000, "loop items of a run, all loops together")
    steps: int = _limit(250_000, "steps of a run, those of loops and blocks each time that they run")
    total_s: float = _limit(3600, "seconds of a run, from its first start")
    finally_s: float = _limit(10, "seconds of on_error, and as many again of finally")
    request_s: float = _limit(30, "seconds of a request whose step says no timeout, from connecting to the last byte")
    depth: int = _limit(100, "levels that data may be nested")
    parsed_values: int = _limit(500_000, "elements and attributes of an XML response, cells of a CSV one")
    references: int = _limit(50_000, "references of an argument: places with {{")
    nested: int = _limit(5, "sequences inside each other, by JAC")
    levels: int = _limit(64, "loops, blocks and sequences inside each other")
    blocks: int = _limit(10, "blocks inside each other")
    concurrency: int = _limit(32, "items of one loop at a time")
    threads: int = _limit(64, "threads of a run, all its loops together")
    regex_s: float = _limit(0.25, "seconds of one regex condition")
    expression_s: float = _limit(2, "seconds of CPU time of one expression")
    expression_evaluations: int = _limit(5_000_000, "evaluations of one expression: operators, calls, items")
    expression_bytes: int = _limit(128 * MIB, "bytes that one expression makes on its way")
    expression_depth: int = _limit(300, "levels that the evaluations of one expression may be nested")
    expression_characters: int = _limit(50_000, "characters of all expressions of an argument, each counted once")
    redirects: int = _limit(10, "redirects of one request")
    record_bytes: int = _limit(4096, "about how many bytes of each body a record shows")
    journal_bytes: int = _limit(64 * MIB, "bytes of a run's journal; above it the run can't be resumed")

    def __post_init__(self) -> None:
        """Raises ValueError that names the limit, what was given and what would be right."""
        for row in fields(self):
            value = getattr(self, row.name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
                raise ValueError(f"{row.name}: {value!r} is not a number above 0; {row.metadata['doc']}")


@dataclass(frozen=True, slots=True)
class SequenceSettings:
    """Limits, the values of `secret.NAME`, and those of `env.NAME` (only names that may be read are here)."""

    limits: SequenceLimits = SequenceLimits()
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_environ(
        cls, environ: Mapping[str, str], allowed: tuple[str, ...] = (), limits: SequenceLimits | None = None
    ) -> "SequenceSettings":
        """Secrets are the variables `SECRET_NAME`; `allowed` are the names that `env.NAME` may read."""
        secrets = {name.removeprefix("SECRET_"): value for name, value in environ.items() if name.startswith("SECRET_")}
        readable = {name: environ[name] for name in allowed if name in environ}
        return cls(limits or SequenceLimits(), secrets, readable)
