"""The supervisor looks after real processes; only its own clock is moved by the test."""

import multiprocessing
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import pytest

from tests.support.clock import Clock
from tests.support.jobs import a_spec, state, task
from walkabout.database.connections import Unavailable
from walkabout.jobs import queries
from walkabout.jobs.specs import Claim
from walkabout.jobs.worker.consumers import Consumer, Consumers
from walkabout.jobs.worker.scoreboard import INTERRUPT, MAIN, Interrupted, Scoreboard, WorkerSlot, scoreboard_clock
from walkabout.jobs.worker.supervisor import KILL_AFTER_S, Supervisor
from walkabout.jobs.worker.trouble import PAUSES_S
from walkabout.service import Service

Behave = Callable[[Connection, WorkerSlot], None]


def dies_of_an_interrupt(pipe: Connection, place: WorkerSlot) -> None:
    """A run that ends when it is told to."""
    place.release()
    pipe.recv()


def swallows_interrupts(pipe: Connection, place: WorkerSlot) -> None:
    """A run that catches everything and goes on."""
    steps = iter((place.release,))
    while True:
        try:
            next(steps, pipe.recv)()
        except Interrupted:
            pipe.send("swallowed")


class Worker:
    """A process that sits at a place of the board, in a run."""

    def __init__(
        self, scoreboard: Scoreboard, behave: Behave, claim: Callable[[int], Claim] | None, limit_s: float | None
    ):
        self.scoreboard = scoreboard
        self.pipe, theirs = multiprocessing.get_context("fork").Pipe()
        self.slot = scoreboard.reserve()
        self.process: BaseProcess = multiprocessing.get_context("fork").Process(
            target=self._work, args=(theirs, behave), daemon=True
        )
        self.process.start()
        theirs.close()
        self.pipe.recv()
        assert self.process.pid is not None
        if claim is not None:
            made = claim(self.process.pid)
            self.pipe.send((made.id, made.attempt, limit_s))
            self.pipe.recv()

    def _work(self, pipe: Connection, behave: Behave) -> None:
        place = self.scoreboard.worker_slot(self.slot)
        signal.signal(INTERRUPT, lambda *_: place.obey())
        place.sit_down()
        pipe.send("sits")
        place.begin(*pipe.recv())
        pipe.send("runs")
        behave(pipe, place)

    def kill(self) -> None:
        self.process.kill()
        self.process.join()


@pytest.fixture
def scoreboard() -> Scoreboard:
    return Scoreboard(4)


def supervisor_of(service: Service, scoreboard: Scoreboard, me: Consumer, monotonic: Clock) -> Supervisor:
    """A supervisor that deletes runs a minute after their end."""
    return Supervisor(
        ledger=service.ledger,
        leases=service.leases,
        consumers=service.consumers,
        bells=service.bells,
        scoreboard=scoreboard,
        events=service.events,
        me=me,
        settings=replace(service.settings, result_days=60 / 86_400),
        clock=service.clock,
        monotonic=monotonic,
    )


@pytest.fixture
def monotonic() -> Clock:
    # Later than the begin of every run in these tests, which the board writes by the real clock.
    return Clock(scoreboard_clock() + 60)


@pytest.fixture
def supervisor(service: Service, scoreboard: Scoreboard, monotonic: Clock) -> Iterator[Supervisor]:
    me = service.consumers.join("worker", 1)
    made = supervisor_of(service, scoreboard, me, monotonic)
    yield made
    made.take_leave()


@pytest.fixture
def worker(service: Service, supervisor: Supervisor, scoreboard: Scoreboard) -> Iterator[Callable[..., Worker]]:
    """Starts a worker in a run of its own."""
    made: list[Worker] = []

    def start(behave: Behave = dies_of_an_interrupt, limit_s: float | None = None) -> Worker:
        service.ledger.enqueue(a_spec(limit_s=limit_s))

        def claim(pid: int) -> Claim:
            taken = service.ledger.claim(supervisor.me.uid, supervisor.me.name, pid)
            assert taken is not None
            return taken

        made.append(Worker(scoreboard, behave, claim, limit_s))
        return made[-1]

    yield start
    for one in made:
        one.kill()


def only(service: Service) -> str:
    """The uid of the one run that there is."""
    return str(service.db.rows("SELECT uid FROM job")[0][0])


def test_the_run_of_a_dead_worker_is_given_back_at_once(
    service: Service, supervisor: Supervisor, worker: Callable[..., Worker]
) -> None:
    process = worker()
    supervisor.turn()
    process.kill()
    supervisor.turn()
    assert state(service, only(service)) == "PENDING"


