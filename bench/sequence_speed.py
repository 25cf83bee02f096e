"""How fast sequences run, against bare requests: loopback, HTTP and TLS, one process for the servers, one run for all.

    python -m bench.sequence_speed [--posts 1000] [--tls-posts 200] [--items 1000] [--pages 10000]

Prints ratios; smaller is better but for the last one. The same server answers both sides, alternately, so that a busy
machine disturbs both.
"""

import argparse
import gc
import json
import multiprocessing
import socket
import ssl
import statistics
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

import sequence
from tests.support.certificate import self_signed

ROUNDS = 3
BODY = {"n": 1, "text": "a small body"}
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 29\r\n\r\n{"ok": true, "id": "abcdefg"}'


def serve(port: Any, pause_s: float, certificate: str | None) -> None:
    """A server that does next to nothing per request, so that the client's own time shows."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    port.send(listener.getsockname()[1])
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer_all, args=(connection, pause_s, context), daemon=True).start()


def answer_all(connection: socket.socket, pause_s: float, context: ssl.SSLContext | None) -> None:
    """Answer every request of one connection."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        stream = context.wrap_socket(connection, server_side=True) if context else connection
        data = b""
        while piece := stream.recv(65536):
            data += piece
            head, blank, body = data.partition(b"\r\n\r\n")
            if not blank or len(body) < length_of(head):
                continue
            data = b""
            if pause_s:
                time.sleep(pause_s)
            stream.sendall(ANSWER)
    except OSError:
        pass
    finally:
        connection.close()


def length_of(head: bytes) -> int:
    """The Content-Length of a head."""
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


@contextmanager
def server(pause_s: float = 0.0, certificate: str | None = None) -> Iterator[str]:
    """A server in a process of its own; its URL."""
    near, far = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(far, pause_s, certificate), daemon=True)
    process.start()
    try:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{near.recv()}/post"
    finally:
        process.kill()
        process.join()


