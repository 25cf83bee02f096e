"""Waiting for the end of a task."""

import threading

from tests.support.jobs import a_spec, claimed, started
from tests.support.until import until
from walkabout.jobs.waiting import Watcher
from walkabout.jobs.worker.wake_ups import WEB
from walkabout.service import Service

LONG_S = 30.0  # a timeout that only a failure reaches


def waiter(watcher: Watcher, uid: str) -> threading.Thread:
    thread = threading.Thread(target=watcher.wait, args=(uid, LONG_S), daemon=True)
    thread.start()
    return thread


def ended(thread: threading.Thread) -> bool:
    thread.join(LONG_S / 2)
    return not thread.is_alive()


def test_who_waits_is_told_of_the_end(service: Service) -> None:
    claim = started(service)
    thread = waiter(service.watcher, claim.uid)
    until(lambda: service.watcher._count == 1)
    service.ledger.succeed(claim, "{}")
    service.bells.ring(WEB)
    assert ended(thread)


def test_a_lost_bell_is_no_lost_end(service: Service) -> None:
    claim = started(service)
    thread = waiter(service.watcher, claim.uid)
    until(lambda: service.watcher._count == 1)
    service.ledger.succeed(claim, "{}")
    assert ended(thread)


def test_what_has_ended_is_not_waited_for(service: Service) -> None:
    claim = started(service)
    service.ledger.succeed(claim, "{}")
    assert ended(waiter(service.watcher, claim.uid))


def test_what_is_gone_is_not_waited_for(service: Service) -> None:
    assert ended(waiter(service.watcher, "gone"))


def test_the_wait_ends_after_its_seconds(service: Service) -> None:
    service.watcher.wait(service.ledger.enqueue(a_spec()), 0.01)


def test_many_may_wait_for_one_task(service: Service) -> None:
    claim = started(service)
    threads = [waiter(service.watcher, claim.uid) for _ in range(5)]
    until(lambda: service.watcher._count == 5)
    service.ledger.succeed(claim, "{}")
    service.bells.ring(WEB)
    assert all(ended(thread) for thread in threads)


def test_only_those_whose_task_has_ended_are_told(service: Service) -> None:
    service.ledger.enqueue(a_spec())
    service.ledger.enqueue(a_spec())
    one, two = claimed(service), claimed(service)
    threads = [waiter(service.watcher, claim.uid) for claim in (one, two)]
    until(lambda: service.watcher._count == 2)
    service.ledger.succeed(two, "{}")
    service.bells.ring(WEB)
    assert ended(threads[1])
    assert threads[0].is_alive()
    service.ledger.succeed(one, "{}")
    service.bells.ring(WEB)
    assert ended(threads[0])


def test_who_has_waited_leaves_no_trace(service: Service) -> None:
    service.watcher.wait(service.ledger.enqueue(a_spec()), 0)
    assert (service.watcher._count, dict(service.watcher._waiting)) == (0, {})
