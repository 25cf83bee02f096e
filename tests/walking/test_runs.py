"""Runs of the sentinel's walkers: what is kept of them, pauses, and jobs that they start."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.cast import person
from tests.support.clock import Clock
from tests.support.jobs import entered, state
from tests.support.walks import keep, root_of, run, view_of
from walkabout.database.connections import Conflict
from walkabout.jobs import queries
from walkabout.jobs.foreground import RequestHooks
from walkabout.jobs.run import UNKNOWN_EVERY_S
from walkabout.jobs.thread_place import ThreadPlace
from walkabout.jobs.worker.scoreboard import Scoreboard
from walkabout.people.masters import Master
from walkabout.service import Service
from walkabout.walking.call import WalkerCall
from walkabout.walking.calls import Gone
from walkabout.walking.fields import BadContext
from walkabout.walking.sentinel import UnknownWalker


def road(service: Service, ana: Master, *names: str) -> None:
    """A row of places that begins at Ana's root."""
    view = view_of(service, ana)
    here = root_of(view, ana)
    for name in names:
        here = here.create("place", name=name)
    keep(service, view)


def root_context(service: Service, ana: Master) -> dict[str, Any]:
    return root_of(view_of(service, ana), ana).context


def work(service: Service) -> str:
    """Run the next job as a worker does; its uid."""
    claim = service.ledger.claim(entered(service.db, "c"), "huey@box", 1)
    assert claim is not None
    place = Scoreboard(1).worker_slot(0)
    place.begin(claim.id, claim.attempt, claim.limit_s)
    service.runner.run(claim, place)
    return claim.uid


def test_a_run_keeps_what_it_changed(service: Service, ana: Master) -> None:
    assert run(service, ana, "count", by=2)["report"] == [2]
    assert root_context(service, ana) == {"count": 2}


def test_a_run_that_raises_keeps_nothing(service: Service, ana: Master) -> None:
    answer = run(service, ana, "fail", message="no")
    assert (answer["success"], answer["errors"]) == (False, ["ValueError: no"])
    assert root_context(service, ana) == {}


def test_a_pause_keeps_what_was_changed_and_says_so(service: Service, ana: Master) -> None:
    assert run(service, ana, "stroll")["yielded"] is True


def test_the_next_run_goes_on_where_the_last_one_paused(service: Service, ana: Master) -> None:
    road(service, ana, "a", "b")
    seen = [run(service, ana, "stroll")["report"] for _ in range(3)]
    assert seen == [["root"], ["a"], ["b"]]


def test_a_walk_that_goes_on_keeps_its_fields(service: Service, ana: Master) -> None:
    road(service, ana, "a", "b")
    run(service, ana, "stroll")
    run(service, ana, "stroll")
    resting = service.runs.resting.read(ana.uid, "stroll")
    assert resting is not None
    assert resting.values["seen"] == 2


def test_fields_that_are_given_win_over_those_that_rested(service: Service, ana: Master) -> None:
    road(service, ana, "a", "b")
    run(service, ana, "stroll")
    run(service, ana, "stroll", seen=10)
    resting = service.runs.resting.read(ana.uid, "stroll")
    assert resting is not None
    assert resting.values["seen"] == 11


def test_a_node_that_waited_and_is_gone_is_left_out(service: Service, ana: Master) -> None:
    road(service, ana, "a")
    run(service, ana, "stroll")
    service.db.change("DELETE FROM node WHERE kind = 'place'")
    assert run(service, ana, "stroll")["report"] == []
    assert service.runs.resting.read(ana.uid, "stroll") is None


def test_two_runs_that_go_on_from_one_pause_are_in_conflict(service: Service, ana: Master) -> None:
    run(service, ana, "stroll")
    errand = WalkerCall("stroll", ana.uid, ana.active_graph or "", {})
    one, two = (service.runs.once(errand, RequestHooks(ThreadPlace())) for _ in range(2))
    assert one.apply is not None
    assert two.apply is not None
    with service.db.transaction():
        one.apply()
    with pytest.raises(Conflict), service.db.transaction():
        two.apply()


def test_a_field_whose_type_changed_meanwhile_does_not_lock_the_walk_for_ever(service: Service, ana: Master) -> None:
    run(service, ana, "stroll")
    service.db.change('UPDATE resting_walk SET state = replace(state, \'"seen":1\', \'"seen":"one"\')')
    assert run(service, ana, "stroll", seen=1)["success"]


def test_jobs_that_a_walker_starts_are_asked_when_it_ends_well(service: Service, ana: Master) -> None:
    uid = run(service, ana, "parent")["report"][1]
    assert state(service, uid) == "PENDING"
    assert work(service) == uid
    assert root_context(service, ana) == {"parent": True, "count": 5}


SOURCE = """
import asyncio

from walkabout import Walker, at

class Starts(Walker):
    delay: float = 0
    priority: int = 0
    fails: bool = False
    @at()
    def go(self, here):
        self.report(self.start("starts", delay=self.delay, priority=self.priority))
        if self.fails:
            raise ValueError

class Bad(Walker):
    @at()
    def go(self, here):
        here.create("thing")["bad"] = float("nan")

class Odd(Walker):
    @at()
    def go(self, here):
        raise asyncio.CancelledError

class Vague(Walker):
    @at()
    def go(self, here):
        here["vague"] = True
        self.report(float("nan"))
"""


