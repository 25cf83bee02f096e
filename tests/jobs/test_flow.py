"""Throughput and waiting, by steps of time."""

from tests.support.clock import Clock
from tests.support.jobs import a_spec, claimed, started
from walkabout.service import Service
from walkabout.web.pages.queue.flow import HOUR, Flows


def test_counts_what_ended_and_how_long_it_had_waited(service: Service, clock: Clock) -> None:
    service.ledger.enqueue(a_spec())
    clock.pass_(7)
    service.ledger.succeed(claimed(service), "{}")
    claim = started(service)
    service.ledger.fail(claim.id, claim.attempt, "ValueError", "x")
    flow = Flows(service.db, clock).flow(HOUR, None)
    last = flow.steps[-1]
    assert (len(flow.steps), last.ended, last.failed, last.waited_s, last.longest_s) == (60, 2, 1, 3.5, 7.0)
    assert (flow.ended, flow.failed, flow.longest_s) == (2, 1, 7.0)


def test_each_step_has_its_own_time(service: Service, clock: Clock) -> None:
    service.ledger.succeed(started(service), "{}")
    clock.pass_(60)
    service.ledger.succeed(started(service), "{}")
    flow = Flows(service.db, clock).flow(HOUR, None)
    assert [step.ended for step in flow.steps[-3:]] == [0, 1, 1]


def test_an_owner_s_flow_is_the_own_runs(service: Service, clock: Clock) -> None:
    service.ledger.succeed(started(service, owner="ana"), "{}")
    flows = Flows(service.db, clock)
    assert (flows.flow(HOUR, "ana").ended, flows.flow(HOUR, "bob").ended) == (1, 0)


def test_figures_are_remembered_for_a_while(service: Service, clock: Clock) -> None:
    flows = Flows(service.db, clock)
    assert flows.flow(HOUR, None).ended == 0
    service.ledger.succeed(started(service), "{}")
    assert flows.flow(HOUR, None).ended == 0
    clock.pass_(3600 / 2)
    assert flows.flow(HOUR, None).ended == 1
