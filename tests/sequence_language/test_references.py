"""What references find."""

from typing import Any

import pytest

import sequence
from sequence.language.references import BadReference, parse

MEMORY = {
    "a": {"b": {"c": 1}},
    "l": [10, {"x": "y"}, [1, 2]],
    "key": "a",
    "n": 1,
    "null": None,
    "false": False,
    "a/b": "slash",
    "m~n": "tilde",
    "": "empty",
    "x y": "space",
    "a.b": "dotted",
    "path": "a.b",
    "deep": "b.c",
    "expr": "(#.a)",
    "tpl": "{{#.n}}",
    "0": "zero",
    "list_key": "1",
    "é": "accent",
}


def found(text: str, current: Any = None) -> Any:
    """What `{{text}}` becomes in a request's body."""
    mock = sequence.Mock()
    argument = {
        "persistence": MEMORY,
        "container": {"current": current},
        "requests": [{"method": "POST", "api": "http://x", "body": {"it": "{{" + text + "}}"}}],
    }
    run = sequence.run(argument, sender=mock)
    assert run.ok, run.error
    return mock.sent[0].body["it"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("#.a.b.c", 1),
        ("#.a.b", {"c": 1}),
        ("#.l.0", 10),
        ("#.l.1.x", "y"),
        ("#.l.2.1", 2),
        ("#.l.9", None),  # beyond the end: missing, where the original crashed
        ("#.l.-1", [1, 2]),
        ("#.l.-1.-2", 1),
        ("#.l.-3", 10),
        ("#.l.-4", None),
        ("#.l.-0", None),
        ("#/l/-1", None),  # RFC 6901 has no negative index
        ("#.l[0]", 10),
        ("#.l[1].x", "y"),
        ("#.l[2][1]", 2),
        ("#.l[-1][-1]", 2),
        ("#.l[9]", None),
        ("#.l[9]|7", 7),
        ("#[0]", "zero"),
        ("#.l[x]", None),  # a key of that name
        ("#.l[ 0 ]", None),
        ("#.l[(#.list_key)]", None),
        ("#/l[0]", None),
        (" #.a.b.c ", 1),
        ("\t#.n", 1),
        (" #.nope | 5 ", 5),
        ("#.l.-", None),  # jsonpointer's end-of-list object is no value
        ("#.l.x", None),
        ("#.null", None),
        ("#.false", False),
        ("#.nope.more", None),
        ("#.n.more", None),
        ("#.x y", "space"),
        ("#.é", "accent"),
        ("#/a/b/c", 1),
        ("#/a~1b", "slash"),
        ("#/m~0n", "tilde"),
        ("#/", "empty"),
        ("#/l/1/x", "y"),
        ("#/a.b", "dotted"),
        ("#/l/01", None),  # RFC 6901: no leading zeros
        ("#.(#.key).b.c", 1),
        ("#.a.(#.deep)", 1),  # the original reads the dots after putting the text in
        ("#.(#.path)", "dotted"),  # ... but a key that is just so comes first
        ("#.l.(#.n).x", "y"),  # the original crashed on a number
        ("#.l.(#.list_key).x", "y"),
        ("#/(#.path)", "dotted"),
        ("#.(#.(#.key)).b", None),
        ("#.(#.nope).b", None),
        ("#.expr", "(#.a)"),  # what a reference yields is never parsed again
        ("#.(#.expr)", None),
        ("#.tpl", "{{#.n}}"),
        ("#.nope|5", 5),
        ('#.nope|"five"', "five"),
        ("#.nope|some text", "some text"),
        ("#.null|[1, 2]", [1, 2]),
        ('#.nope|{"a":{"b":1}}', {"a": {"b": 1}}),
        ("#.false|true", False),
        ("#.nope|", ""),
        ("#.nope|NaN", "NaN"),
        ("#.nope|5 apples", "5 apples"),
        ("@", {}),
        ("!", "0"),
        ("@@.x", None),
        ("%.status", None),
        ("env.NOPE", None),
        ("secret.NOPE|none", "none"),
    ],
)
def test_a_reference_finds(text: str, value: Any) -> None:
    assert found(text) == value
    assert type(found(text)) is type(value)


