"""Servers that misbehave: each is that step's clear error within its bounds."""

import gzip
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import sequence
from sequence import SequenceLimits, SequenceSettings
from tests.support.certificate import self_signed
from tests.support.scripted_server import Reply, Server

Play = Any
SMALL = SequenceSettings(SequenceLimits(response_bytes=100_000))
GET = {"method": "GET", "api": "/a", "save_to": "r"}


def error_of(run: sequence.SequenceRun) -> str:
    assert run.error is not None
    assert run.error.path == "0"
    assert list(run.persistence["r"]) == ["worker_error"]
    return run.error.message


def endless(head: bytes, piece: bytes) -> Callable[[Any], None]:
    """Writes the head, then the piece again and again until the client goes away."""

    def raw(handler: Any) -> None:
        handler.close_connection = True
        handler.wfile.write(head)
        try:
            while True:
                handler.wfile.write(piece)
        except OSError:
            pass

    return raw


def dripping(head: bytes, gone: threading.Event) -> Callable[[Any], None]:
    """Writes one byte at a time, each well within any timeout of a socket, until the client goes away."""

    def raw(handler: Any) -> None:
        handler.close_connection = True
        try:
            handler.wfile.write(head)
            while not gone.wait(0.02):
                handler.wfile.write(b"x")
        except OSError:
            pass

    return raw


def test_a_response_that_tells_too_large_a_size(play: Play) -> None:
    raw = endless(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", b"x" * 65536)
    assert "the limit is 100000" in error_of(play([GET], {"GET": {"raw": raw}}, settings=SMALL))


def test_a_response_without_an_end(play: Play) -> None:
    raw = endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536)
    assert "more than 100000 bytes" in error_of(play([GET], {"GET": {"raw": raw}}, settings=SMALL))


def test_a_chunked_response_without_an_end(play: Play) -> None:
    raw = endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
    assert "more than 100000 bytes" in error_of(play([GET], {"GET": {"raw": raw}}, settings=SMALL))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip"])
def test_a_bomb(play: Play, encoding: str) -> None:
    content = b"\0" * 50_000_000
    content = zlib.compress(content) if encoding == "deflate" else gzip.compress(content)
    content = gzip.compress(content) if "," in encoding else content
    reply = Reply(content=content, headers={"Content-Encoding": encoding})
    assert "more than 100000 bytes" in error_of(play([GET], {"GET": reply}, settings=SMALL))


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",  # the body drips
        b"HTTP/1.1 200 OK\r\nX-Slow: ",  # a header drips
        b"HTTP/1.1 2",  # the status line drips
    ],
)
def test_a_slow_drip_ends_at_the_time_of_the_whole_request(play: Play, head: bytes) -> None:
    gone = threading.Event()
    try:
        run = play([{**GET, "timeout": 0.3}], {"GET": {"raw": dripping(head, gone)}})
    finally:
        gone.set()
    assert error_of(run) == "no complete response within 0.3 s"


def test_a_server_that_never_answers(play: Play) -> None:
    gone = threading.Event()
    try:
        run = play([{**GET, "timeout": 0.2}], {"GET": {"raw": lambda handler: gone.wait(20)}})
    finally:
        gone.set()
    assert error_of(run) == "no complete response within 0.2 s"


def test_a_redirect_loop(play: Play, server: Server) -> None:
    run = play(
        [GET],
        {"GET": {"status": 302, "headers": {"Location": "/a"}}},
        settings=SequenceSettings(SequenceLimits(redirects=3)),
    )
    assert error_of(run) == "more than 3 redirects"
    assert len(server.seen) == 4


def test_a_redirect_with_an_endless_body(play: Play) -> None:
    raw = endless(b"HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n", b"x" * 65536)
    assert play([GET], {"GET /a": {"raw": raw}, "GET /b": {"json": 1}}).persistence == {"r": 1}


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
        b"",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 302 Found\r\nLocation: ftp://x/\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_broken_answers(play: Play, raw: bytes) -> None:
    def answer(handler: Any) -> None:
        handler.close_connection = True
        handler.wfile.write(raw)

    assert error_of(play([{**GET, "timeout": 5}], {"GET": {"raw": answer}}))