def timed(work: Callable[[], None]) -> float:
    """Seconds that something takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def alternately(*works: Callable[[], None]) -> list[float]:
    """The median of each work's times, taken in turns."""
    rounds = [[timed(work) for work in works] for _ in range(ROUNDS)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def posts_in_a_row(url: str, count: int) -> dict[str, Any]:
    """A sequence of so many small POSTs."""
    return {"requests": [{"method": "POST", "api": url, "body": BODY} for _ in range(count)]}


def ran(argument: dict[str, Any], sender: Any) -> None:
    """Run a sequence that must go well."""
    run = sequence.run(argument, sender=sender)
    assert run.ok, run.error


def bare(url: str, count: int, verify: Any = True) -> None:
    """The same by `requests.post`, as the original makes them."""
    for _ in range(count):
        requests.post(url, json=BODY, verify=verify).raise_for_status()


def session_calls(url: str, count: int) -> None:
    """The same by one Session."""
    with requests.Session() as session:
        session.trust_env = False
        for _ in range(count):
            session.post(url, json=BODY).raise_for_status()


def http(count: int) -> None:
    """POSTs in a row, and what a step adds."""
    with server() as url:
        live = sequence.Live()
        argument = posts_in_a_row(url, count)
        sequence_s, bare_s, session_s, journaled_s = alternately(
            lambda: ran(argument, live),
            lambda: bare(url, count),
            lambda: session_calls(url, count),
            lambda: ran(argument, sequence.Replay(sequence.MemoryJournal(), live)),
        )
    print(f"{count} POSTs: sequence {count / sequence_s:.0f}/s, requests.post {count / bare_s:.0f}/s, ", end="")
    print(f"Session {count / session_s:.0f}/s")
    print(f"  time of a sequence / of requests.post: {sequence_s / bare_s:.2f} (at most 0.6)")
    print(f"  added per step over a Session: {(sequence_s - session_s) / count * 1000:.3f} ms (under 0.3)")
    print(f"  the same with a journal in memory: {(journaled_s - session_s) / count * 1000:.3f} ms (under 0.5)")


def tls(count: int, folder: str) -> None:
    """The same over TLS."""
    both, certificate = self_signed(Path(folder))
    # A bundle of the usual size with the test's own authority added, as an operator would do it.
    bundle = f"{folder}/bundle.pem"
    Path(bundle).write_text(Path(requests.certs.where()).read_text() + certificate.read_text())
    with server(certificate=str(both)) as url:
        argument = posts_in_a_row(url, count)
        sequence_s, bare_s = alternately(
            # A new network each time: loading the authorities once is part of the run.
            lambda: ran(argument, sequence.Live(sequence.Network(ca_bundle=bundle))),
            lambda: bare(url, count, bundle),
        )
    print(f"{count} POSTs over TLS: sequence {count / sequence_s:.0f}/s, requests.post {count / bare_s:.1f}/s")
    print(f"  time of a sequence / of requests.post: {sequence_s / bare_s:.3f} (at most 0.05)")


def loop(count: int) -> None:
    """A loop over items that take 10 ms each, one at a time and eight at a time."""
    with server(pause_s=0.010) as url:
        live = sequence.Live()

        def side_by_side(concurrency: int) -> None:
            steps = {
                "by": "#.rows",
                "concurrency": concurrency,
                "requests": [{"method": "POST", "api": url, "body": BODY}],
            }
            argument = {
                "persistence": {"rows": list(range(count))},
                "requests": [{"method": "POST", "api": url, "__def_loop__": steps}],
            }
            ran(argument, live)

        one_s, eight_s = timed(lambda: side_by_side(1)), timed(lambda: side_by_side(8))
    print(f"a loop over {count} items, 10 ms each: one at a time {one_s:.2f} s, eight at a time {eight_s:.2f} s")
    print(f"  times faster: {one_s / eight_s:.1f} (at least 6)")


def expressions(count: int) -> None:
    """What two expressions add to a step whose response has about 1 KB."""
    rows = [{"id": number, "name": f"item {number}", "price": number * 1.5, "stock": number} for number in range(17)]
    answers = {str(number): {"body": {"items": rows}} for number in range(count)}
    mock = sequence.Mock(answers)
    step = {"method": "POST", "api": "http://x/post", "body": BODY}
    plain = {"requests": [step] * count}
    saves = {"total": "{{= $sum(items.(price * stock)) }}", "low": "{{= [items[stock < 5].id] }}"}
    computed = {"requests": [{**step, "set": saves}] * count}
    plain_s, computed_s = alternately(lambda: ran(plain, mock), lambda: ran(computed, mock))
    size = len(json.dumps(answers["0"]["body"]))
    print(f"{count} steps over responses of {size} bytes, each with two expressions")
    print(f"  added per step: {(computed_s - plain_s) / count * 1000:.3f} ms (about 0.5)")


def traced() -> int:
    """Bytes that are in use."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def pages(count: int) -> None:
    """What following so many pages keeps in memory, against the list that comes out."""
    with server() as url:
        step = {
            "method": "POST",
            "api": url,
            "save_to": "all",
            "pages": {"next": {"n": "{{%.page}}"}, "max": count + 1},
        }
        settings = sequence.SequenceSettings(sequence.SequenceLimits(requests=count + 1))
        last = {"stop": [{"by": "%.page", "condition": {"gte": count}}]}
        argument = {"requests": [{**step, "pages": {**step["pages"], **last}}]}
        tracemalloc.start()
        run = sequence.run(argument, sender=sequence.Live(), settings=settings)
        peak = tracemalloc.get_traced_memory()[1]
        assert run.ok, run.error
        kept = traced()
        run.persistence.clear()
        without = traced()
        run.steps.clear()
        rest = traced()
        tracemalloc.stop()
    print(f"{count} pages: {kept / 1e6:.2f} MB afterwards, of which the list {(kept - without) / 1e6:.2f},", end=" ")
    print(f"records {(without - rest) / 1e6:.2f}, all else {rest / 1e6:.2f}; at most {peak / 1e6:.2f} MB on the way")


def main() -> None:
    """All of it."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--posts", type=int, default=1000)
    options.add_argument("--tls-posts", type=int, default=200)
    options.add_argument("--items", type=int, default=1000)
    options.add_argument("--pages", type=int, default=10_000)
    given = options.parse_args()
    http(given.posts)
    with tempfile.TemporaryDirectory() as folder:
        tls(given.tls_posts, folder)
    loop(given.items)
    expressions(given.posts)
    pages(given.pages)


if __name__ == "__main__":
    main()
