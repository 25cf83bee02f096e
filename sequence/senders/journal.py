"""The journal of a durable run: the answers so far, so that another worker can continue by replaying them.

Each entry is one line of JSON, only ever appended. `kind` says what it is:

| kind | more keys | meaning |
|---|---|---|
| `run` | `seed`, `started` | first (and again when somebody goes on): what UUIDs derive from, and the start, UTC seconds |
| `now` | `path`, `text` | the moment that a step saw |
| `bound` | `path`, `place`, `text` | an expression of the step reached a bound, and what it said of it |
| `rest` | `path`, `started`, `ms` | the pause of a step that sends nothing is over |
| `intent` | `path`, `try`, `request` | a request that may not be repeated is about to be sent |
| `outcome` | `path`, `try`, `request`, `answer` | it was answered, or failed with a clear error |
| `refresh` | `block`, `number`, `path`, `current`, `last` | a run of the block of `retry.use` begins, after a 401 |
| `refreshed` | `block`, `number`, `saves`, `error`, `at` | it is over: what it saved for everybody, or why it failed |
| `pause` | `path`, `try`, `until` | the run was halted in the pause before this try, which ends then, UTC seconds |
| `wait` | `path`, `try`, `until` | it was halted in a JAC call that only waits, until then |
| `ended` | `paths` | the run failed at these steps; none: it went well |
| `again` | `paths` | somebody goes on from these steps: what was known of them, and of the run's end, no longer counts |
| `settled` | `path`, `try`, `answer` | a person says what became of a request; `answer` null: send it again |
| `full` | | the journal is at its limit: the run can't be taken up from here on |

`request` is a digest of the request's bytes. An `intent` and an `outcome` of a step with `retry.use` have `uses`, the newest run
of the block that the try knew.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from sequence.json_values import Json
from sequence.senders.base import AUTH, BlockRun, Try


class Journal(Protocol):
    """Where a run's entries are kept. A run calls it from its threads, also from several at once.

    What `append` raises ends the run at once: a worker that has lost its lease must not go on.
    """

    def read(self) -> Iterable[str]:
        """All entries so far, in order."""

    def append(self, line: str) -> None:
        """Keeps one more entry; it must be safe on disk when this returns."""

    def transaction(self) -> AbstractContextManager[object]:
        """Around a JAC call and its outcome: the call's effects and the entry are kept together or not at all."""


class MemoryJournal:
    """A journal in memory: for tests, and to go on from a failed run in the same process."""

    def __init__(self, lines: Iterable[str] = ()) -> None:
        self.lines = list(lines)

    def read(self) -> list[str]:
        """See Journal."""
        return list(self.lines)

    def append(self, line: str) -> None:
        """See Journal."""
        self.lines.append(line)

    def transaction(self) -> AbstractContextManager[object]:
        """See Journal. There is nothing to undo: a killed process loses this journal as a whole."""
        return nullcontext()


@dataclass(slots=True)
class Known:
    """What a journal says, read to its end."""

    seed: str = ""
    started: float = 0.0
    moments: dict[str, str] = field(default_factory=dict)
    bounds: dict[tuple[str, str], str] = field(default_factory=dict)
    pauses: dict[Try, float] = field(default_factory=dict)
    waits: dict[Try, float] = field(default_factory=dict)
    rests: dict[str, tuple[float, float]] = field(default_factory=dict)
    intents: dict[Try, str] = field(default_factory=dict)
    outcomes: dict[Try, tuple[str, dict[str, Json]]] = field(default_factory=dict)
    uses: dict[Try, int] = field(default_factory=dict)
    block_runs: list[BlockRun] = field(default_factory=list)
    failed: tuple[str, ...] = ()
    full: bool = False
    size: int = 0

    def forget(self, paths: Iterable[str]) -> None:
        """What is known of these steps no longer counts, nor what the run did at its end."""
        gone = _Gone(set(paths))
        self.moments = {path: text for path, text in self.moments.items() if path not in gone}
        self.bounds = {key: text for key, text in self.bounds.items() if key[0] not in gone}
        self.rests = {path: rest for path, rest in self.rests.items() if path not in gone}
        self.pauses = {key: until for key, until in self.pauses.items() if key[0] not in gone}
        self.waits = {key: until for key, until in self.waits.items() if key[0] not in gone}
        self.intents = {key: digest for key, digest in self.intents.items() if key[0] not in gone}
        self.outcomes = {key: row for key, row in self.outcomes.items() if key[0] not in gone}
        self.uses = {key: number for key, number in self.uses.items() if key[0] not in gone}
        # Others may know a run whose own step is gone, but never one of what is done at the end.
        self.block_runs = [run for run in self.block_runs if not gone.has_ending(run.path)]

    def to_replay(self) -> set[Try]:
        """The tries whose answers a run will ask for, before it sends anything."""
        paths = {path for path, _ in self.outcomes}
        return {
            key
            for key in self.outcomes
            if not is_of_ending(key[0]) and (_REFRESH not in key[0] or key[0].partition(_REFRESH)[0] in paths)
        }


