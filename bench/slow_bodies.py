"""Hundreds of connections that send one byte of a body and wait: what others notice, and what it costs in memory."""

import resource
import socket
import statistics
import threading
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

from bench.memory import total_mb
from bench.serving import Wire, percentile, serving, signed_in
from tests.support.house import House

SLOW = (0, 260, 1000, 2000)
ASKED = 300
BEGIN = b"POST /user/token/ HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
DRIP_S = 0.5


def main() -> None:
    """One line for each number of slow connections."""
    # The defaults would end the slow ones while it is measured; here only their number counts.
    with serving(BODY_GRACE_S="600", BODY_DEADLINE_S="600", BODIES_MAX="4000") as house:
        for count in SLOW:
            _measure(house, count)
    with serving() as house:
        _until_ended(house)


def _measure(house: House, count: int) -> None:
    with ExitStack() as stack:
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        slow = [stack.enter_context(_connected(house)) for _ in range(count)]
        stopped = threading.Event()
        dripping = threading.Thread(target=_drip, args=(slow, stopped))
        for one in slow:
            one.sendall(BEGIN)
        dripping.start()
        admin = signed_in(house)
        reads = _times(admin, admin.prepared("GET", "/js_public/info"))
        body = {"name": "echo", "ctx": {"value": 1}, "is_async": True}
        posts = _times(admin, admin.prepared("POST", "/js/walker_run", body))
        memory = total_mb(house)
        stopped.set()
        dripping.join()
    print(
        f"{count:5} slow: GET {statistics.median(reads):.2f} / {percentile(reads, 0.99):.2f} ms,"
        f" POST {statistics.median(posts):.2f} / {percentile(posts, 0.99):.2f} ms (median / p99), {memory:.0f} MB PSS",
        flush=True,
    )


def _until_ended(house: House) -> None:
    with _connected(house) as one:
        one.sendall(BEGIN)
        start = time.perf_counter()
        one.recv(65536)
        print(f"with the default settings a body that does not come is ended after {time.perf_counter() - start:.1f} s")


def _connected(house: House) -> socket.socket:
    parts = urlsplit(house.url)
    return socket.create_connection((parts.hostname or "", parts.port or 80))


def _drip(slow: list[socket.socket], stopped: threading.Event) -> None:
    while not stopped.wait(DRIP_S):
        for one in slow:
            one.sendall(b" ")


def _times(wire: Wire, request: bytes) -> list[float]:
    times = []
    for _ in range(ASKED):
        start = time.perf_counter()
        wire.send(request)
        times.append((time.perf_counter() - start) * 1000)
    return times