def test_a_worker_that_died_before_anybody_looked_is_noticed(
    service: Service, supervisor: Supervisor, worker: Callable[..., Worker]
) -> None:
    worker().kill()
    supervisor.turn()
    assert state(service, only(service)) == "PENDING"


def test_the_place_of_a_dead_worker_is_free_again(
    supervisor: Supervisor, scoreboard: Scoreboard, worker: Callable[..., Worker]
) -> None:
    worker().kill()
    supervisor.turn()
    assert (scoreboard.entries(), supervisor.idle()) == ([], True)


def test_a_worker_that_died_while_the_consumer_stops_counts_for_nothing(
    service: Service, supervisor: Supervisor, worker: Callable[..., Worker]
) -> None:
    process = worker()
    supervisor.stop()
    process.kill()
    supervisor.turn()
    assert service.db.rows("SELECT state, takeovers FROM job") == [("PENDING", 0)]


def test_a_cancelled_run_is_interrupted(
    service: Service, supervisor: Supervisor, worker: Callable[..., Worker]
) -> None:
    process = worker(swallows_interrupts)
    service.ledger.ask_cancel(only(service))
    supervisor.turn()
    assert process.pipe.poll(20)


def test_a_run_over_its_limit_is_interrupted(supervisor: Supervisor, worker: Callable[..., Worker]) -> None:
    process = worker(swallows_interrupts, limit_s=1e-6)
    supervisor.turn()
    assert process.pipe.poll(20)


def test_a_run_within_its_limit_is_left_alone(
    service: Service, supervisor: Supervisor, worker: Callable[..., Worker]
) -> None:
    process = worker(limit_s=3600)
    supervisor.turn()
    assert (state(service, only(service)), process.process.is_alive()) == ("STARTED", True)


@pytest.mark.parametrize(("limit_s", "expected"), [(1e-6, "FAILURE"), (None, "REVOKED")])
def test_a_run_that_swallows_its_interrupt_is_killed_half_a_second_later(
    service: Service,
    supervisor: Supervisor,
    monotonic: Clock,
    worker: Callable[..., Worker],
    limit_s: float | None,
    expected: str,
) -> None:
    process = worker(swallows_interrupts, limit_s=limit_s)
    if limit_s is None:
        service.ledger.ask_cancel(only(service))
    supervisor.turn()
    assert process.pipe.poll(20)
    monotonic.pass_(KILL_AFTER_S + 0.1)
    supervisor.turn()
    process.process.join(5)
    assert process.process.exitcode == -signal.SIGKILL
    supervisor.turn()
    assert state(service, only(service)) == expected


def test_a_run_that_ended_in_time_is_not_called_cancelled(
    service: Service, supervisor: Supervisor, worker: Callable[..., Worker]
) -> None:
    process = worker(swallows_interrupts, limit_s=1e-6)
    supervisor.turn()
    service.db.change("UPDATE job SET state = 'SUCCESS', ended_at = 1, consumer = NULL")
    said: list[str] = []
    service.events.listen(lambda name, fields: said.append(name))
    process.kill()
    supervisor.turn()
    assert "job.time_limit" not in said


def test_the_consumer_pulses_when_all_workers_sit(
    service: Service, supervisor: Supervisor, scoreboard: Scoreboard, worker: Callable[..., Worker]
) -> None:
    slot = scoreboard.reserve()
    supervisor.turn()
    assert service.consumers.alive() == []
    scoreboard.worker_slot(slot).sit_down()
    supervisor.turn()
    assert [consumer.uid for consumer in service.consumers.all() if consumer.beat] == [supervisor.me.uid]


def test_a_worker_that_died_before_it_sat_down_does_not_silence_the_consumer(
    service: Service, supervisor: Supervisor, scoreboard: Scoreboard, monotonic: Clock, worker: Callable[..., Worker]
) -> None:
    worker()
    supervisor.turn()
    scoreboard.reserve()  # forked, and killed before it could say its id
    beats = []
    for _ in range(5):
        monotonic.pass_(10)
        supervisor.turn()
        beats.append(service.consumers.all()[0].beat)
    assert beats[-1] > beats[0]


def test_who_was_struck_off_enters_again(
    service: Service, supervisor: Supervisor, monotonic: Clock, worker: Callable[..., Worker]
) -> None:
    process = worker(swallows_interrupts)
    supervisor.turn()
    service.ledger.rescue(supervisor.me.uid, None, 2)
    service.consumers.leave(supervisor.me.uid)
    monotonic.pass_(10)
    supervisor.turn()
    assert [consumer.uid for consumer in service.consumers.all()] == [supervisor.me.uid]
    # What it still runs is somebody else's by now.
    assert process.pipe.poll(20)