@pytest.fixture
def written(service: Service, tmp_path: Any) -> Service:
    """The service with walkers that a test wrote."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "starts.py").write_text(SOURCE)
    service.sentinel.folders = (*service.sentinel.folders, tmp_path / "more")
    return service


def test_a_report_that_is_no_json_is_an_error_and_keeps_nothing(written: Service, ana: Master) -> None:
    answer = run(written, ana, "vague")
    assert (answer["success"], answer["report"]) == (False, [])
    assert root_context(written, ana) == {}


def test_jobs_of_a_walker_that_raised_are_not_asked(written: Service, ana: Master) -> None:
    run(written, ana, "starts", fails=True)
    assert written.db.rows("SELECT uid FROM job") == []


def test_a_job_may_wait(written: Service, ana: Master, clock: Clock) -> None:
    uid = run(written, ana, "starts", delay=60.0)["report"][0]
    found = queries.job(written.db, uid)
    assert found is not None
    assert found.wait_until == clock() + 60


@pytest.mark.parametrize(
    "terms", [{"priority": 10}, {"priority": -10}, {"priority": 2**70}, {"delay": -1.0}, {"delay": 1e300}]
)
def test_terms_of_a_job_that_can_not_be_are_the_walkers_error(
    written: Service, ana: Master, terms: dict[str, Any]
) -> None:
    assert run(written, ana, "starts", **terms)["success"] is False


@pytest.mark.parametrize("name", ["bad", "odd"])
def test_a_job_always_ends_whatever_its_walker_does(written: Service, ana: Master, name: str) -> None:
    walker = written.sentinel.walker(name)
    written.ledger.enqueue(WalkerCall(name, ana.uid, ana.active_graph or "", {}).as_spec(walker, 60))
    uid = work(written)
    assert state(written, uid) == "FAILURE"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("UPDATE master SET is_activated = 0", "Gone"),
        ("DELETE FROM node", "Gone"),
        ("UPDATE job SET argument = replace(argument, '\"value\"', '\"worth\"')", "BadContext"),
    ],
)
def test_a_job_whose_premises_have_gone_is_a_failure_that_says_so(
    service: Service, ana: Master, change: str, kind: str
) -> None:
    walker = service.sentinel.walker("echo")
    uid = service.ledger.enqueue(WalkerCall("echo", ana.uid, ana.active_graph or "", {"value": 1}).as_spec(walker, 60))
    service.db.change(change)
    work(service)
    found = queries.job(service.db, uid)
    assert found is not None
    assert (found.state, json.loads(found.error or "{}")["type"]) == ("FAILURE", kind)


RENAMED = "UPDATE job SET argument = replace(argument, '\"echo\"', '\"gone\"')"


def an_echo(service: Service, ana: Master) -> str:
    call = WalkerCall("echo", ana.uid, ana.active_graph or "", {"value": 1})
    return service.ledger.enqueue(call.as_spec(service.sentinel.walker("echo"), 60))


def test_a_job_whose_walker_a_worker_does_not_know_is_left_to_others(
    service: Service, ana: Master, clock: Clock
) -> None:
    uid = an_echo(service, ana)
    service.db.change(RENAMED)
    work(service)
    left = queries.job(service.db, uid)
    assert left is not None
    assert (left.state, json.loads(left.error or "{}")["type"]) == ("RETRY", "UnknownWalker")
    assert service.db.value("SELECT raised FROM job WHERE uid = ?", (uid,)) == 0
    service.db.change("UPDATE job SET argument = replace(argument, '\"gone\"', '\"echo\"')")
    clock.pass_(UNKNOWN_EVERY_S)
    assert service.ledger.release_due() == 1
    work(service)
    assert (state(service, uid), left.attempt) == ("SUCCESS", 1)


@pytest.mark.parametrize(
    ("change", "kind"), [(RENAMED, "UnknownWalker"), ("UPDATE job SET kind = 'of tomorrow'", "UnknownKind")]
)
def test_a_job_that_nobody_knows_how_to_run_fails_after_a_while(
    make_service: Callable[..., Service], clock: Clock, change: str, kind: str
) -> None:
    service = make_service(unknown_wait_s=2 * UNKNOWN_EVERY_S)
    uid = an_echo(service, person(service, "ana"))
    service.db.change(change)
    states = []
    for _ in range(3):
        work(service)
        states.append(state(service, uid))
        clock.pass_(UNKNOWN_EVERY_S)
        service.ledger.release_due()
    found = queries.job(service.db, uid)
    assert states == ["RETRY", "RETRY", "FAILURE"]
    assert found is not None
    assert json.loads(found.error or "{}")["type"] == kind


def test_a_job_has_the_terms_of_its_walker(service: Service, ana: Master) -> None:
    ask = WalkerCall("flaky", ana.uid, "", {"journal": "x"}).as_spec(service.sentinel.walker("flaky"), 60)
    assert (ask.limit_s, ask.max_attempts, ask.repeatable) == (60, 3, True)
    assert WalkerCall("stubborn", ana.uid, "", {}).as_spec(service.sentinel.walker("stubborn"), 60).limit_s == 1.0


@pytest.mark.parametrize(
    ("name", "ctx", "error"), [("gone", {}, UnknownWalker), ("typed", {}, BadContext), ("echo", {"x": 1}, BadContext)]
)
def test_what_can_not_run_is_told_before_it_runs(
    service: Service, ana: Master, name: str, ctx: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        run(service, ana, name, **ctx)


def test_a_walk_from_a_node_of_somebody_else_is_a_walk_from_nowhere(service: Service, ana: Master) -> None:
    with pytest.raises(Gone):
        run(service, ana, "echo", node="00000000-0000-4000-8000-000000000000")