@pytest.mark.parametrize(
    "api",
    [
        "ftp://x/",
        "http://",
        "nonsense",
        "http://[::1",
        "http://x:99999/",
        "http://a b/",
        "http://" + "a" * 300 + "/",
        "http://\ud800/",
        "http://.../",
        "http://x.invalid/",
        "http://127.0.0.1:1/\r\nX: y",
        "mailto:a@b",
    ],
)
def test_urls_that_lead_nowhere(play: Play, api: str) -> None:
    assert error_of(play([{"method": "GET", "api": api, "save_to": "r"}]))


@pytest.mark.parametrize("header", [{"X": "a\r\nY: b"}, {"X\n": "a"}, {"": "a"}, {"X": "\ud800"}, {"X": "\u20ac"}])
def test_headers_that_cannot_be_sent(play: Play, header: Any) -> None:
    run = play([{**GET, "header": header}], {"GET": {"json": 1}})
    assert run.ok or error_of(run)


def test_a_persistence_that_grows_too_large_ends_the_run(play: Play) -> None:
    settings = SequenceSettings(SequenceLimits(persistence_bytes=1000))
    step = {"method": "POST", "api": "/a", "body": "x" * 300, "ignore_error": True}
    run = play(
        [{**step, "save_to": f"k{n}"} for n in range(5)], {"POST": lambda seen: {"json": seen.body}}, settings=settings
    )
    assert (run.error.kind, run.error.path) == ("limit", "3")
    assert set(run.persistence) == {"k0", "k1", "k2"}


def test_a_persistence_that_doubles_itself_ends_at_a_limit(play: Play) -> None:
    step = {
        "method": "POST",
        "api": "/a",
        "body": {"a": "{{#}}", "b": "{{#}}"},
        "save_req_to": "q",
        "ignore_error": True,
    }
    settings = SequenceSettings(SequenceLimits(persistence_bytes=50_000))
    run = play([step] * 200, {"POST": {"json": 1}}, settings=settings)
    assert (run.error.kind, run.error.path) == ("limit", "8")


def test_data_that_nests_itself_deeper_each_time_is_an_error(play: Play) -> None:
    step = {"method": "POST", "api": "/a", "body": ["{{#.q.body}}"], "save_req_to": "q"}
    run = play([step] * 300, {"POST": {"json": 1}})
    assert run.error is not None
    assert "deeper than 100 levels" in run.error.message


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    self_signed(folder)
    return folder


@pytest.fixture
def secure(certificate: Path) -> Iterator[Server]:
    server = Server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "both.pem")
    server.http.socket = context.wrap_socket(server.http.socket, server_side=True)
    server.base = server.base.replace("http:", "https:")
    yield server
    server.close()


def secured(secure: Server, certificate: Path | None, **step: Any) -> sequence.SequenceRun:
    network = sequence.Network(ca_bundle=str(certificate / "cert.pem") if certificate else None)
    argument = {"requests": [{"method": "GET", "api": secure.base + "/a", "save_to": "r", **step}] * 2}
    return sequence.run(argument, sender=sequence.Live(network))


def test_tls_is_checked_unless_told_otherwise(secure: Server, certificate: Path) -> None:
    secure.begin({"GET": {"json": 1}})
    assert "certificate verify failed" in error_of(secured(secure, None))
    assert secured(secure, None, verify=False).ok
    assert "certificate verify failed" in error_of(secured(secure, None))
    assert secured(secure, certificate).ok


def test_one_run_with_and_without_verifying_keeps_them_apart(secure: Server, certificate: Path) -> None:
    secure.begin({"GET": {"json": 1}})
    step = {"method": "GET", "api": secure.base + "/a", "ignore_error": True}
    run = sequence.run({"requests": [{**step, "verify": False}, step, {**step, "verify": False}]})
    assert [record.state for record in run.steps] == ["ok", "ignored", "ok"]


def test_a_slow_drip_over_tls(secure: Server, certificate: Path) -> None:
    gone = threading.Event()
    secure.begin({"GET": {"raw": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", gone)}})
    try:
        assert error_of(secured(secure, certificate, timeout=0.4)) == "no complete response within 0.4 s"
    finally:
        gone.set()


def test_a_server_that_never_finishes_the_tls_handshake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        api = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        run = sequence.run({"requests": [{"method": "GET", "api": api, "timeout": 0.3, "save_to": "r"}]})
    assert "0.3 s" in error_of(run)
