"""The replay sender: answers from a journal, passes the rest to the live sender, and journals each answer first."""

import hashlib
import json
import threading
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, replace

from sequence.errors import Halted, ReplayStopped, UnknownOutcome
from sequence.json_values import Json, wire
from sequence.senders.base import AUTH, BlockRun, Nested, Opening, Rest, StepRequest, StepResponse, Try, phrase_of
from sequence.senders.journal import Journal, Known, read_known
from sequence.senders.live import Live, LiveChannel

SEND = "send"
PATIENCE = 10.0
"""So many times the CPU time of an expression that the journal has been past."""
_SIGNED = "Authorization"


class Replay:
    """Makes a run durable, takes it up, or goes on from where it failed.

    `again`: go on from the steps that failed. `unknown`: what a person says of requests of unknown outcome, by path:
    "send" (send it again), or the answer that it got, `{"status": 200, "body": ...}`.
    """

    def __init__(
        self, journal: Journal, live: Live | None = None, again: bool = False, unknown: Mapping[str, Json] | None = None
    ) -> None:
        self.journal = journal
        self.live = live or Live()
        self.again = again
        self.unknown = dict(unknown or {})

    def open(self, opening: Opening) -> "ReplayChannel":
        """See Sender. Raises ReplayStopped when the journal is incomplete."""
        try:
            known = read_known(self.journal.read())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ReplayStopped(f"the run can't be resumed: its journal can't be read: {error!r}") from error
        if known.full:
            raise ReplayStopped("the run can't be resumed: its journal had reached its limit")
        pen = _Pen(self.journal, opening.limits.journal_bytes - known.size)
        channel = ReplayChannel(pen, self.live.open(opening), known)
        channel.begin(self.again, self.unknown)
        return channel


