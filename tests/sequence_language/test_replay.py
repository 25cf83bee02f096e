"""Durable runs: taking up, unknown outcomes, and going on from where it failed."""

import itertools
import json
import signal
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import sequence
from sequence import Live, MemoryJournal, Replay
from sequence.engine import computing
from tests.sequence_language.clock import TestClock
from tests.sequence_language.conftest import wait_for_threads
from tests.support.scripted_server import Server

Play = Any


class Killed(BaseException):
    """The worker dies here."""


class CutAt:
    """Kills the worker right before, or after, the entry with this number is written. Entries come from several threads."""

    def __init__(self, cut: int, after: bool) -> None:
        self._numbers = itertools.count(1)  # each number is given once, whoever asks
        self._cut = cut
        self._after = after

    def write(self, write: Callable[[], object]) -> None:
        is_it = next(self._numbers) == self._cut
        if is_it and not self._after:
            raise Killed
        write()
        if is_it:
            raise Killed


class CutJournal(MemoryJournal):
    """A journal that kills its worker before it writes the entry number `cut`, or right after."""

    def __init__(self, lines: list[str], cut: int, after: bool) -> None:
        super().__init__(lines)
        self.until = CutAt(cut, after)

    def append(self, line: str) -> None:
        self.until.write(lambda: MemoryJournal.append(self, line))


def kinds(journal: MemoryJournal) -> list[str]:
    return [json.loads(line)["kind"] for line in journal.lines]


ECHO: dict[str, Any] = {
    "POST": lambda seen: {"json": {"got": seen.body}},
    "GET": {"json": {"rows": [1, 2, 3]}},
    "PUT": {"json": {"put": 1}},
}
STEPS: list[dict[str, Any]] = [
    {
        "method": "GET",
        "api": "/l",
        "save_to": "l",
        "__def_loop__": {
            "by": "$.rows",
            "requests": [
                {
                    "method": "POST",
                    "api": "/i",
                    "body": {"n": "{{$}}", "id": "{{uuid}}", "at": "{{now}}"},
                    "save_to": "r_{{!}}",
                    "repeat": True,
                },
                {"method": "PUT", "api": "/p", "body": "{{$.got.id}}", "save_to": "p_{{!}}"},
            ],
        },
    },
    {
        "method": "POST",
        "api": "/last",
        "body": {"id": "{{uuid}}", "all": "{{#.r_0.got.id}}"},
        "repeat": True,
        "save_to": "last",
    },
]


def test_an_intent_is_written_only_for_a_request_that_may_not_be_repeated(play: Play) -> None:
    journal = MemoryJournal()
    play([{"method": "POST", "api": "/a"}, {"method": "PUT", "api": "/b"}], ECHO, sender=Replay(journal))
    assert kinds(journal) == ["run", "intent", "outcome", "outcome", "ended"]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("cut", range(1, 16))
def test_a_run_cut_anywhere_and_taken_up_is_as_if_undisturbed(
    play: Play, server: Server, cut: int, after: bool
) -> None:
    live = Live(seed="fixed")
    journal = CutJournal([], cut, after)
    try:
        play(STEPS, ECHO, sender=Replay(journal, live))
    except Killed:
        pass
    known = {(row["path"], row["try"]) for row in map(json.loads, journal.lines) if row["kind"] == "outcome"}
    first = list(server.seen)
    taken_up = MemoryJournal(journal.lines)
    run = play(STEPS, ECHO, sender=Replay(taken_up, Live(seed="another")))
    assert run.ok, run.error
    assert len(first) + len(server.seen) <= 8 + 1
    assert sum(step.replayed for step in run.steps) == len(known)
    whole = play(STEPS, ECHO, sender=Replay(MemoryJournal(taken_up.lines), live))
    assert run.persistence == whole.persistence
    assert not server.seen


def test_what_was_answered_is_never_sent_again(play: Play, server: Server) -> None:
    journal = MemoryJournal()
    first = play(STEPS, ECHO, sender=Replay(journal))
    again = play(STEPS, ECHO, sender=Replay(journal))
    assert again.persistence == first.persistence
    assert server.seen == []
    assert all(step.replayed for step in again.steps)


def test_a_request_sent_again_is_byte_for_byte_the_first_one(play: Play, server: Server) -> None:
    step = {"method": "PUT", "api": "/a", "body": {"id": "{{uuid}}", "at": "{{now}}"}}
    journal = CutJournal([], 3, False)
    with pytest.raises(Killed):
        play([step], ECHO, sender=Replay(journal))
    first = server.seen[0]
    assert play([step], ECHO, sender=Replay(MemoryJournal(journal.lines))).ok
    assert server.seen[0].content == first.content