ENDINGS = ("on_error", "finally")
_ENDING = re.compile(r"(?:^|\.)(?:on_error|finally)\.")
_PAGE = re.compile(r"\.page\[\d+\]$")
_REFRESH = ".retry["


def is_of_ending(path: str) -> bool:
    """Whether this is a step of what a run does at its end."""
    return path.startswith(tuple(f"{name}." for name in ENDINGS))


class _Gone(set[str]):
    """Paths of steps. Its pages and its access token belong to a step, and what a sequence that it ran did at its end."""

    def __contains__(self, path: object) -> bool:
        return any(map(super().__contains__, _owners(str(path)))) or self.has_ending(str(path))

    def has_ending(self, path: str) -> bool:
        """Whether this is a step of what the run, or a sequence that one of these steps ran, did at its end."""
        return is_of_ending(path) or any(
            super().__contains__(path[: found.start()]) for found in _ENDING.finditer(path)
        )


def _owners(path: str) -> Iterator[str]:
    path = path.removesuffix(AUTH)
    yield path
    if found := _PAGE.search(path):
        yield path[: found.start()]


def read_known(lines: Iterable[str]) -> Known:
    """Reads a journal; later entries count more than earlier ones."""
    known = Known()
    for line in lines:
        known.size += len(line)
        _take(known, json.loads(line))
    return known


def unsettled(lines: Iterable[str]) -> list[str]:
    """The paths of a journal's requests of unknown outcome: sent, and nobody knows whether they were answered.

    Raises ValueError or KeyError for what is no journal.
    """
    known = read_known(lines)
    return sorted({key[0] for key in known.intents if key not in known.outcomes})


def _take(known: Known, entry: dict[str, Json]) -> None:
    key = (entry.get("path", ""), entry.get("try", 1))
    match entry["kind"]:
        case "run":
            known.seed, known.started = entry["seed"], entry["started"]
        case "now":
            known.moments[key[0]] = entry["text"]
        case "bound":
            known.bounds[entry["path"], entry["place"]] = entry["text"]
        case "rest":
            known.rests[key[0]] = (entry["started"], entry["ms"])
        case "pause":
            known.pauses[key] = entry["until"]
        case "wait":
            known.waits[key] = entry["until"]
        case "intent" | "outcome" as kind:
            if kind == "intent":
                known.intents[key] = entry["request"]
            else:
                known.outcomes[key] = (entry["request"], entry["answer"])
            if "uses" in entry:
                known.uses[key] = entry["uses"]
        case "refresh":
            row = (entry[name] for name in ("block", "number", "path", "current", "last"))
            known.block_runs.append(BlockRun(*row))
        case "refreshed":
            for run in known.block_runs:
                if (run.block, run.number) == (entry["block"], entry["number"]):
                    run.saves, run.error, run.at = entry["saves"], entry["error"], entry["at"]
        case "ended":
            known.failed = tuple(entry["paths"])
        case "again":
            known.forget(entry["paths"])
        case "settled":
            known.outcomes.pop(key, None)
            digest = known.intents.pop(key, "")
            if entry["answer"] is not None:
                known.outcomes[key] = (digest, entry["answer"])
            else:
                known.uses.pop(key, None)
        case "full":
            known.full = True