class ReplayChannel:
    """The journaled line of one run."""

    def __init__(self, pen: "_Pen", live: LiveChannel, known: Known) -> None:
        self._pen = pen
        self._append = pen.append
        self._live = live
        self._known = known
        self._to_replay: set[Try] = set()

    @property
    def seed(self) -> str:
        """See Channel."""
        return self._live.seed

    def begin(self, again: bool, unknown: Mapping[str, Json]) -> None:
        """Goes on with the run that the journal has, or begins it."""
        known = self._known
        if known.seed:
            # Somebody who goes on has all the time of a run before them, however long ago it had begun.
            self._live.resume(known.seed, None if again or unknown else known.started)
        if known.seed and (again or unknown):
            # Also of nothing: what the run did at its end is done again, then.
            paths = known.failed if again else ()
            self._append({"kind": "again", "paths": list(paths)})
            known.forget(paths)
        for path, said in unknown.items():
            self._settle(path, said)
        # Last: who finds this entry knows that all of the above is in.
        if not known.seed or again or unknown:
            self._append({"kind": "run", "seed": self._live.seed, "started": self._live.started})
        self._to_replay = known.to_replay()

    def _settle(self, path: str, said: Json) -> None:
        """A person's word on the tries at this path that have an intent and no outcome."""
        known = self._known
        keys = [key for key in known.intents if key[0] == path and key not in known.outcomes]
        if not keys:
            raise ReplayStopped(f"unknown: no request at {path} is of unknown outcome")
        for key in keys:
            answer = None if said == SEND else asdict(_settled_answer(said))
            self._append({"kind": "settled", "path": path, "try": key[1], "answer": answer})
            digest = known.intents.pop(key)
            if answer is not None:
                known.outcomes[key] = (digest, answer)
            else:
                known.uses.pop(key, None)

    def now(self, path: str) -> str:
        """See Channel."""
        # No two threads are at the same path.
        text = self._known.moments.get(path)
        if text is None:
            text = self._known.moments[path] = self._live.now(path)
            self._append({"kind": "now", "path": path, "text": text})
        return text

    def wait(self, path: str, attempt: int, seconds: float) -> None:
        """See Channel. What was answered is not waited for again."""
        key = (path, attempt)
        if key in self._known.outcomes:
            return
        if seconds > 0:
            seconds = self._left_of(key, seconds)
        try:
            self._live.wait(path, attempt, seconds)
        except Halted as halted:
            self._note_left("pause", key, halted)
            raise

    def rest(self, path: str, seconds: float) -> Rest:
        """See Channel. What was waited for is not waited for again."""
        known = self._known.rests.get(path)
        if known is not None:
            return Rest(*known, replayed=True)
        key = (path, 1)
        try:
            rest = self._live.rest(path, self._left_of(key, seconds))
        except Halted as halted:
            self._note_left("pause", key, halted)
            raise
        self._append({"kind": "rest", "path": path, "started": rest.started, "ms": rest.ms})
        return rest

    def _left_of(self, key: Try, seconds: float) -> float:
        """What is left of a pause that a halt has cut short."""
        if key in self._known.waits:
            return 0.0  # it was over: what came after it was halted
        until = self._known.pauses.get(key)
        return seconds if until is None else min(max(until - self._live.utc(), 0.0), seconds)

    def _note_left(self, kind: str, key: Try, halted: Halted) -> None:
        if halted.left_s is not None:
            until = self._live.utc() + halted.left_s
            self._append({"kind": kind, "path": key[0], "try": key[1], "until": until})

    def known_bound(self, path: str, place: str) -> str:
        """See Channel."""
        return self._known.bounds.get((path, place), "")

    def note_bound(self, path: str, place: str, text: str) -> None:
        """See Channel."""
        self._known.bounds[path, place] = text
        self._append({"kind": "bound", "path": path, "place": place, "text": text})

    def patience(self) -> float:
        """See Channel. As long as the journal has answers to give, all that comes before them has gone well."""
        return PATIENCE if self._to_replay else 1.0

    def check_time(self, path: str) -> None:
        """See Channel. The time is not over as long as the journal has answers to give."""
        if not self._to_replay:
            self._live.check_time(path)

    def send(self, request: StepRequest) -> StepResponse | Nested:
        """See Channel. Raises UnknownOutcome, or ReplayStopped when the request is not the journal's."""
        key, digest = (request.path, request.attempt), digest_of(request)
        known = self._known.outcomes.get(key)
        if known is not None:
            self._to_replay.discard(key)
            return self._replay(known, digest)
        self._look_at_intent(key, request, digest)
        # Before the intent: one without a request would leave everybody guessing.
        self._live.check_halt(request.path)
        if request.is_jac:
            return self._call(key, request, digest)
        if not request.repeatable:
            self._append({"kind": "intent", "path": key[0], "try": key[1], "request": digest, **_uses(request)})
        return self._send(key, request, digest)

    def _call(self, key: Try, request: StepRequest, digest: str) -> StepResponse | Nested:
        if key in self._known.waits:
            request = replace(request, left_s=max(self._known.waits[key] - self._live.utc(), 0.0))
        try:
            with self._pen.journal.transaction():
                return self._send(key, request, digest)
        except Halted as halted:
            self._note_left("wait", key, halted)
            raise

    def _replay(self, known: tuple[str, dict[str, Json]], digest: str) -> StepResponse:
        _check_same(known[0], digest)
        row = dict(known[1])
        if row["cookies"] is not None:
            row["cookies"] = tuple(row["cookies"])
            self._live.take_cookies(row["cookies"])
        return StepResponse(**(row | {"replayed": True}))

    def _look_at_intent(self, key: Try, request: StepRequest, digest: str) -> None:
        intent = self._known.intents.get(key)
        if intent is None:
            return
        if not request.repeatable:
            raise UnknownOutcome(
                "unknown outcome: the request was sent, and nobody knows whether it was answered; "
                'say "send" to send it again, or give the answer that it got'
            )
        _check_same(intent, digest)

    def _send(self, key: Try, request: StepRequest, digest: str) -> StepResponse | Nested:
        answer = self._live.send(request)
        if isinstance(answer, StepResponse):
            told = {"request": digest, "answer": asdict(answer), **_uses(request)}
            self._append({"kind": "outcome", "path": key[0], "try": key[1], **told})
        return answer

    def ending(self, name: str, seconds: float) -> "ReplayChannel":
        """See Channel."""
        channel = ReplayChannel(self._pen, self._live.ending(name, seconds), self._known)
        channel._to_replay = {key for key in self._known.outcomes if key[0].startswith(f"{name}.")}
        return channel

    def has_answer(self, path: str, attempt: int) -> bool:
        """See Channel."""
        return (path, attempt) in self._known.outcomes

    def place_of_token(self, request: StepRequest, taken: Container[Try]) -> StepRequest:
        """See Channel. A step's own answer, be it a token or not, goes before those of others."""
        if self.has_answer(request.path, request.attempt):
            return request
        digest = digest_of(request)
        for (path, attempt), (other, answer) in self._known.outcomes.items():
            if path.endswith(AUTH) and other == digest and answer["status"] == 200 and (path, attempt) not in taken:
                return replace(request, path=path, attempt=attempt)
        return request

    def known_block_runs(self) -> Sequence[BlockRun]:
        """See Channel."""
        return tuple(self._known.block_runs)

    def known_use(self, path: str, attempt: int) -> int | None:
        """See Channel."""
        return self._known.uses.get((path, attempt))

    def note_block_run(self, run: BlockRun) -> None:
        """See Channel."""
        who = {"block": run.block, "number": run.number}
        if run.is_over:
            self._append({"kind": "refreshed", **who, "saves": run.saves, "error": run.error, "at": run.at})
        else:
            self._known.block_runs.append(run)
            self._append({"kind": "refresh", **who, "path": run.path, "current": run.current, "last": run.last})

    def note_end(self, paths: tuple[str, ...]) -> None:
        """See Channel."""
        self._append({"kind": "ended", "paths": list(paths)})

    def close(self) -> None:
        """See Channel. Threads that are still on their way after an interrupt write no more."""
        self._pen.close()
        self._live.close()