def unknown_journal(play: Play, steps: list[Any]) -> MemoryJournal:
    """Killed between the intent and the outcome of the first step."""
    journal = CutJournal([], 3, False)
    with pytest.raises(Killed):
        play(steps, ECHO, sender=Replay(journal))
    return MemoryJournal(journal.lines)


POST = {"method": "POST", "api": "/a", "body": 1, "save_to": "r", "ignore_error": True}


def test_an_intent_without_an_outcome_ends_the_run_as_unknown(play: Play, server: Server) -> None:
    journal = unknown_journal(play, [POST])
    run = play([POST], ECHO, sender=Replay(journal))
    assert (run.error.kind, run.error.path) == ("unknown", "0")
    assert "unknown outcome" in run.error.message
    assert [(step.path, step.state) for step in run.steps] == [("0", "failed")]
    assert server.seen == []


def test_a_person_may_send_it_again(play: Play, server: Server) -> None:
    journal = unknown_journal(play, [POST])
    run = play([POST], ECHO, sender=Replay(journal, unknown={"0": "send"}))
    assert run.persistence == {"r": {"got": 1}}
    assert len(server.seen) == 1
    assert play([POST], ECHO, sender=Replay(journal)).ok


def test_a_person_may_give_the_answer_that_it_got(play: Play, server: Server) -> None:
    journal = unknown_journal(play, [POST])
    run = play([POST], ECHO, sender=Replay(journal, unknown={"0": {"status": 200, "body": {"id": 7}}}))
    assert run.persistence == {"r": {"id": 7}}
    assert server.seen == []
    assert play([POST], ECHO, sender=Replay(journal)).persistence == {"r": {"id": 7}}


def test_again_does_not_send_a_request_of_unknown_outcome_by_itself(play: Play, server: Server) -> None:
    journal = unknown_journal(play, [POST])
    assert play([POST], ECHO, sender=Replay(journal)).error.kind == "unknown"
    assert play([POST], ECHO, sender=Replay(journal, again=True)).error.kind == "unknown"
    assert server.seen == []


@pytest.mark.parametrize("said", [{"0": "sent"}, {"0": {"status": "x"}}, {"7": "send"}])
def test_a_word_on_an_unknown_outcome_that_makes_no_sense_is_refused(play: Play, said: Any) -> None:
    run = play([POST], ECHO, sender=Replay(unknown_journal(play, [POST]), unknown=said))
    assert run.error.kind == "replay"
    assert run.error.message.startswith("unknown: ")


@pytest.mark.parametrize("line", ["{", "{}", '{"kind": "outcome"}', "5"])
def test_a_journal_that_cannot_be_read_ends_the_run(play: Play, line: str) -> None:
    run = play([POST], ECHO, sender=Replay(MemoryJournal([line])))
    assert run.error.kind == "replay"


def test_an_interrupted_run_sends_nothing_more_from_its_other_threads(play: Play, server: Server) -> None:
    """The first item's end interrupts; the second one is held in flight till then and has one more step to go."""
    interrupted = threading.Event()

    def on_step(record: sequence.Record) -> None:
        if record.path == "0.loop[0].0":
            raise KeyboardInterrupt

    def answer(seen: Any) -> Any:
        if seen.body == 1:
            interrupted.wait(10)
        return {"json": seen.body}

    inner = [{"method": "POST", "api": "/i", "body": "{{@}}"}, {"method": "POST", "api": "/more", "body": "{{@}}"}]
    steps = [{"method": "GET", "api": "/l", "__def_loop__": {"by": "$", "concurrency": 2, "requests": inner}}]
    with pytest.raises(KeyboardInterrupt):
        play(steps, {"GET": {"json": [0, 1]}, "POST": answer}, on_step=on_step)
    interrupted.set()
    wait_for_threads()
    assert "/more" not in [seen.path for seen in server.seen]


def test_neither_intent_nor_outcome_means_that_it_was_never_sent(play: Play, server: Server) -> None:
    journal = CutJournal([], 2, False)
    with pytest.raises(Killed):
        play([POST], ECHO, sender=Replay(journal))
    assert server.seen == []
    assert play([POST], ECHO, sender=Replay(MemoryJournal(journal.lines))).ok


