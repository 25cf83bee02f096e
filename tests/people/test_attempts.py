"""Whoever fails too often has to wait."""

from tests.support.clock import Clock
from walkabout.people.sign_in_limits import KEYS_MOST, SignInLimits


def _failed(attempts: SignInLimits, times: int, key: str = "k") -> None:
    for _ in range(times):
        attempts.failed(key)


def test_waits_after_the_last_allowed_failure(clock: Clock) -> None:
    attempts = SignInLimits(clock, 60)
    _failed(attempts, 2)
    assert attempts.wait_s("k", 3) == 0
    clock.pass_(10)
    _failed(attempts, 1)
    assert attempts.wait_s("k", 3) == 50


def test_failures_are_forgotten_one_by_one(clock: Clock) -> None:
    attempts = SignInLimits(clock, 60)
    _failed(attempts, 1)
    clock.pass_(40)
    _failed(attempts, 1)
    clock.pass_(20)
    assert attempts.wait_s("k", 2) == 0
    assert attempts.wait_s("k", 1) == 40


def test_keys_count_apart_and_a_success_forgets(clock: Clock) -> None:
    attempts = SignInLimits(clock, 60)
    _failed(attempts, 5, "a")
    assert attempts.wait_s("b", 1) == 0
    attempts.succeeded("a")
    assert attempts.wait_s("a", 1) == 0


def test_memory_has_an_end(clock: Clock) -> None:
    attempts = SignInLimits(clock, 60)
    for number in range(KEYS_MOST + 5):
        attempts.failed(str(number))
    assert attempts.wait_s("0", 1) == 0
    assert attempts.wait_s(str(KEYS_MOST), 1) > 0