class _Pen:
    """Writes a run's entries, up to the limit of its journal."""

    def __init__(self, journal: Journal, left: int) -> None:
        """`left`: bytes that may still be written."""
        self.journal = journal
        self._left = left
        self._lock = threading.Lock()
        self._closed = False

    def close(self) -> None:
        """Nothing more is written."""
        with self._lock:
            self._closed = True

    def append(self, entry: Mapping[str, Json]) -> None:
        """Keeps one more entry."""
        line = wire(entry)
        with self._lock:
            if self._closed or self._left < 0:
                return
            self._left -= len(line)
            if self._left < 0:
                # The run itself goes on; it says so only when somebody wants to take it up.
                line = json.dumps({"kind": "full"})
        # Not under the lock: a JAC call of another thread may hold the journal's database until its own entry is in.
        self.journal.append(line)


def digest_of(request: StepRequest) -> str:
    """A digest of everything of a request that its server sees, but for a token of the run's own."""
    body = request.body if request.is_jac else None
    header = {name: value for name, value in request.header.items() if not (request.has_token and name == _SIGNED)}
    head = wire([request.method, request.url, sorted(header.items()), body, request.master])
    return hashlib.sha256(head.encode() + b"\n" + (request.content or b"")).hexdigest()


def _uses(request: StepRequest) -> dict[str, Json]:
    return {} if request.uses is None else {"uses": request.uses}


def _check_same(journaled: str, digest: str) -> None:
    # Empty: a person settled it, there is nothing to compare with.
    if journaled and journaled != digest:
        raise ReplayStopped("the request differs from the one that the resumed run sent")


def _settled_answer(said: Json) -> StepResponse:
    status = said.get("status", 200) if isinstance(said, dict) else None
    if not isinstance(status, int) or not 100 <= status <= 599:
        raise ReplayStopped('unknown: say "send", or the answer as {"status": 200, "body": ...}')
    return replace(StepResponse(), status=status, body=said.get("body", ""), reason=phrase_of(status))
