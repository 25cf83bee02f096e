"""HTTP to the letter: what goes over the wire, and what is taken for the answer. The judge is a plain socket."""

import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import sequence
from sequence.senders.connections import open_session
from sequence.senders.urls import BadURL, ExactURL
from tests.support.listener import Listener
from tests.support.until import until

Play = Callable[..., sequence.SequenceRun]
PATIENCE_S = 10.0
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Asked:
    """A request as it came over the wire."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Wire:
    """Answers each request with the next bytes of its script; `CLOSE` at their end closes the connection."""

    script: list[bytes] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    closed: int = 0

    def __post_init__(self) -> None:
        self.listener = Listener(self._serve)
        self.port, self.base, self.close = self.listener.port, self.listener.base, self.listener.close

    @property
    def connections(self) -> int:
        return self.listener.accepted

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reader:
            while line := reader.readline():
                headers = {}
                while (header := reader.readline().strip()) != b"":
                    name, _, value = header.decode("latin-1").partition(":")
                    headers[name.lower()] = value.strip()
                body = reader.read(int(headers.get("content-length", "0")))
                self.asked.append(Asked(line.decode("latin-1").strip(), headers, body))
                answer = self.script.pop(0) if self.script else OK
                connection.sendall(answer.removesuffix(CLOSE))
                if answer.endswith(CLOSE):
                    break
        self.closed += 1


CLOSE = b"<close>"


def answer(status: int, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    made.close()


@pytest.fixture
def other() -> Iterator[Wire]:
    made = Wire()
    yield made
    made.close()


def sent(wire: Wire, *steps: dict[str, Any], **options: Any) -> sequence.SequenceRun:
    steps_ = [{**step, "api": step["api"] if "://" in step["api"] else wire.base + step["api"]} for step in steps]
    return sequence.run({"requests": steps_}, **options)


INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\n"


@pytest.mark.parametrize(
    "before",
    [
        INTERIM,
        INTERIM * 3,
        b"HTTP/1.1 102 Processing\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + INTERIM,
        b"HTTP/1.1 199 Odd\r\n\r\n",
    ],
)
def test_interim_answers_are_read_past(wire: Wire, before: bytes) -> None:
    wire.script = [before + answer(200, b"first"), before + answer(404, b"second"), answer(200, b"third")]
    get = {"method": "GET", "api": "/"}
    run = sent(wire, {**get, "save_to": "a"}, {**get, "save_to": "b", "ok": 404}, {**get, "save_to": "c"})
    assert run.persistence == {"a": "first", "b": "second", "c": "third"}
    assert (wire.connections, len(wire.asked)) == (1, 3)


@pytest.mark.parametrize("before", [INTERIM * 101, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"])
def test_interim_answers_without_an_end_are_an_error(wire: Wire, before: bytes) -> None:
    wire.script = [before + answer(200, b"first")]
    run = sent(wire, {"method": "GET", "api": "/"})
    assert run.error is not None
    assert re.search("more than 100 interim answers|switched protocols", run.error.message)


def test_a_walkers_client_reads_past_them_too(wire: Wire) -> None:
    wire.script = [INTERIM + answer(200, b"first")]
    with open_session(sequence.Network(), PATIENCE_S, 5) as session:
        assert session.get(f"{wire.base}/").text == "first"


# The Fetch standard, HTTP-redirect fetch, step 12: (status, method) -> the method that follows, and whether it has the body.
FOLLOWED = {
    (status, method): ("GET", False)
    if (status in (301, 302) and method == "POST") or (status == 303 and method not in ("GET", "HEAD"))
    else (method, method not in ("GET", "HEAD"))
    for status in (301, 302, 303, 307, 308)
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
}


@pytest.mark.parametrize(("status", "method"), FOLLOWED)
def test_redirects_are_those_of_the_fetch_standard(wire: Wire, status: int, method: str) -> None:
    wire.script = [answer(status, b"", "Location: /next")]
    sent(wire, {"method": method, "api": "/", "body": {"a": 1}})
    followed, has_body = FOLLOWED[status, method]
    assert [asked.line.split()[:2] for asked in wire.asked] == [[method, "/"], [followed, "/next"]]
    assert wire.asked[1].body == (b'{"a":1}' if has_body else b"")
    assert ("content-type" in wire.asked[1].headers) is has_body


@pytest.mark.parametrize(("status", "method"), FOLLOWED)
def test_a_walkers_redirects_are_the_same(wire: Wire, status: int, method: str) -> None:
    wire.script = [answer(status, b"", "Location: /next")]
    with open_session(sequence.Network(), PATIENCE_S, 5) as session:
        session.request(method, f"{wire.base}/", data=None if method in ("GET", "HEAD") else b'{"a":1}')
    followed, has_body = FOLLOWED[status, method]
    assert [asked.line.split()[0] for asked in wire.asked] == [method, followed]
    assert wire.asked[1].body == (b'{"a":1}' if has_body else b"")


@pytest.mark.parametrize("status", [300, 304, 305, 306, 399])
def test_other_statuses_lead_nowhere(wire: Wire, status: int) -> None:
    wire.script = [answer(status, b"", "Location: /next")]
    sent(wire, {"method": "GET", "api": "/"})
    assert len(wire.asked) == 1


GIVEN = {"Authorization": "Token t", "Cookie": "a=b", "X-Api-Key": "{{secret.KEY}}", "X-Plain": "p", "Accept": "text/x"}
SECRET = sequence.SequenceSettings(secrets={"KEY": "s3cret-value"})


def test_all_headers_stay_at_the_same_origin(wire: Wire) -> None:
    wire.script = [answer(302, b"", "Location: /next")]
    sent(wire, {"method": "GET", "api": "/", "header": GIVEN}, settings=SECRET)
    assert [wire.asked[1].headers[name.lower()] for name in GIVEN] == ["Token t", "a=b", "s3cret-value", "p", "text/x"]


def test_secrets_do_not_leave_their_origin(wire: Wire, other: Wire) -> None:
    wire.script = [answer(307, b"", f"Location: {other.base}/next")]
    sent(wire, {"method": "GET", "api": "/", "header": GIVEN}, settings=SECRET)
    assert set(other.asked[0].headers) & {name.lower() for name in GIVEN} == {"cookie", "x-plain", "accept"}


def test_a_cookie_stays_at_its_host(wire: Wire, other: Wire) -> None:
    wire.script = [answer(302, b"", f"Location: http://localhost:{other.port}/next")]
    sent(wire, {"method": "GET", "api": "/", "header": GIVEN}, settings=SECRET)
    assert "cookie" not in other.asked[0].headers


def test_a_body_with_a_secret_is_not_sent_elsewhere(wire: Wire, other: Wire) -> None:
    wire.script = [answer(307, b"", f"Location: {other.base}/next")]
    run = sent(wire, {"method": "POST", "api": "/", "body": {"key": "{{secret.KEY}}"}}, settings=SECRET)
    assert run.error is not None
    assert run.error.message == "a redirect leads to another origin, and the body has the value of a secret"
    assert other.asked == []


def test_a_walkers_file_goes_along_to_another_origin(wire: Wire, other: Wire, tmp_path: Path) -> None:
    wire.script = [answer(307, b"", f"Location: {other.base}/next")]
    (tmp_path / "data.txt").write_text("content")
    with open_session(sequence.Network(), PATIENCE_S, 5) as session, (tmp_path / "data.txt").open("rb") as file:
        session.post(f"{wire.base}/", data=file)
    assert [asked.body for asked in other.asked] == [b"content"]


def test_a_given_cookie_and_the_jar_go_on_together(wire: Wire) -> None:
    wire.script = [answer(302, b"", "Set-Cookie: mine=1", "Location: /next")]
    step = {"method": "GET", "api": wire.base + "/"}
    sequence.run({"cookies": True, "requests": [step, {**step, "header": {"Cookie": "given=1"}}]})
    assert [asked.headers.get("cookie") for asked in wire.asked] == [None, "mine=1", "given=1"]


@pytest.mark.parametrize(
    ("location", "line"),
    [
        ("/caf\xe9", "/caf%E9"),
        ("/caf\xc3\xa9?q=\xc3\xbc", "/caf%C3%A9?q=%C3%BC"),
        ("next?a=b c", "/deep/next?a=b%20c"),
        ("?only=query", "/deep/start?only=query"),
        ("../up/./x", "/up/x"),
        ("/%7euser/%2F", "/%7euser/%2F"),
    ],
)
def test_a_location_is_followed_as_its_bytes_say(wire: Wire, location: str, line: str) -> None:
    wire.script = [answer(302, b"", f"Location: {location}")]
    sent(wire, {"method": "GET", "api": "/deep/start"})
    assert wire.asked[1].line.split()[1] == line


@pytest.mark.parametrize(
    "location",
    ["ftp://example.com/", "javascript:alert(1)", "http://", "http://[::1/", "//[x", f"http://h:{'1' * 5000}/"],
)
def test_a_location_that_leads_nowhere_is_an_error(wire: Wire, location: str) -> None:
    wire.script = [answer(302, b"", f"Location: {location}")]
    run = sent(wire, {"method": "GET", "api": "/"})
    assert run.error is not None
    assert run.error.message.startswith("a redirect leads to ")
    assert len(wire.asked) == 1


def test_a_redirect_is_followed_though_its_body_breaks_off(wire: Wire) -> None:
    wire.script = [b"HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 1000\r\n\r\nhalf" + CLOSE]
    assert sent(wire, {"method": "GET", "api": "/"}).error is None
    assert wire.asked[1].line.split()[1] == "/next"


@pytest.mark.parametrize("port", ["65536", "1" * 5000, "0" * 5000 + "65536"])
def test_a_port_that_is_none_is_an_error_and_the_record_tells_it(wire: Wire, port: str) -> None:
    run = sequence.run({"requests": [{"method": "GET", "api": f"http://h:{port}/"}]})
    assert run.error is not None
    assert "is not a port" in run.error.message
    assert "curl" in run.steps[0].as_dict()


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("/%7Euser/%7euser", "/%7Euser/%7euser"),
        ("/a%2fb%2Fc?x=%c3%a9&y=%", "/a%2fb%2Fc?x=%c3%a9&y=%"),
        ("/é?ü=ö", "/%C3%A9?%C3%BC=%C3%B6"),
        ("/a b?c d", "/a%20b?c%20d"),
        ("/x?q=a|b^c{d}", "/x?q=a|b^c{d}"),
        ("?q=1", "/?q=1"),
        ("/a/../b/./c", "/b/c"),
        ("/x#fragment", "/x"),
        ("/x;v=1,2:3@4$5!'()*+=&", "/x;v=1,2:3@4$5!'()*+=&"),
        ("/end\n", "/end"),
    ],
)
def test_an_address_is_sent_as_it_was_written(wire: Wire, written: str, target: str) -> None:
    sent(wire, {"method": "GET", "api": written})
    with open_session(sequence.Network(), PATIENCE_S, 5) as session:
        session.get(wire.base + written)
    assert [asked.line for asked in wire.asked] == [f"GET {target} HTTP/1.1"] * 2


@pytest.mark.parametrize("written", ["/a\nb", "/a\r\nX-Evil: 1", "/a\x00b", "/a\tb"])
def test_a_line_end_within_an_address_is_refused(wire: Wire, written: str) -> None:
    run = sent(wire, {"method": "GET", "api": written})
    assert run.error is not None
    assert "it has a line end or another control character" in run.error.message
    assert wire.asked == []


@pytest.mark.parametrize("written", ["http:///x", "//h/x", "http://a:99999/", "http://h\\@e/", "http://.a/", "x:y"])
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(BadURL):
        ExactURL(written)


@pytest.mark.parametrize(
    ("user_info", "header", "expected"),
    [
        ("ana:pw", {}, "Basic YW5hOnB3"),
        ("an%C3%A4:%F0%9F%92%A9", {}, "Basic YW7DpDrwn5Kp"),
        ("anä:ö", {}, "Basic YW7DpDrDtg=="),
        ("ana", {}, "Basic YW5hOg=="),
        ("ana:pw", {"authorization": "Bearer mine"}, "Bearer mine"),
    ],
)
def test_user_and_password_of_an_address(wire: Wire, user_info: str, header: dict[str, str], expected: str) -> None:
    url = f"http://{user_info}@127.0.0.1:{wire.port}/"
    sent(wire, {"method": "GET", "api": url, "header": header})
    with open_session(sequence.Network(), PATIENCE_S, 5) as session:
        session.get(url, headers=header)
    assert [asked.headers["authorization"] for asked in wire.asked] == [expected] * 2


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "Trailer", "UPGRADE"])
def test_framing_by_hand_is_refused(name: str) -> None:
    (problem,) = sequence.check({"requests": [{"method": "POST", "api": "http://x/", "header": {name: "5"}}]})
    assert problem.path == "requests[0].header"
    assert "which are the sender's" in problem.message


def test_framing_that_a_template_makes_is_refused(wire: Wire) -> None:
    run = sequence.run(
        {
            "persistence": {"h": {"Transfer-Encoding": "chunked"}},
            "requests": [{"method": "POST", "api": f"{wire.base}/", "header": "{{#.h}}"}],
        }
    )
    assert run.error is not None
    assert wire.asked == []


@pytest.mark.parametrize("given", ["multipart/form-data", "Multipart/Form-Data; charset=utf-8"])
@pytest.mark.parametrize("more", [{}, {"files": {"f": "text"}}])
def test_a_multipart_type_by_hand_gets_its_boundary(wire: Wire, given: str, more: dict[str, Any]) -> None:
    sent(wire, {"method": "POST", "api": "/", "header": {"content-type": given}, "form": {"a": "1"}, **more})
    (asked,) = wire.asked
    kind, _, boundary = asked.headers["content-type"].partition("; boundary=")
    assert kind == given
    assert asked.body.startswith(f"--{boundary}\r\n".encode())
    assert asked.body.endswith(f"--{boundary}--\r\n".encode())


def test_a_boundary_by_hand_is_used(wire: Wire) -> None:
    header = {"Content-Type": "multipart/form-data; boundary=mine"}
    sent(wire, {"method": "POST", "api": "/", "header": header, "files": {"f": "text"}})
    assert wire.asked[0].headers["content-type"] == header["Content-Type"]
    assert wire.asked[0].body.startswith(b"--mine\r\n")


@pytest.mark.parametrize(
    ("kind", "body", "value"),
    [
        ("application/json; charset=iso-8859-1", b'{"a": "\xe9"}', {"a": "é"}),
        ("application/json; charset=windows-1252", b'{"a": "\x80"}', {"a": "€"}),
        ("application/json; charset=nonsense", '{"a": "é"}'.encode(), {"a": "é"}),
        ("application/json; charset=rot13", '{"a": "é"}'.encode(), {"a": "é"}),
        ("application/json; charset=zlib", '{"a": "é"}'.encode(), {"a": "é"}),
        ("application/json", '{"a": "é"}'.encode("utf-16"), {"a": "é"}),
        ("text/plain; charset=latin-1", b"\xe9", "é"),
    ],
)
def test_the_charset_that_is_told_is_obeyed(wire: Wire, kind: str, body: bytes, value: Any) -> None:
    wire.script = [answer(200, body, f"Content-Type: {kind}")]
    assert sent(wire, {"method": "GET", "api": "/", "save_to": "r"}).persistence == {"r": value}


@pytest.mark.parametrize("name", ["ETag", "etag", "ETAG"])
def test_names_of_headers_have_no_case_in_references(wire: Wire, name: str) -> None:
    wire.script = [answer(200, b"", "ETag: x1")]
    by_ref = {"method": "POST", "api": "/", "text": "{{%.header." + name + "}}"}
    sent(wire, {"method": "GET", "api": "/"}, by_ref)
    assert wire.asked[1].body == b"x1"


def test_a_connection_that_was_closed_after_an_answer_is_replaced(wire: Wire) -> None:
    """The server hangs up without having said so; nothing of a POST was sent on that connection."""
    wire.script = [OK + CLOSE, OK]
    seen: list[int] = []

    def hung_up(_record: sequence.Record) -> None:
        if not seen:
            until(lambda: wire.closed == 1)
            seen.append(1)

    post = {"method": "POST", "api": "/", "body": {}}
    run = sent(wire, post, post, on_step=hung_up)
    assert (run.error, wire.connections, len(wire.asked)) == (None, 2, 2)


def test_a_server_that_closes_after_each_answer_is_met_with_new_connections(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sequence.senders.connections.CLOSES_WITHIN_S", PATIENCE_S)
    wire.script = [OK + CLOSE for _ in range(6)]
    run = sent(wire, *[{"method": "POST", "api": "/", "body": {}}] * 6)
    assert (run.error, wire.connections, len(wire.asked)) == (None, 6, 6)


def test_a_server_that_keeps_connections_is_met_on_one(wire: Wire) -> None:
    run = sent(wire, *[{"method": "POST", "api": "/", "body": {}}] * 6)
    assert (run.error, wire.connections, len(wire.asked)) == (None, 1, 6)
