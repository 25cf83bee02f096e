"""Passwords are hashed as they are meant to be, few at a time, and at the same cost for everybody."""

import hashlib
import threading
from typing import Any

import pytest
from werkzeug.security import generate_password_hash

from tests.support.until import until
from walkabout.people import passwords as module
from walkabout.people.passwords import COST, Cost, HashesBusy, Passwords

SMALL, SMALLER = Cost(n=16, r=1, p=3), Cost(n=16, r=1, p=1)


class Gate:
    """Stands in for scrypt: holds hashes until it is opened, and counts them."""

    def __init__(self) -> None:
        self.began = threading.Semaphore(0)
        self.open = threading.Event()
        self.lock = threading.Lock()
        self.running = self.most = self.made = 0

    def __call__(self, _password: bytes, **_how: Any) -> bytes:
        with self.lock:
            self.running += 1
            self.made += 1
            self.most = max(self.most, self.running)
        self.began.release()
        assert self.open.wait(30)
        with self.lock:
            self.running -= 1
        return bytes(64)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    made = Gate()
    monkeypatch.setattr(hashlib, "scrypt", made)
    return made


@pytest.fixture
def spent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
    """The cost of each hash that is made."""
    real, costs = hashlib.scrypt, []

    def scrypt(password: bytes, **how: Any) -> bytes:
        costs.append((how["n"], how["r"], how["p"]))
        return real(password, **how)

    monkeypatch.setattr(hashlib, "scrypt", scrypt)
    return costs


def test_a_hash_costs_what_owasp_recommends() -> None:
    passwords = Passwords(2, 5)
    kept = passwords.hash("correct-horse")
    assert kept.startswith("scrypt:32768:8:3$")
    assert passwords.is_right(kept, "correct-horse")
    assert not passwords.is_outdated(kept)
    assert Cost(2**15, 8, 3) == COST


def test_the_same_password_is_kept_in_another_form_each_time() -> None:
    passwords = Passwords(2, 5, SMALL)
    assert passwords.hash("a") != passwords.hash("a")


def test_hashes_of_earlier_versions_are_read_and_are_outdated() -> None:
    passwords = Passwords(2, 5)
    kept = generate_password_hash("correct-horse")
    assert passwords.is_right(kept, "correct-horse")
    assert not passwords.is_right(kept, "wrong-horse")
    assert passwords.is_outdated(kept)


@pytest.mark.parametrize(
    "kept", [None, "", "x", "scrypt:16:1:1$a", "scrypt:a:b:c$d$e", "pbkdf2:16:1:1$s$00", "scrypt:16:1:1$s$xx"]
)
def test_what_is_no_hash_is_nobodys_password_and_costs_as_much(
    kept: str | None, spent: list[tuple[int, int, int]]
) -> None:
    assert not Passwords(2, 5, SMALL).is_right(kept, "")
    assert spent == [(16, 1, 3)]


def test_a_wrong_password_of_an_old_hash_costs_as_much_as_nobodys(spent: list[tuple[int, int, int]]) -> None:
    kept = Passwords(2, 5, SMALLER).hash("a")
    spent.clear()
    assert not Passwords(2, 5, SMALL).is_right(kept, "b")
    assert [(n, r) for n, r, _ in spent] == [(16, 1)] * 2
    assert sum(p for _, _, p in spent) == 3


@pytest.mark.parametrize("odd", ["", "\0", "\ud800", "é\u202e𐏿", "x" * 100_000])
def test_any_text_can_be_a_password(odd: str) -> None:
    passwords = Passwords(2, 5, SMALL)
    assert passwords.is_right(passwords.hash(odd), odd)
    assert not passwords.is_right(passwords.hash(odd), odd + "x")


def test_only_so_many_are_hashed_at_once(gate: Gate) -> None:
    passwords = Passwords(3, 60, SMALL)
    threads = [threading.Thread(target=passwords.hash, args=("a",)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        assert gate.began.acquire(timeout=30)
    assert gate.running == 3
    gate.open.set()
    for thread in threads:
        thread.join(30)
    assert (gate.most, gate.made) == (3, 12)


def test_who_would_wait_too_long_is_refused_at_once(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_GUESS_S", 1.0)
    passwords = Passwords(1, 2.5, SMALL)
    threads = [threading.Thread(target=passwords.hash, args=("a",)) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert gate.began.acquire(timeout=30)
    until(lambda: passwords.waiting == 2)
    for ask in (lambda: passwords.hash("a"), lambda: passwords.is_right(None, "a")):
        with pytest.raises(HashesBusy) as caught:
            ask()
        assert caught.value.retry_after_s == 3
    gate.open.set()
    for thread in threads:
        thread.join(30)
    assert gate.made == 3
    passwords.hash("a")


def test_who_has_waited_too_long_is_refused(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FIRST_GUESS_S", 0.0)
    passwords = Passwords(1, 0.01, SMALL)
    thread = threading.Thread(target=passwords.hash, args=("a",))
    thread.start()
    assert gate.began.acquire(timeout=30)
    with pytest.raises(HashesBusy):
        passwords.hash("b")
    gate.open.set()
    thread.join(30)
    assert gate.made == 1
    assert passwords.waiting == 0


def test_a_hash_that_fails_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords(1, 5, Cost(n=3, r=1, p=1))  # N is no power of two
    for _ in range(3):
        with pytest.raises(ValueError, match="n must be a power of 2"):
            passwords.hash("a")
