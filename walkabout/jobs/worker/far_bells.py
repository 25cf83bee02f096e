"""Rings the bells of other machines, by calls through the database.

Each process that rings has a thread that sends the calls, at most every CALL_EVERY_S: many rings are one call; and none,
where nobody on another machine receives them. Of each machine the web process and the supervisor have a thread that receives
them, and rings the bells there. A call may be lost, as any ring may.
"""

import os
import threading
import time
from collections.abc import Callable, Collection

from walkabout.database.connections import Unavailable
from walkabout.database.engine import Calls

CALL_EVERY_S = 0.01
LOOK_EVERY_S = (
    1.0  # between two looks whether anybody receives: a machine that has just begun looks by itself until then
)
RECEIVE_S = 1.0  # how soon a thread sees that it is to end
AGAIN_S = 1.0  # between two tries while the database is away


class FarBells:
    """The bells of all other machines. `make_calls()`: what a process sends and receives by; `here`: tells this machine's
    calls from others; `ring_near(room)`: rings the bells of a room on this machine."""

    _sends: bool

    def __init__(self, make_calls: Callable[[str], Calls], here: str, ring_near: Callable[[str], None]) -> None:
        self._make_calls = make_calls
        self._here = here
        self._ring_near = ring_near
        self._start_anew()

    def ring(self, room: str) -> None:
        """Ring all bells of a room, soon. Never waits, never fails."""
        if self._pid != os.getpid():
            self._start_anew()
        with self._lock:
            self._rung.add(room)
            if not self._sends and not self._closed.is_set():
                self._sends = True
                threading.Thread(target=self._send, name="far-bells", daemon=True).start()
        self._some.set()

    def receive(self, rooms: Collection[str]) -> None:
        """From now on ring the bells of these rooms on this machine when others ring them."""
        if self._pid != os.getpid():
            self._start_anew()
        threading.Thread(target=self._receive, args=(self._calls, rooms), name="far-rings", daemon=True).start()

    def close(self) -> None:
        """Send and receive no more."""
        self._closed.set()
        self._some.set()

    def _start_anew(self) -> None:
        """Threads and connections of a parent are not ours."""
        self._pid = os.getpid()
        self._calls = self._make_calls(self._here)
        self._lock = threading.Lock()
        self._rung: set[str] = set()
        self._some = threading.Event()
        self._closed = threading.Event()
        self._sends = False

    def _send(self) -> None:
        look_at, heard = float("-inf"), False
        while not self._closed.is_set():
            self._some.wait()
            with self._lock:
                rooms, self._rung = self._rung, set()
                self._some.clear()
            if not rooms:
                continue
            try:
                if (now := time.monotonic()) >= look_at:
                    look_at, heard = now + LOOK_EVERY_S, self._calls.are_heard_elsewhere()
                if heard:
                    self._calls.send([f"{room} {self._here}" for room in sorted(rooms)])
                self._closed.wait(CALL_EVERY_S if heard else LOOK_EVERY_S)
            except Unavailable:
                self._closed.wait(AGAIN_S)  # who waits there looks by itself
        self._calls.close()

    def _receive(self, calls: Calls, rooms: Collection[str]) -> None:
        while not self._closed.is_set():
            try:
                heard = calls.receive(RECEIVE_S)
            except Unavailable:
                self._closed.wait(AGAIN_S)
                continue
            # When it begins to listen, nobody knows what was said before.
            said = [f"{room} elsewhere" for room in rooms] if heard is None else heard
            for room in {text.partition(" ")[0] for text in said if text.partition(" ")[2] != self._here} & set(rooms):
                self._ring_near(room)
        calls.close_receiver()