@pytest.mark.parametrize(
    ("current", "text", "value"),
    [
        (5, "$", 5),
        (5, "$.a", 5),
        ("text", "$.a.b", "text"),
        (None, "$.a", None),
        ([1, 2], "$.1", 2),
        ("text", "$/a", None),  # a JSON Pointer is strict
        (True, "$.x", True),
        ({"a": 1}, "$.a.b", None),
    ],
)
def test_a_plain_value_is_its_own_answer(current: Any, text: str, value: Any) -> None:
    assert found(text, current) == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("data", "known are"),
        ("en.HOME", "did you mean env"),
        ("$.", "a key is missing"),
        ("#..a", "a key is missing"),
        ("#/~2", "RFC 6901"),
        ("!.a", "plain value"),
        ("now.x", "plain value"),
        ("env.", "a key is missing"),
        ("env.a.b", "one name"),
        ("#.(#.a", "closing bracket"),
        ("#a", "left over"),
        ("", "not a reference"),
        ("#." + "(#." * 30 + "a" + ")" * 30, "deep"),
    ],
)
def test_what_is_no_reference_says_why(text: str, says: str) -> None:
    with pytest.raises(BadReference) as refused:
        parse(text)
    assert says in str(refused.value)


def test_a_missing_key_does_not_write_the_document_into_an_error() -> None:
    run = sequence.run(
        {
            "persistence": {"rows": list(range(20_000))},
            "requests": [{"method": "POST", "api": "http://x", "body": "{{#.no}}"}],
        },
        sender=sequence.Mock(),
    )
    assert run.ok


def test_the_moment_is_the_same_all_through_a_step_and_uuids_differ() -> None:
    mock = sequence.Mock()
    body = {"a": "{{now}}", "b": "{{now}}", "c": "{{uuid}}", "d": "{{uuid}}", "e": "id-{{uuid}}"}
    sequence.run({"requests": [{"method": "POST", "api": "http://x", "body": body}]}, sender=mock)
    sent = mock.sent[0].body
    assert sent["a"] == sent["b"]
    assert len({sent["c"], sent["d"], sent["e"][3:]}) == 3


def test_loops_outside_are_reached_with_doubled_signs() -> None:
    mock = sequence.Mock({"0": {"body": [{"id": "a", "in": [{"id": "p"}]}, {"id": "b", "in": [{"id": "q"}]}]}})
    inner = {"method": "POST", "api": "http://x", "body": ["{{@.id}}", "{{@@.id}}", "{{!}}", "{{!!}}"]}
    outer = {"method": "GET", "api": "http://x", "__def_loop__": {"by": "@.in", "requests": [inner]}}
    first = {"method": "GET", "api": "http://x", "__def_loop__": {"by": "$", "requests": [outer]}}
    assert sequence.run({"requests": [first]}, sender=mock).ok
    assert [sent.body for sent in mock.sent if sent.method == "POST"] == [["p", "a", "0", "0"], ["q", "b", "0", "1"]]


def test_cookies_that_the_last_response_set(play: Any, server: Any) -> None:
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: XSRF=a%3Db; Path=/; HttpOnly\r\n"
        b"Set-Cookie: sid=1; Expires=Wed, 01 Jan 2031 00:00:00 GMT\r\nSet-Cookie: gone=1; Max-Age=0\r\n"
        b'Set-Cookie: q="x"\r\n\r\n'
    )
    first = {"raw": lambda handler: handler.wfile.write(head)}
    steps = [
        {"method": "GET", "api": "/a", "save_to": "r", "set": {"all": "{{%.cookies}}"}},
        {
            "method": "POST",
            "api": "/b",
            "header": {"X-XSRF": "{{%.cookies.XSRF}}", "X-Sid": "{{= $last.cookies.sid }}"},
        },
    ]
    run = play(steps, {"GET": first, "POST": {"json": {}}})
    assert run.ok, run.error
    assert run.persistence["all"] == {"XSRF": "a%3Db", "sid": "1", "q": '"x"'}
    assert server.seen[1].headers["X-XSRF"] == "a%3Db"
    assert server.seen[1].headers["X-Sid"] == "1"


def test_cookies_of_a_mocked_response() -> None:
    mock = sequence.Mock({"0": {"header": {"Set-Cookie": ["a=1", "b=2; Secure"]}}})
    steps = [{"method": "GET", "api": "http://x", "set": {"all": "{{%.cookies}}", "h": "{{%.header.set-cookie}}"}}]
    assert sequence.run({"requests": steps}, sender=mock).persistence == {
        "all": {"a": "1", "b": "2"},
        "h": "a=1, b=2; Secure",
    }
