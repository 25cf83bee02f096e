"""Hashes and checks passwords with scrypt, only a few at a time.

A hash takes 32 MiB and a third of a second on purpose, so whoever may ask for hashes may ask for all of the machine.
Every hash of this process goes through one `Passwords`, which makes few at a time and refuses who would wait long.
The form of a hash is that of Werkzeug, by which earlier versions made theirs: `scrypt:N:r:p$salt$hexadecimal`.
"""

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SALT_CHARS = 16
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_HASH_BYTES = 64
_FIRST_GUESS_S = 0.3  # how long a hash takes, until one was made


class HashesBusy(Exception):
    """So many passwords are being hashed that this one would wait too long; ask again in `retry_after_s` seconds."""

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__("Too many passwords are being checked; try again in a few seconds")


@dataclass(frozen=True)
class Cost:
    """What a hash costs: scrypt's N (its memory is 128 * N * r bytes), r and p.

    The default is one of those that OWASP's Password Storage Cheat Sheet recommends.
    """

    n: int = 2**15
    r: int = 8
    p: int = 3


COST = Cost()


class Passwords:
    """Makes and checks hashes. Raises HashesBusy from each of them."""

    def __init__(self, at_once: int, wait_s: float, cost: Cost = COST) -> None:
        """`at_once`: hashes that are made at the same time; `wait_s`: the longest wait for a place."""
        self.at_once = at_once
        self.wait_s = wait_s
        self.cost = cost
        self._free = threading.Semaphore(at_once)
        self._lock = threading.Lock()
        self.waiting = 0
        self._takes_s = _FIRST_GUESS_S
        # What nobody's password is compared with; its salt is as random as the others'.
        self._nobody = _text(cost, _salt(), bytes(_HASH_BYTES))

    def hash(self, password: str) -> str:
        """What is kept of a new password."""
        salt = _salt()
        with self._place():
            return _text(self.cost, salt, _scrypt(password, salt, self.cost))

    def is_right(self, stored: str | None, password: str) -> bool:
        """Whether it is the password of a kept hash; None: nobody's, which costs as much, so that time tells nothing."""
        cost, salt, wanted = _parts(stored) or _parts(self._nobody) or (self.cost, "", b"")
        with self._place():
            right = hmac.compare_digest(_scrypt(password, salt, cost), wanted)
            if not right and self._is_cheaper(cost):
                # A hash of an earlier version costs less than nobody's: pay the rest.
                _scrypt(password, salt, Cost(cost.n, cost.r, self.cost.p - cost.p))
        return right and _parts(stored) is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether a kept hash was made at another cost than hashes are made at now."""
        parts = _parts(stored)
        return parts is None or parts[0] != self.cost

    def _is_cheaper(self, cost: Cost) -> bool:
        return (cost.n, cost.r) == (self.cost.n, self.cost.r) and cost.p < self.cost.p

    @contextmanager
    def _place(self) -> Iterator[None]:
        self._wait()
        began = time.monotonic()
        try:
            yield
        finally:
            self._takes_s += (time.monotonic() - began - self._takes_s) / 8
            self._free.release()

    def _wait(self) -> None:
        with self._lock:
            # Who comes later waits behind those who wait already.
            if not self.waiting and self._free.acquire(blocking=False):
                return
            expected_s = (self.waiting + 1) * self._takes_s / self.at_once
            if expected_s > self.wait_s:
                raise HashesBusy(max(1, round(expected_s)))
            self.waiting += 1
        try:
            if not self._free.acquire(timeout=self.wait_s):
                raise HashesBusy(max(1, round(self.wait_s)))
        finally:
            with self._lock:
                self.waiting -= 1


def _salt() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(SALT_CHARS))


def _scrypt(password: str, salt: str, cost: Cost) -> bytes:
    # OpenSSL refuses what needs more than `maxmem`: 128 * N * r for the table, 128 * r * p for the blocks, and some.
    most = 128 * cost.r * (cost.n + cost.p + 2) + 2**20
    text = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(text, salt=salt.encode(), n=cost.n, r=cost.r, p=cost.p, maxmem=most, dklen=_HASH_BYTES)


def _text(cost: Cost, salt: str, made: bytes) -> str:
    return f"scrypt:{cost.n}:{cost.r}:{cost.p}${salt}${made.hex()}"


def _parts(stored: str | None) -> tuple[Cost, str, bytes] | None:
    """Cost, salt and hash of a kept text; None: it is no such text, and no password fits it."""
    try:
        how, salt, made = (stored or "").split("$")
        name, n, r, p = how.split(":")
        return (Cost(int(n), int(r), int(p)), salt, bytes.fromhex(made)) if name == "scrypt" else None
    except ValueError:
        return None