def test_replay_stops_at_the_path_where_a_request_differs(play: Play) -> None:
    journal = MemoryJournal()
    play([POST, {**POST, "api": "/b"}], ECHO, sender=Replay(journal))
    run = play([POST, {**POST, "api": "/c"}], ECHO, sender=Replay(journal))
    assert (run.error.kind, run.error.path) == ("replay", "1")


def test_again_goes_on_from_the_step_that_failed_with_an_edited_argument(play: Play, server: Server) -> None:
    journal = MemoryJournal()
    steps = [{**POST, "ignore_error": False}, {"method": "POST", "api": "/bad", "save_to": "b"}]
    assert play(steps, {**ECHO, "POST /bad": {"status": 500}}, sender=Replay(journal)).error.path == "1"
    edited = [steps[0], {**steps[1], "api": "/good"}]
    run = play(edited, ECHO, sender=Replay(journal, again=True))
    assert run.ok
    assert [seen.path for seen in server.seen] == ["/good"]


@pytest.mark.parametrize("concurrency", [1, 3])
def test_again_sends_only_the_items_that_failed(play: Play, server: Server, concurrency: int) -> None:
    loop = {
        "by": "$.rows",
        "concurrency": concurrency,
        "tolerate": 1,
        "requests": [{"method": "POST", "api": "/i", "body": "{{$}}", "save_to": "r_{{!}}"}],
    }
    steps = [{"method": "GET", "api": "/l", "__def_loop__": loop}]
    journal = MemoryJournal()
    bad = {**ECHO, "POST": lambda seen: {"json": 1} if seen.body == 1 else {"status": 500}}
    assert play(steps, bad, sender=Replay(journal)).error.kind == "step"
    run = play(steps, ECHO, sender=Replay(journal, again=True))
    assert run.ok
    assert sorted(seen.body for seen in server.seen) == [2, 3]


def test_answered_tries_count_on(play: Play, server: Server) -> None:
    step = {"method": "GET", "api": "/a", "retry": {"attempts": 3, "wait": 0}}
    journal = CutJournal([], 3, True)
    with pytest.raises(Killed):
        play([step], {"GET": {"status": 503}}, sender=Replay(journal))
    run = play([step], {"GET": {"status": 503}}, sender=Replay(MemoryJournal(journal.lines)))
    assert [(record.attempt, record.replayed) for record in run.steps] == [(1, True), (2, True), (3, False)]


def test_cookies_are_what_they_were(play: Play, server: Server) -> None:
    script = {"GET /in": {"json": 1, "headers": {"Set-Cookie": "sid=5; Path=/"}}, "GET /b": {"json": 2}}
    steps = [{"method": "GET", "api": "/in"}, {"method": "GET", "api": "/b"}]
    journal = CutJournal([], 3, False)
    with pytest.raises(Killed):
        play(steps, script, more={"cookies": True}, sender=Replay(journal))
    assert play(steps, script, more={"cookies": True}, sender=Replay(MemoryJournal(journal.lines))).ok
    assert server.seen[0].headers["Cookie"] == "sid=5"


def test_a_jac_call_and_its_outcome_are_in_one_transaction(play: Play) -> None:
    events: list[str] = []

    class Transactions(MemoryJournal):
        def transaction(self) -> Any:
            journal = self

            class Around:
                def __enter__(self) -> None:
                    events.append("begin")

                def __exit__(self, *error: object) -> None:
                    events.append(f"end with {kinds(journal)[-1]}")

            return Around()

    play([{"method": "JAC", "api": "x"}], jac=lambda *_: events.append("call"), sender=Replay(Transactions()))
    assert events == ["begin", "call", "end with outcome"]


def test_a_journal_past_its_limit_says_that_the_run_cannot_be_taken_up(play: Play) -> None:
    journal = MemoryJournal()
    settings = sequence.SequenceSettings(sequence.SequenceLimits(journal_bytes=300))
    assert play(STEPS, ECHO, sender=Replay(journal), settings=settings).ok
    assert kinds(journal)[-1] == "full"
    run = play(STEPS, ECHO, sender=Replay(journal))
    assert run.error.kind == "replay"
    assert "limit" in run.error.message


def test_a_journal_that_raises_ends_the_run(play: Play) -> None:
    class LeaseLost(Exception):
        pass

    class Lost(MemoryJournal):
        def append(self, line: str) -> None:
            if json.loads(line)["kind"] == "outcome":
                raise LeaseLost
            super().append(line)

    with pytest.raises(LeaseLost):
        play([POST], ECHO, sender=Replay(Lost()))