def test_what_was_claimed_while_the_consumer_was_struck_off_goes_on(
    service: Service, supervisor: Supervisor, monotonic: Clock, worker: Callable[..., Worker]
) -> None:
    worker()
    supervisor.turn()
    # As where several may write at a time: the claim was begun before the consumer's row was gone for all to see.
    service.consumers.leave(supervisor.me.uid)
    monotonic.pass_(10)
    for _ in range(3):
        supervisor.turn()
        monotonic.pass_(KILL_AFTER_S)
    claim = queries.running_of(service.db, supervisor.me.uid)
    assert (state(service, only(service)), len(claim)) == ("STARTED", 1)
    assert [consumer.uid for consumer in service.consumers.all()] == [supervisor.me.uid]


def test_a_consumer_that_was_struck_off_claims_nothing(service: Service, supervisor: Supervisor) -> None:
    service.ledger.enqueue(a_spec())
    service.consumers.leave(supervisor.me.uid)
    assert service.ledger.claim(supervisor.me.uid, supervisor.me.name, 17) is None
    service.consumers.enter(supervisor.me)
    assert service.ledger.claim(supervisor.me.uid, supervisor.me.name, 17) is not None


def test_a_consumer_whose_workers_are_gone_is_not_alive(
    service: Service, supervisor: Supervisor, monotonic: Clock, clock: Clock, worker: Callable[..., Worker]
) -> None:
    process = worker()
    supervisor.turn()
    assert service.consumers.alive()
    process.kill()
    supervisor.turn()
    monotonic.pass_(3)
    supervisor.turn()
    assert [consumer.living for consumer in service.consumers.all()] == [0]
    assert Consumers(service.db, clock, 10.0).alive() == []


def test_a_hung_main_process_is_ended(service: Service, scoreboard: Scoreboard, monotonic: Clock) -> None:
    main = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    me = service.consumers.join("worker", 1)
    me = replace(me, process=replace(me.process, pid=main.pid))
    made = supervisor_of(service, scoreboard, me, monotonic)
    monotonic.pass_(3600)  # nobody looked meanwhile
    for _ in range(20):
        made.turn()
        scoreboard.beat(MAIN)
        monotonic.pass_(2)
    assert main.poll() is None
    for _ in range(12):
        made.turn()
        monotonic.pass_(2)
    main.stdin.close()  # type: ignore[union-attr]
    assert main.wait(20) == -signal.SIGKILL
    made.take_leave()


def test_while_the_database_is_away_one_turn_in_a_while_says_so(
    service: Service, supervisor: Supervisor, worker: Callable[..., Worker]
) -> None:
    said: list[str] = []
    service.events.listen(lambda name, fields: said.append(name))
    worker().kill()

    def away(*_: object, **__: object) -> int:
        raise Unavailable("unable to open database file")

    supervisor.leases.rescue_worker = away  # type: ignore[method-assign]
    for _ in range(100):
        supervisor.turn()
    assert said.count("supervisor.database_unavailable") == 1
    assert supervisor.pause_s == PAUSES_S[1]


def test_ready_is_said_once(
    service: Service, supervisor: Supervisor, monotonic: Clock, worker: Callable[..., Worker]
) -> None:
    worker()
    said: list[str] = []
    service.events.listen(lambda name, fields: said.append(name))
    for _ in range(3):
        monotonic.pass_(10)
        supervisor.turn()
    assert said == ["worker.ready"]


def test_delayed_runs_come_due_at_a_turn(service: Service, supervisor: Supervisor, clock: Clock) -> None:
    uid = service.ledger.enqueue(a_spec(eta=clock() + 10))
    clock.pass_(10)
    supervisor.turn()
    assert task(service, uid).wait_until is None


def test_old_runs_are_cleaned_away(service: Service, supervisor: Supervisor, clock: Clock) -> None:
    uid = service.ledger.enqueue(a_spec())
    service.ledger.revoke_waiting(uid, "cancelled")
    clock.pass_(61)
    supervisor.turn()
    assert service.db.rows("SELECT uid FROM job") == []


def test_a_stopping_consumer_takes_no_more_runs_but_still_guards(
    service: Service, supervisor: Supervisor, worker: Callable[..., Worker]
) -> None:
    process = worker(swallows_interrupts)
    supervisor.turn()
    supervisor.stop()
    assert service.consumers.alive() == []
    assert not supervisor.idle()
    supervisor.kill()
    process.process.join(5)
    supervisor.turn()
    assert supervisor.idle()
    assert state(service, only(service)) == "PENDING"
