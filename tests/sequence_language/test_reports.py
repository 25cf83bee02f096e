"""What people report of tools like this one: each is sent, read and judged as the standards and curl say."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

import sequence
from tests.sequence_language.clock import TestClock
from tests.support.scripted_server import Reply, Seen, Server

Play = Callable[..., sequence.SequenceRun]
SETTINGS = sequence.SequenceSettings(secrets={"KEY": "s3cr3t-value"})
OK: dict[str, Any] = {"json": {"ok": 1}}


def get(**keys: Any) -> dict[str, Any]:
    return {"method": "GET", "api": "/a", "save_to": "r", **keys}


def post(**keys: Any) -> dict[str, Any]:
    return {"method": "POST", "api": "/a", "save_to": "r", **keys}


def raw(data: bytes, *, stays: bool = False) -> dict[str, Any]:
    """An answer byte by byte; `stays`: the connection stays open."""

    def write(handler: Any) -> None:
        handler.close_connection = not stays
        handler.wfile.write(data)

    return {"raw": write}


def reply(content: bytes | str, kind: str = "application/json", status: int = 200, **headers: str) -> Reply:
    """An answer with these bytes, of this type."""
    data = content.encode() if isinstance(content, str) else content
    return Reply(
        status, data, {"Content-Type": kind, **{name.replace("_", "-"): text for name, text in headers.items()}}
    )


def echo(seen: Seen) -> dict[str, Any]:
    return {"json": seen.body}


@dataclass
class Report:
    """A case: what is run against which server, and what has to come out. `saved`: a part of the persistence; `error`: what
    the run's error says, empty for none; `asked`: what the server saw, one a request: its line, or line and body."""

    steps: list[Any]
    server: dict[str, Any]
    saved: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    asked: list[Any] | None = None
    more: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str | None] = field(default_factory=dict)
    """Headers of the last request; None: it is not there."""


