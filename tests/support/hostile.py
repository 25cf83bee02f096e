"""Requests whose body somebody made to cost as much as it can, each of any size: for the property that work grows with
the body, and for the bench that measures it."""

import json
from collections.abc import Callable
from dataclasses import dataclass

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
BOUNDARY = "b"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


@dataclass(frozen=True)
class Hostile:
    """A request: where it goes, and its body of about `size` bytes."""

    path: str
    kind: str
    body: Callable[[int], bytes]


def _json(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def _times(size: int, head: str, unit: str, tail: str, join: str = "") -> bytes:
    count = max(size // (len(unit) + len(join)), 1)
    return (head + join.join([unit] * count) + tail).encode()


def _numbered(size: int, head: str, unit: str, tail: str, join: str = "") -> bytes:
    count = max(size // (len(unit) + 6), 1)
    return (head + join.join(unit.replace("#", f"{at:07}") for at in range(count)) + tail).encode()


def _part(size: int, head: str) -> bytes:
    return (f"--{BOUNDARY}\r\n" + head.replace("@", "x" * size) + f"\r\n\r\nv\r\n--{BOUNDARY}--\r\n").encode()


def _parts(size: int, head: str) -> bytes:
    part = f"--{BOUNDARY}\r\n{head}\r\n\r\nv\r\n"
    count = max(size // (len(part) + 6), 1)
    text = "".join(part.replace("#", f"{at:07}") for at in range(count))
    return (text + f"--{BOUNDARY}--\r\n").encode()


def _text(size: int, param: str, head: str, unit: str, tail: str = "", **more: str) -> bytes:
    return _json(**{param: head + unit * max(size // len(unit), 1) + tail}, **more)


def _deep(size: int, param: str, **more: object) -> bytes:
    """As deep as it may be, with long keys all the way down and many values at the bottom."""
    key = "k" * (size // 400)
    inner: object = [0] * (size // 8)
    for _ in range(90):
        inner = {key: inner}
    return _json(**{param: inner}, **more)


_FIELD = 'Content-Disposition: form-data; name="f#"'
_DISPOSITION = 'Content-Disposition: form-data; name="ctx"'
RUN, CHECK, ADD = "/js/walker_run", "/js_admin/sequence_check", "/js/add_scheduled_walker"
HOURLY: dict[str, object] = {"type": "interval", "conf": {"every": 1, "period": "hours"}}

CASES: dict[str, Hostile] = {
    "keys": Hostile(RUN, JSON, lambda n: _numbered(n, '{"name":"echo",', '"k#":1', "}", ",")),
    "keys, one with NUL": Hostile(RUN, JSON, lambda n: _numbered(n, '{"name":"\\u0000",', '"k#":1', "}", ",")),
    "keys of ctx": Hostile(RUN, JSON, lambda n: _numbered(n, '{"name":"echo","ctx":{', '"k#":1', "}}", ",")),
    "keys of a value": Hostile(
        RUN, JSON, lambda n: _numbered(n, '{"name":"echo","ctx":{"value":{', '"k#":1', "}}}", ",")
    ),
    "empty lists": Hostile(RUN, JSON, lambda n: _times(n, '{"name":"echo","ctx":{"value":[', "[]", "]}}", ",")),
    "numbers": Hostile(RUN, JSON, lambda n: _times(n, '{"name":"echo","ctx":{"value":[', "0", "]}}", ",")),
    "deep lists": Hostile(RUN, JSON, lambda n: _times(n, '{"ctx":', "[", "")),
    "deep and wide": Hostile(RUN, JSON, lambda n: _deep(n, "ctx", name="echo")),
    "most lists": Hostile(
        RUN, JSON, lambda n: _times(n, '{"name":"echo","ctx":{"value":[', "[]               ", "]}}", ",")
    ),
    "most parameters": Hostile(RUN, JSON, lambda n: _numbered(n, '{"name":"echo",', '"key#":1234567', "}", ",")),
    "most keys": Hostile(
        RUN, JSON, lambda n: _numbered(n, '{"name":"echo","ctx":{"value":{', '"key#":1234567', "}}}", ",")
    ),
    "most steps": Hostile(
        CHECK,
        JSON,
        lambda n: _times(n, '{"sequence":{"requests":[', '{"method":"GET","api":"http://abcdefg"}', "]}}", ","),
    ),
    "most values of a body": Hostile(
        CHECK,
        JSON,
        lambda n: _times(
            n, '{"sequence":{"requests":[{"method":"POST","api":"x","body":[', "[]               ", "]}]}}", ","
        ),
    ),
    "most values of a task": Hostile(
        ADD,
        JSON,
        lambda n: _times(
            n,
            '{"name":"t","schedule":{"type":"interval","conf":{"every":1,"period":"hours"}},"body":{"name":"echo","ctx":{"value":[',
            "[]               ",
            "]}}}",
            ",",
        ),
    ),
    "texts with brackets": Hostile(
        RUN, JSON, lambda n: _times(n, '{"name":"echo","ctx":{"value":[', '"[{"', "]}}", ",")
    ),
    "a long text": Hostile(RUN, JSON, lambda n: _json(name="echo", ctx={"value": "é" * (n // 6)})),
    "a text of quotes": Hostile(RUN, JSON, lambda n: _json(name="echo", ctx={"value": '"' * (n // 2)})),
    "an unclosed text": Hostile(RUN, JSON, lambda n: _times(n, '{"name":"', '\\"[', "")),
    "a long number": Hostile(RUN, JSON, lambda n: b'{"priority":' + b"1" * n + b"}"),
    "a long fraction": Hostile(RUN, JSON, lambda n: b'{"delay":1.' + b"1" * n + b"}"),
    "a long name": Hostile("/js/walker_get", JSON, lambda n: _text(n, "wlk", "", "x")),
    "a long parameter": Hostile(RUN, JSON, lambda n: _json(**{"x" * n: 1})),
    "a long field of ctx": Hostile(RUN, JSON, lambda n: _json(name="echo", ctx={"x" * n: 1})),
    "a long jid": Hostile(RUN, JSON, lambda n: _text(n, "nd", "urn:uuid:", "a-", name="echo")),
    "a long alias": Hostile(RUN, JSON, lambda n: _text(n, "nd", "", "a", name="echo")),
    "a long task id": Hostile("/js/walker_queue_cancel", JSON, lambda n: _text(n, "task_id", "", "0-")),
    "a long email": Hostile("/user/token/", JSON, lambda n: _text(n, "email", "", "a@", password="x")),
    "a long time": Hostile(RUN, JSON, lambda n: _text(n, "eta", "2030-01-01T", "0", is_async="true", name="echo")),
    "a long id": Hostile("/js/schedule_get", JSON, lambda n: _text(n, "id", "", "1")),
    "ctx as text, keys": Hostile(
        RUN, JSON, lambda n: _json(name="echo", ctx=_numbered(n // 2, "{", '"k#":1', "}", ",").decode())
    ),
    "ctx as text, comments": Hostile(RUN, JSON, lambda n: _text(n, "ctx", '{"value":[', "0,/**/", "0]}", name="echo")),
    "ctx as text, dots": Hostile(RUN, JSON, lambda n: _text(n, "ctx", "{", "...,", "}", name="echo")),
    "ctx as text, unclosed": Hostile(RUN, JSON, lambda n: _text(n // 2, "ctx", '{"value":"', '\\"', "", name="echo")),
    "ctx as text, deep": Hostile(RUN, JSON, lambda n: _text(n, "ctx", "", "[", "", name="echo")),
    "ctx as text, twice": Hostile(
        RUN, JSON, lambda n: _json(name="echo", ctx=_numbered(n // 2, '{"a":0,', '"k#":[]', ',"a":1}', ",").decode())
    ),
    "a sequence's steps": Hostile(CHECK, JSON, lambda n: _times(n, '{"sequence":{"requests":[', '{"x":1}', "]}}", ",")),
    "a sequence's keys": Hostile(
        CHECK,
        JSON,
        lambda n: _numbered(n, '{"sequence":{"requests":[{"method":"GET","api":"x",', '"k#":1', "}]}}", ","),
    ),
    "a sequence's texts": Hostile(
        CHECK, JSON, lambda n: _times(n, '{"sequence":{"requests":[{"body":[', '"{{#.a}}"', "]}]}}", ",")
    ),
    "a sequence's template": Hostile(
        CHECK, JSON, lambda n: _times(n, '{"sequence":{"requests":[{"method":"GET","api":"', "{{#.", '"}]}}')
    ),
    "a sequence's braces": Hostile(CHECK, JSON, lambda n: _times(n, '{"sequence":{"requests":[{"api":"', "{", '"}]}}')),
    "a sequence's reference": Hostile(
        CHECK, JSON, lambda n: _times(n, '{"sequence":{"requests":[{"api":"{{#.', "a", '}}"}]}}')
    ),
    "a sequence's filter": Hostile(
        CHECK, JSON, lambda n: _times(n, '{"sequence":{"requests":[{"when":[', '{"b":1}', "]}]}}", ",")
    ),
    "a sequence's depth": Hostile(CHECK, JSON, lambda n: _deep(n, "sequence")),
    "a sequence as text": Hostile(
        CHECK, JSON, lambda n: _text(n // 2, "sequence", '{"requests":[', '{"method":"GET","api":"http://x/"},', "]}")
    ),
    "a schedule's keys": Hostile(
        ADD, JSON, lambda n: _json(name="t", body={"name": "echo"}, schedule={f"k{at}": 1 for at in range(n // 14)})
    ),
    "a crontab's field": Hostile(
        ADD, JSON, lambda n: _json(name="t", body={}, schedule={"type": "crontab", "conf": {"minute": "1," * (n // 2)}})
    ),
    "a time zone": Hostile(
        ADD, JSON, lambda n: _json(name="t", body={}, schedule=HOURLY, timezone="Europe/" + "B" * n)
    ),
    "an argument's keys": Hostile(
        ADD, JSON, lambda n: _json(name="t", schedule=HOURLY, body={f"k{at}": 1 for at in range(n // 14)})
    ),
    "fields": Hostile(RUN, FORM, lambda n: _numbered(n, "", "k#=1", "", "&")),
    "no fields": Hostile(RUN, FORM, lambda n: b"&" * n),
    "escapes": Hostile(RUN, FORM, lambda n: _times(n, "name=", "%41", "")),
    "escapes between": Hostile(RUN, FORM, lambda n: _times(n, "name=", "a%41", "")),
    "stray percents": Hostile(RUN, FORM, lambda n: _times(n, "name=", "%", "")),
    "JSON in a form": Hostile(RUN, FORM, lambda n: _times(n, "name=echo&ctx=", "[", "")),
    "a number in a form": Hostile(RUN, FORM, lambda n: b"priority=" + b"1" * n),
    "a list in a form": Hostile("/js/schedule_preview", FORM, lambda n: _times(n, "schedule=[", "[]", "]", ",")),
    "parts": Hostile(RUN, MULTIPART, lambda n: _parts(n, _FIELD)),
    "files": Hostile(RUN, MULTIPART, lambda n: _parts(n, _FIELD + '; filename="a"')),
    "a long header": Hostile(RUN, MULTIPART, lambda n: _part(n, _DISPOSITION + "\r\nX: @")),
    "many headers": Hostile(RUN, MULTIPART, lambda n: _part(1, _DISPOSITION + "\r\nA: b" * (n // 6))),
    "a long filename": Hostile(RUN, MULTIPART, lambda n: _part(n, _DISPOSITION + '; filename="@"')),
    "half boundaries": Hostile(
        RUN, MULTIPART, lambda n: _times(n, f"--{BOUNDARY}\r\n{_DISPOSITION}\r\n\r\n", "\r\n--", "")
    ),
    "wrong boundaries": Hostile(RUN, MULTIPART, lambda n: _times(n, "", "--c\r\n", "")),
    "a long boundary": Hostile(RUN, MULTIPART.replace("=b", "=" + "b" * 70), lambda n: b"--" + b"b" * n),
}