def test_the_request_in_flight_is_recorded_as_unknown_when_the_run_is_interrupted(play: Play) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    records: list[sequence.Record] = []
    with pytest.raises(KeyboardInterrupt):
        play([{"method": "JAC", "api": "x"}], jac=interrupt, on_step=records.append)
    assert [(record.path, record.state) for record in records] == [("0", "unknown")]


def test_a_loop_side_by_side_cut_and_taken_up_sends_no_answered_item_twice(play: Play, server: Server) -> None:
    loop = {
        "by": "#.rows",
        "concurrency": 4,
        "requests": [{"method": "POST", "api": "/i", "body": "{{$}}", "repeat": True, "save_to": "r_{{!}}"}],
    }
    steps = [{"method": "GET", "api": "/l", "__def_loop__": loop}]
    more = {"persistence": {"rows": list(range(40))}}
    lines: list[str] = []
    total: Counter[Any] = Counter()
    for cut in (7, 9, 6, 100):
        journal = CutJournal(lines, cut, False)
        answered = {json.loads(line)["path"] for line in lines if json.loads(line)["kind"] == "outcome"}
        run = settled(lambda journal=journal: play(steps, ECHO, more=more, sender=Replay(journal)))
        sent = Counter(f"0.loop[{seen.body}].0" for seen in server.seen if seen.method == "POST")
        assert not set(sent) & answered
        total += sent
        lines = journal.lines
    assert run is not None
    assert run.persistence == {"rows": list(range(40))} | {f"r_{n}": {"got": n} for n in range(40)}
    assert set(total) == {f"0.loop[{n}].0" for n in range(40)}


def settled(work: Callable[[], sequence.SequenceRun]) -> sequence.SequenceRun | None:
    try:
        return work()
    except Killed:
        wait_for_threads()
        return None


def test_who_goes_on_has_all_the_time_of_a_run(play: Play, server: Server) -> None:
    clock = TestClock()
    journal = MemoryJournal()
    settings = sequence.SequenceSettings(sequence.SequenceLimits(total_s=60))
    failed = play([POST], {"POST": {"status": 500}}, sender=Replay(journal, Live(clock=clock)), settings=settings)
    assert failed.ok
    clock.offset += 3600
    steps = [POST, {"method": "POST", "api": "/more"}]
    late = play(steps, ECHO, sender=Replay(MemoryJournal(journal.lines), Live(clock=clock)), settings=settings)
    assert late.error.kind == "limit"
    assert play(steps, ECHO, sender=Replay(journal, Live(clock=clock), again=True), settings=settings).ok


def test_requests_in_flight_on_other_threads_are_recorded_as_unknown_too(play: Play) -> None:
    together, over = threading.Barrier(3), threading.Event()

    def answer(seen: Any) -> Any:
        together.wait(10)
        over.wait(10)
        return {"json": 1}

    def in_the_main_thread(*_: Any) -> None:
        raise KeyboardInterrupt

    def interrupt() -> None:
        together.wait(10)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, in_the_main_thread)
    threading.Thread(target=interrupt).start()
    records: list[sequence.Record] = []
    inner = [{"method": "POST", "api": "/i"}]
    steps = [{"method": "GET", "api": "/l", "__def_loop__": {"by": "$", "concurrency": 2, "requests": inner}}]
    try:
        with pytest.raises(KeyboardInterrupt):
            play(steps, {"GET": {"json": [0, 1]}, "POST": answer}, on_step=records.append)
    finally:
        signal.signal(signal.SIGUSR1, before)
        over.set()
    unknown = {record.path for record in records if record.state == "unknown"}
    assert unknown == {"0.loop[0].0", "0.loop[1].0"}


def test_a_jac_step_with_an_intent_is_of_unknown_outcome_unless_it_may_be_repeated(play: Play) -> None:
    begun = '{"kind":"run","seed":"s","started":1e10}'
    intent = '{"kind":"intent","path":"0","try":1,"request":""}'
    step = {"method": "JAC", "api": "x"}
    unknown = play([step], jac=lambda *_: 1, sender=Replay(MemoryJournal([begun, intent])))
    assert unknown.error.kind == "unknown"
    assert play([{**step, "repeat": True}], jac=lambda *_: 1, sender=Replay(MemoryJournal([begun, intent]))).ok


def test_the_live_sender_tells_what_it_sends_and_not_what_is_replayed(play: Play) -> None:
    journal = MemoryJournal()
    sent: list[sequence.StepRequest] = []
    live = Live(sending=sent.append)
    for _ in range(2):
        play([POST], ECHO, sender=Replay(journal, live))
    assert [(request.path, request.method) for request in sent] == [("0", "POST")]