REPORTS = {
    # What comes before, around and instead of an answer.
    "103 before the answer to a HEAD": Report(
        [{"method": "HEAD", "api": "/a"}, get()],
        {
            "HEAD": raw(
                b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
                stays=True,
            ),
            "GET": OK,
        },
        {"r": {"ok": 1}},
    ),
    "204 that tells a JSON type": Report(
        [get()],
        {"GET": raw(b"HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\n\r\n", stays=True)},
        {"r": ""},
    ),
    "200 of a JSON type without a body": Report([get()], {"GET": reply(b"")}, {"r": ""}),
    "502 with a page that is called JSON": Report(
        [
            get(ignore_error=True, retry={"attempts": 2, "wait": 0}),
            {"set": {"body": "{{%.body}}", "status": "{{%.status}}"}},
        ],
        {"GET": [reply("<html>", status=502), reply('{"cut', status=502)]},
        {"r": {"status": 502, "message": "Bad Gateway"}, "body": '{"cut', "status": 502},
        asked=["GET /a", "GET /a"],
    ),
    "200 with a page that is called JSON": Report(
        [get()], {"GET": reply("<html>")}, error="says it is JSON, and is not"
    ),
    "an encoding that was not asked for": Report(
        [get()], {"GET": reply(b"\x0b\x02\x80xx\x03", Content_Encoding="br")}, error="encoded as br"
    ),
    "an encoding that was not asked for, of an error": Report(
        [get()], {"GET": reply(b"\x0b\x02", "text/plain", 503, Content_Encoding="zstd")}, error="encoded as zstd"
    ),
    "gzip": Report([get()], {"GET": reply(gzip.compress(b'{"a":1}'), Content_Encoding="gzip")}, {"r": {"a": 1}}),
    "no body that tells an encoding": Report(
        [get()], {"GET": reply(b"", "text/plain", Content_Encoding="br")}, {"r": ""}
    ),
    # Reading.
    "JSON with a byte order mark": Report([get()], {"GET": reply(b'\xef\xbb\xbf{"a":1}')}, {"r": {"a": 1}}),
    "JSON in UTF-16": Report(
        [get()], {"GET": reply('{"a":"é"}'.encode("utf-16"), "application/json; charset=utf-16")}, {"r": {"a": "é"}}
    ),
    "a type in capitals": Report([get()], {"GET": reply("[1]", "Application/JSON;charset=UTF-8")}, {"r": [1]}),
    "a JSON type of a vendor": Report([get()], {"GET": reply("[1]", "application/vnd.api+json")}, {"r": [1]}),
    "lines of JSON are text": Report(
        [get()], {"GET": reply('{"a":1}\n{"a":2}\n', "application/x-ndjson")}, {"r": '{"a":1}\n{"a":2}\n'}
    ),
    "whole numbers keep their digits": Report(
        [get(), post(body="{{#.r}}")],
        {"GET": reply('{"id":12345678901234567890}'), "POST": OK},
        asked=["GET /a", ("POST /a", b'{"id":12345678901234567890}')],
    ),
    "a number beyond a double": Report([get()], {"GET": reply('{"n":1e400}')}, error="1e400 is too large a number"),
    "the same key twice in an answer": Report([get()], {"GET": reply('{"a":1,"a":2}')}, {"r": {"a": 2}}),
    "a header in Latin-1": Report(
        [get(set={"h": "{{%.header.X-N}}"})],
        {"GET": raw(b"HTTP/1.1 200 OK\r\nX-N: caf\xe9\r\nContent-Length: 0\r\n\r\n")},
        {"h": "café"},
    ),
    "a header twice": Report(
        [get(set={"h": "{{%.header.x-n}}"})],
        {"GET": raw(b"HTTP/1.1 200 OK\r\nX-N: a\r\nX-N: b\r\nContent-Length: 0\r\n\r\n")},
        {"h": "a, b"},
    ),
    "two cookies, one with a comma in its date": Report(
        [get(set={"c": "{{%.cookies}}"})],
        {
            "GET": raw(
                b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/; Expires=Wed, 21 Oct 2037 07:28:00 GMT\r\nSet-Cookie: b=2\r\n"
                b"Content-Length: 0\r\n\r\n"
            )
        },
        {"c": {"a": "1", "b": "2"}},
    ),
    "a picture": Report(
        [get()],
        {"GET": reply(b"\x89PNG\x00\xff", "image/png")},
        {"r": {"base64": "iVBORwD/", "type": "image/png", "name": "a"}},
    ),
    "a picture is sent on": Report(
        [get(parse="bytes"), {"method": "PUT", "api": "/b", "base64": "{{#.r}}"}],
        {"GET": reply(b"\x00\xff\r\n", "image/png"), "PUT": OK},
        asked=["GET /a", ("PUT /b", b"\x00\xff\r\n")],
        headers={"Content-Type": "image/png"},
    ),
    "CSV with a mark, quoted lines and quotes": Report(
        [get(parse={"csv": {"delimiter": ";"}})],
        {"GET": reply('\ufeffa;b\r\n"x\ny";"z""q"\r\n', "text/csv")},
        {"r": [{"a": "x\ny", "b": 'z"q'}]},
    ),
    "CSV with a row that is too long": Report(
        [get(parse="csv")], {"GET": reply("a,b\n1,2,3\n", "text/csv")}, error="line 2 has 3 cells"
    ),
    "XML with prefixes, attributes and one name twice": Report(
        [get(parse="xml")],
        {"GET": reply('<r xmlns:a="u"><a:i k="1">x</a:i><i/></r>', "application/xml")},
        {"r": {"r": {"i": [{"@k": "1", "#text": "x"}, ""]}}},
    ),
    "XML with CDATA and entities": Report(
        [get(parse="xml")], {"GET": reply("<r><![CDATA[<b>&]]>&amp;&#65;</r>", "text/xml")}, {"r": {"r": "<b>&&A"}}
    ),
    "XML with a document type": Report(
        [get(parse="xml")],
        {"GET": reply('<!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>', "text/xml")},
        error="document type",
    ),
    # Sending.
    "a body of DELETE": Report(
        [{"method": "DELETE", "api": "/a", "body": {"ids": [1]}}], {"DELETE": OK}, asked=[("DELETE /a", b'{"ids":[1]}')]
    ),
    "no body of GET": Report([get(body={"q": 1})], {"GET": OK}, asked=[("GET /a", b"")]),
    "bodies that are no objects": Report(
        [post(body=0), post(body=False), post(body=""), post(body=[])],
        {"POST": OK},
        asked=[("POST /a", b"0"), ("POST /a", b"false"), ("POST /a", b'""'), ("POST /a", b"[]")],
    ),
    "a body that was not found": Report(
        [post(body="{{#.no}}"), {"method": "PUT", "api": "/a", "body": "{{#.no}}"}],
        {"POST": OK, "PUT": OK},
        asked=[("POST /a", b"{}"), ("PUT /a", b"")],
        headers={"Content-Type": None},
    ),
    "query parameters of all types": Report(
        [get(api="/a?x=1&y=%20", query={"z": ["a b", "c"], "n": None, "t": True, "f": 1.0, "e": "", "o": {"k": 1}})],
        {"GET": OK},
        asked=["GET /a?x=1&y=%20&z=a%20b&z=c&t=true&f=1.0&e=&o=%7B%22k%22%3A1%7D"],
    ),
    "fields of a form of all types": Report(
        [post(form={"a": ["1", "2"], "t": True, "n": None, "x": "ä&=", "o": {"k": [1]}})],
        {"POST": OK},
        asked=[("POST /a", b"a=1&a=2&t=true&x=%C3%A4%26%3D&o=%7B%22k%22%3A%5B1%5D%7D")],
    ),
    "a file whose name has quotes, a line end and no ASCII": Report(
        [
            post(
                files={"f": {"name": 'a"b\nä.txt', "text": "x"}},
                header={"Content-Type": "multipart/form-data; boundary=B"},
            )
        ],
        {"POST": OK},
        asked=[
            (
                "POST /a",
                '--B\r\nContent-Disposition: form-data; name="f"; filename="a%22b%0Aä.txt"\r\n'
                "Content-Type: application/octet-stream\r\n\r\nx\r\n--B--\r\n".encode(),
            )
        ],
    ),
    "a file that is no Base64": Report([post(files={"f": {"base64": "_-8="}})], {}, error="files.f.base64: ", asked=[]),
    "headers that are no texts": Report(
        [get(header={"X-N": 5, "X-E": "", "X-Null": None, "X-B": True})],
        {"GET": OK},
        headers={"X-N": "5", "X-E": "", "X-Null": None, "X-B": "true"},
    ),
    "a line end in a header by a template": Report(
        [get(header={"X-N": "{{#.v}}"})], {}, error="header value", asked=[], more={"persistence": {"v": "a\r\nX: 1"}}
    ),
    "one's own User-Agent": Report([get(header={"user-agent": "me/1"})], {"GET": OK}, headers={"user-agent": "me/1"}),
    "no path and a query": Report([get(api="BASE?x=1")], {"GET": OK}, asked=["GET /?x=1"]),
    "a scheme in capitals": Report([get(api="HTTP:BASEHOST/a")], {"GET": OK}, asked=["GET /a"]),
    "an address without a scheme": Report([get(api="localhost:1/a")], {}, error="is not a URL", asked=[]),
    "an address of which a part was not found": Report(
        [get(api="{{#.base}}/a")], {}, error='"/a": it is not a URL', asked=[]
    ),
    # Redirects.
    "303 after a POST": Report(
        [post(body={"a": 1})],
        {"POST /a": {"status": 303, "headers": {"Location": "b?x=%7E#part"}}, "GET /b?x=%7E": OK},
        {"r": {"ok": 1}},
        asked=["POST /a", ("GET /b?x=%7E", b"")],
        headers={"Content-Type": None},
    ),
    "307 and 308 after a PATCH": Report(
        [{"method": "PATCH", "api": "/a", "body": [1]}],
        {
            "PATCH /a": {"status": 307, "headers": {"Location": "b"}},
            "PATCH /b": {"status": 308, "headers": {"Location": "/c"}},
            "PATCH /c": OK,
        },
        asked=["PATCH /a", ("PATCH /b", b"[1]"), ("PATCH /c", b"[1]")],
    ),
    "a cookie that is set by a redirect": Report(
        [get()],
        {"GET /a": {"status": 302, "headers": {"Location": "/b", "Set-Cookie": "s=1"}}, "GET /b": OK},
        more={"cookies": True},
        headers={"Cookie": "s=1"},
    ),
    "cookies that nobody keeps": Report(
        [get()],
        {"GET /a": {"status": 302, "headers": {"Location": "/b", "Set-Cookie": "s=1"}}, "GET /b": OK},
        headers={"Cookie": None},
    ),
    "a redirect that is not to be followed": Report(
        [get(redirects=False, set={"to": "{{%.header.location}}"})],
        {"GET": {"status": 302, "headers": {"Location": "/b"}}},
        {"to": "/b"},
        asked=["GET /a"],
    ),
    # Pages.
    "a relation in the title of another link": Report(
        [get(pages={"next": "link", "items": "$"})],
        {
            "GET /a": {"json": [1], "headers": {"Link": '</b?x=1,2>; title="a, b; rel=prev"; rel="last next"'}},
            "GET /b?x=1,2": {"json": [2], "headers": {"Link": "</a>; rel=first; rel=next, <>; title=next"}},
        },
        {"r": [1, 2]},
        asked=["GET /a", "GET /b?x=1,2"],
    ),
    "false means that there is no next page": Report(
        [
            get(pages={"next": "{{$.next}}", "items": "$.i"}),
            get(api="/b", save_to="s", pages={"next": {"c": "{{$.next}}"}, "items": "$.i"}),
        ],
        {"GET": {"json": {"next": False, "i": [1]}}},
        {"r": [1], "s": [1]},
        asked=["GET /a", "GET /b"],
    ),
    "a number leads to the next page": Report(
        [get(pages={"next": {"page": "{{$.next}}"}, "items": "$.i"})],
        {"GET /a": {"json": {"next": 2, "i": [1]}}, "GET /a?page=2": {"json": {}}},
        {"r": [1]},
        asked=["GET /a", "GET /a?page=2"],
    ),
    "offsets until an empty page": Report(
        [get(query={"limit": 2, "offset": 0}, pages={"next": {"offset": "{{= $last.page * 2 }}"}, "items": "$"})],
        {
            "GET /a?limit=2&offset=0": {"json": [1, 2]},
            "GET /a?limit=2&offset=2": {"json": [3]},
            "GET /a?limit=2&offset=4": {"json": []},
        },
        {"r": [1, 2, 3]},
    ),
    "an error in the middle of pages": Report(
        [get(pages={"next": {"page": "{{$.next}}"}, "items": "$.i"})],
        {"GET /a": {"json": {"next": 2, "i": [1]}}, "GET /a?page=2": {"status": 500}},
        {"r": {"status": 500, "message": "Internal Server Error"}},
        error="0.page[1]: status 500",
    ),
    # Trying again.
    "Retry-After in the past": Report(
        [get(retry={"attempts": 2})],
        {"GET": [{"status": 503, "headers": {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}}, OK]},
        {"r": {"ok": 1}},
    ),
    "the same Idempotency-Key at each try": Report(
        [
            post(
                header={"Idempotency-Key": "{{uuid}}"},
                set={"key": "{{#.sent.header.Idempotency-Key}}"},
                save_req_to="sent",
                retry={"wait": 0},
            )
        ],
        {"POST": [{"status": 503}, lambda seen: {"json": seen.headers["Idempotency-Key"]}]},
        asked=["POST /a", "POST /a"],
    ),
    "polling that has to pass over 404": Report(
        [get(ok="any", retry={"attempts": 3, "wait": 0, "until": [{"by": "%.status", "condition": {"eq": 200}}]})],
        {"GET": [{"status": 404}, OK]},
        {"r": {"ok": 1}},
    ),
    "an error that nobody tries again": Report(
        [post(retry={})], {"POST": [{"status": 500}, OK]}, error="status 500", asked=["POST /a"]
    ),
    # Values.
    "a text of digits is no number": Report(
        [get(expect=[{"by": "%.header.x-n", "condition": {"eq": 5}}])],
        {"GET": {"json": 1, "headers": {"X-N": "5"}}},
        error='eq 5 does not hold, it is "5"',
    ),
    "2.0 is an integer": Report(
        [get(expect=[{"by": "$.n", "condition": {"type": "integer", "eq": 2}}])], {"GET": reply('{"n":2.0}')}
    ),
    "defaults that are JSON, and those that are not": Report(
        [post(body={"a": '{{#.x|{"k":[]}}}', "b": "{{#.x|null}}", "c": "{{#.x|5}}", "d": "{{#.x|five}}"})],
        {"POST": echo},
        {"r": {"a": {"k": []}, "b": None, "c": 5, "d": "five"}},
    ),
    "keys from values": Report(
        [post(body={"{{#.k}}-{{#.n}}": 1})],
        {"POST": echo},
        {"r": {"name-7": 1}},
        more={"persistence": {"k": "name", "n": 7}},
    ),
    "the last of a list": Report(
        [post(body=["{{#.l.-1}}", "{{#.l[-2]}}"])],
        {"POST": echo},
        {"r": [3, 2]},
        more={"persistence": {"l": [1, 2, 3]}},
    ),
    "one match and several": Report(
        [
            post(
                body={
                    "l": "{{= [$memory.l[n > 1].n] }}",
                    "one": "{{= $memory.l[n > 1].n }}",
                    "no": "{{= $memory.l[n > 9].n }}",
                }
            )
        ],
        {"POST": echo},
        {"r": {"l": [2], "one": 2, "no": None}},
        more={"persistence": {"l": [{"n": 1}, {"n": 2}]}},
    ),
    "an expression that can't be": Report(
        [post(body="{{= $number('x') }}")], {}, error="$number can't make a number of 'x'", asked=[]
    ),
    # Loops, blocks and the end.
    "the index outside of a loop in a loop": Report(
        [
            get(
                __def_loop__={
                    "by": "$",
                    "requests": [
                        get(api="/b", __def_loop__={"by": "$", "requests": [post(body="{{@@.x}}{{@}}{{!!}}{{!}}")]})
                    ],
                }
            )
        ],
        {"GET /a": {"json": [{"x": "i"}]}, "GET /b": {"json": ["p", "q"]}, "POST": OK},
        asked=["GET /a", "GET /b", ("POST /a", b'"ip00"'), ("POST /a", b'"iq01"')],
    ),
    "a loop over an object": Report(
        [get(__def_loop__={"by": "$", "requests": []})], {"GET": {"json": {"a": 1}}}, error="$ is an object, not a list"
    ),
    "a break ends one item": Report(
        [
            get(
                __def_loop__={
                    "by": "$",
                    "collect": "c",
                    "requests": [post(body="{{@}}", **{"break": [{"by": "$", "condition": {"eq": 2}}]}), get(api="/b")],
                }
            )
        ],
        {"GET /a": {"json": [1, 2]}, "GET /b": {"json": "b"}, "POST": echo},
        {"c": ["b", 2]},
    ),
    "items side by side are collected in their order": Report(
        [get(__def_loop__={"by": "$", "concurrency": 4, "collect": "c", "requests": [post(body="{{@}}", soft=True)]})],
        {
            "GET": {"json": [0, 1, 2, 3, 4]},
            "POST": lambda seen: {"status": 500} if seen.body == 2 else {"json": seen.body},
        },
        {"c": [0, 1, {"status": 500, "message": "Internal Server Error"}, 3, 4]},
        error="0.loop[2].0: status 500",
    ),
    "a clean-up that fails": Report(
        [get()],
        {"GET": {"status": 422, "json": {"why": "x"}}, "POST": OK, "DELETE": {"status": 500}},
        error="0: status 422",
        more={
            "on_error": [post(body="{{error.status}}{{%.body.why}}")],
            "finally": [{"method": "DELETE", "api": "/a"}],
        },
        asked=["GET /a", ("POST /a", b'"422x"'), "DELETE /a"],
    ),
}


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_a_report_does_not_happen_here(play: Play, server: Server, report: Report) -> None:
    steps = json.loads(json.dumps(report.steps).replace("BASEHOST", server.base.removeprefix("http:")))
    run = play(steps, report.server, more=report.more, settings=SETTINGS, sender=sequence.Live(clock=TestClock()))
    assert run.problems == []
    assert report.error in str(run.error or "") and bool(report.error) is not run.ok
    assert {key: run.persistence.get(key) for key in report.saved} == report.saved
    if report.asked is not None:
        assert len(server.seen) == len(report.asked)
        for wanted, seen in zip(report.asked, server.seen, strict=True):
            line, content = (wanted, seen.content) if isinstance(wanted, str) else wanted
            assert (f"{seen.method} {seen.path}", seen.content) == (line, content)
    for name, value in report.headers.items():
        assert server.seen[-1].headers.get(name) == value


def test_there_are_as_many_as_there_should_be() -> None:
    assert len(REPORTS) >= 68
