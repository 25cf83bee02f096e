"""How a response is read: by its type, or as `parse` says."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

import sequence
from sequence.senders.reading import Received, value_of
from sequence.settings import SequenceLimits
from tests.support.scripted_server import Reply, Server

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
SOAP = """<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="urn:xsi">
  <soap:Body><m:Rate xmlns:m="urn:m"><m:Value unit="EUR" xsi:type="m:money">1.10</m:Value>
<m:Tag>a</m:Tag><m:Tag>b</m:Tag></m:Rate></soap:Body>
</soap:Envelope>"""


def read(content: bytes | str, kind: str = "", parse: Any = None, status: int = 200, **limits: int) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    header = {"content-type": kind} if kind else {}
    return value_of(
        Received(raw, header, "http://x/a/r%C3%A9sum%C3%A9.pdf?x=1", status), parse, SequenceLimits(**limits)
    )


def as_bytes(content: bytes, kind: str) -> dict[str, str]:
    return {"base64": base64.b64encode(content).decode(), "type": kind, "name": "résumé.pdf"}


@pytest.mark.parametrize(
    ("content", "kind", "value"),
    [
        ('{"a": 1}', "text/json; charset=utf-8", {"a": 1}),
        ("{}", "application/problem+json", {}),
        ("{}", "text/plain", "{}"),
        ("\ufeffname", "text/csv", "name"),
        ("name".encode("utf-16"), "text/plain", "name"),
        ("é".encode("latin-1"), "text/plain", "é"),
        ("é".encode("latin-1"), "text/plain; charset=iso-8859-1", "é"),
        ("é".encode("latin-1"), "text/plain; charset=utf-8", as_bytes("é".encode("latin-1"), "text/plain")),
        ("é".encode("latin-1"), "text/plain; charset=us-ascii", as_bytes("é".encode("latin-1"), "text/plain")),
        ("é".encode(), "text/plain; charset=no-such", "é"),
        ("é".encode(), "text/plain; charset=rot13", "é"),
        (PNG, "image/png", as_bytes(PNG, "image/png")),
        (b"a\0b", "", as_bytes(b"a\0b", "application/octet-stream")),
        ("a".encode("utf-16-le"), "text/plain; charset=utf-16le", "a"),
        (b"", "image/png", ""),
    ],
)
def test_without_parse_the_type_decides(content: Any, kind: str, value: Any) -> None:
    assert read(content, kind) == value


@pytest.mark.parametrize(
    ("content", "parse", "value"),
    [
        ('{"a": [1]}', "json", {"a": [1]}),
        ("\ufeff[1]", "json", [1]),
        ("", "json", ""),
        ("", "csv", []),
        ("a\0b", "text", "a\0b"),
        ("<a/>", "xml", {"a": ""}),
        ("<a> x </a>", "xml", {"a": " x "}),
        ("<a b='1'>x</a>", "xml", {"a": {"@b": "1", "#text": "x"}}),
        ("<a>x<b/>y<b>1</b> </a>", "xml", {"a": {"b": ["", "1"], "#text": "xy"}}),
        ("<a x:b='1' b='2' xmlns:x='u' xmlns='v'/>", "xml", {"a": {"@b": "2"}}),
        ("<a>&lt;&#233;<![CDATA[<b>]]></a>", "xml", {"a": "<é<b>"}),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1"), "xml", {"a": "é"}),
        ('id,name\r\n1,"a,\nb"\r\n\r\n2\r\n', "csv", [{"id": "1", "name": "a,\nb"}, {"id": "2", "name": ""}]),
        ("a;b\n1;2;;\n", {"csv": {"delimiter": ";"}}, [{"a": "1", "b": "2"}]),
        ("a,,a\n1,2,3", "csv", [{"a": "1", "2": "2", "a_2": "3"}]),
        ("\ufeffa\tb\n1\t2", {"csv": {"delimiter": "\t"}}, [{"a": "1", "b": "2"}]),
        ("x", "bytes", as_bytes(b"x", "application/octet-stream")),
        ("", "bytes", as_bytes(b"", "application/octet-stream")),
    ],
)
def test_parse_says_how(content: Any, parse: Any, value: Any) -> None:
    assert read(content, parse=parse) == value


def test_a_value_out_of_soap_is_found_by_local_names() -> None:
    body = read(SOAP, "text/xml", "xml")["Envelope"]["Body"]
    assert body == {"Rate": {"Value": {"@unit": "EUR", "@type": "m:money", "#text": "1.10"}, "Tag": ["a", "b"]}}


BOMB = '<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><b>&b;</b>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


@pytest.mark.parametrize(
    ("content", "parse", "says"),
    [
        (BOMB, "xml", "document type"),
        (OUTSIDE, "xml", "document type"),
        ("<!DOCTYPE html><html/>", "xml", "document type"),
        ("<a>&x;</a>", "xml", "no XML"),
        ("<a>", "xml", "no XML"),
        ("<a>" * 60 + "</a>" * 60, "xml", "deeper than 100"),
        ("<a>" + "<b/>" * 600 + "</a>", "xml", "more than 500"),
        ("<a " + " ".join(f"x{n}='1'" for n in range(600)) + "/>", "xml", "more than 500"),
        ("<a/>", "json", "no JSON"),
        ("a,b\n1,2,3\n", "csv", "line 2 has 3 cells"),
        ("a,b\n" + "1,2\n" * 300, "csv", "more than 500 cells"),
    ],
)
def test_what_can_not_be_read_so_is_an_error(content: str, parse: Any, says: str) -> None:
    with pytest.raises(Exception, match=says):
        read(content, parse=parse, parsed_values=500)


def test_the_body_of_an_error_may_be_of_another_kind() -> None:
    assert read("<h1>Bad gateway</h1><br>", "text/html", "json", 502) == "<h1>Bad gateway</h1><br>"


def test_bytes_are_sent_on_as_they_came(play: Callable[..., sequence.SequenceRun], server: Server) -> None:
    named = {"Content-Type": "image/png", "Content-Disposition": 'attachment; filename="../../a.png"'}
    script = {"GET /a": lambda _: Reply(200, PNG, named), "PUT": {"json": {}}, "POST": {"json": {}}}
    run = play(
        [
            {"method": "GET", "api": "/a", "save_to": "file"},
            {"method": "PUT", "api": "/b", "base64": "{{#.file}}"},
            {"method": "PUT", "api": "/c", "base64": "AP8=", "header": {"Content-Type": "x/y"}},
            {
                "method": "POST",
                "api": "/d",
                "files": {"f": ["{{#.file}}", {"name": "b", "text": "two"}]},
                "form": {"k": ["1", 2]},
            },
        ],
        script,
    )
    assert run.ok, run.error
    assert run.persistence["file"] == {**as_bytes(PNG, "image/png"), "name": "a.png"}
    put, other, upload = server.seen[1:]
    assert (put.content, put.headers["Content-Type"]) == (PNG, "image/png")
    assert (other.content, other.headers["Content-Type"]) == (b"\x00\xff", "x/y")
    assert upload.content.count(b'name="f"') == 2
    assert upload.content.count(b'name="k"') == 2
    assert b'filename="a.png"\r\nContent-Type: image/png\r\n\r\n' + PNG in upload.content
    assert run.steps[1].curl.startswith("printf %s ") and "--data-binary @-" in run.steps[1].curl


@pytest.mark.parametrize("method", ["PROPFIND", "purge", "M-SEARCH", "TRACE"])
def test_any_method_is_sent(method: str, play: Callable[..., sequence.SequenceRun]) -> None:
    heard = []
    run = play([{"method": method, "api": "/x", "ok": "any"}], {}, on_step=heard.append)
    assert run.ok
    assert heard[0].method == method.upper()


def test_a_dry_run_reads_a_text_as_the_response_would_be() -> None:
    argument = {"requests": [{"method": "GET", "api": "http://x/", "parse": "csv", "save_to": "rows"}]}
    assert sequence.run(argument, sender=sequence.Mock({"0": {"body": "a\n1"}})).persistence == {"rows": [{"a": "1"}]}
    failed = sequence.run(argument, sender=sequence.Mock({"0": {"body": "a\n1,2"}}))
    assert failed.error is not None and "2 cells" in failed.error.message