COMPUTED: list[dict[str, Any]] = [
    {
        "method": "POST",
        "api": "/a",
        "when": "{{= $string($now()) != '' }}",
        "body": {"id": "{{= $uuid() }}", "at": "{{= $millis() }}"},
        "set": {"at": "{{= $now() }}", "ids": "{{= [$uuid(), $uuid(), $.got.id] }}"},
        "repeat": True,
    },
    {"set": {"again": "{{= $merge([$memory, {'at': $now(), 'id': $uuid()}]) }}"}, "delay": 0.001},
    {
        "method": "GET",
        "api": "/l",
        "__def_loop__": {
            "by": "{{= rows }}",
            "filter": "{{= $ != 2 and $exists($uuid()) and $millis() > 0 }}",
            "concurrency": 2,
            "requests": [
                {"method": "POST", "api": "/i", "body": "{{= [$uuid(), $now(), $index] }}", "save_to": "r_{{!}}", "repeat": True},
                {"set": {"s_{{!}}": "{{= [$.got, $uuid(), $millis()] }}"}},
            ],
        },
    },
]  # fmt: skip


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("cut", range(1, 22))
def test_what_expressions_computed_is_the_same_when_a_run_is_taken_up(play: Play, cut: int, after: bool) -> None:
    journal = CutJournal([], cut, after)
    try:
        play(COMPUTED, ECHO, sender=Replay(journal, Live(seed="fixed")))
    except Killed:
        wait_for_threads()
    taken_up = MemoryJournal(journal.lines)
    run = play(COMPUTED, ECHO, sender=Replay(taken_up, Live(seed="another")))
    assert run.ok, run.error
    whole = play(COMPUTED, ECHO, sender=Replay(MemoryJournal(taken_up.lines)))
    assert run.persistence == whole.persistence
    assert run.persistence["at"] in json.dumps([json.loads(line) for line in taken_up.lines])


def limited(**limits: Any) -> sequence.SequenceSettings:
    return sequence.SequenceSettings(sequence.SequenceLimits(**limits))


def test_a_bound_that_an_expression_reached_is_a_part_of_the_answer(play: Play, server: Server) -> None:
    slow = "{{= $sum([1..5000].($ * 2)) }}"
    steps = [
        {"method": "GET", "api": "/l", "save_to": "l", "set": {"sum": slow}, "ignore_error": True},
        {"method": "POST", "api": "/a", "body": "{{#.l}}", "when": "{{= $memory.sum > 0 or true }}", "repeat": True},
        {"set": {"other": slow}, "ignore_error": True},
    ]
    journal = MemoryJournal()
    first = play(steps, ECHO, sender=Replay(journal), settings=limited(expression_evaluations=1000))
    assert "more than 1000 evaluations" in first.persistence["l"]["worker_error"]
    assert kinds(journal).count("bound") == 2
    server.seen.clear()
    again = play(steps, ECHO, sender=Replay(MemoryJournal(journal.lines)))
    assert (again.persistence, again.error) == (first.persistence, first.error)
    assert server.seen == []


def test_going_on_from_a_step_forgets_the_bound_that_it_reached(play: Play) -> None:
    steps = [{"method": "GET", "api": "/l", "set": {"sum": "{{= $sum([1..5000].($ * 2)) }}"}}]
    journal = MemoryJournal()
    assert not play(steps, ECHO, sender=Replay(journal), settings=limited(expression_evaluations=1000)).ok
    run = play(steps, ECHO, sender=Replay(journal, again=True))
    assert (run.ok, run.persistence) == (True, {"sum": 25005000})


def test_what_went_well_may_take_longer_where_it_is_only_repeated(play: Play) -> None:
    steps = [
        {"method": "POST", "api": "/a", "body": "{{= $sum([1..3000].($ * 2)) }}", "repeat": True},
        {"method": "GET", "api": "/l"},
    ]
    journal = MemoryJournal()
    assert play(steps, ECHO, sender=Replay(journal)).ok
    bounds: list[float] = []

    class Kept(computing.Bounds):
        def __init__(self, **bound: Any) -> None:
            bounds.append(bound["cpu_s"])
            super().__init__(**bound)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(computing, "Bounds", Kept)
        assert play(steps, ECHO, sender=Replay(journal), settings=limited(expression_s=0.5)).ok
    assert bounds == [5.0]
