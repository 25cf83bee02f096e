"""What is read of a body's bytes: forms and parts as they are, or a refusal that names what is wrong."""

from urllib.parse import unquote_to_bytes, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.examples import examples
from walkabout.api.answers import Refusal
from walkabout.settings import Settings
from walkabout.web.bodies import FORM, MULTIPART, STRAYS_MOST, Form, parse_body, read_form, unquote

SETTINGS = Settings(max_parts=5)
BOUNDED = f"{MULTIPART}; boundary=b"
HEAD = 'Content-Disposition: form-data; name="a"'


def part(head: str = HEAD, content: str = "v") -> str:
    return f"--b\r\n{head}\r\n\r\n{content}\r\n"


def refused(body: str | bytes, kind: str = BOUNDED) -> tuple[int, str]:
    with pytest.raises(Refusal) as refusal:
        parse_body(kind, body.encode() if isinstance(body, str) else body, SETTINGS)
    return refusal.value.status, refusal.value.texts[0]


def fields(body: str, kind: str = BOUNDED) -> list[tuple[str, str]]:
    return read_form(kind, body.encode(), SETTINGS).fields


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (part() + "--b--\r\n", [("a", "v")]),
        (part() + "--b--", [("a", "v")]),
        ("preamble\r\n" + part() + "--b--\r\nepilogue", [("a", "v")]),
        (part() + part('content-disposition: form-data; name="é"', "ü") + "--b--", [("a", "v"), ("é", "ü")]),
        (part(content="") + "--b--", [("a", "")]),
        (f"--b\r\n{HEAD}\r\n\r\n--b--", [("a", "")]),
        (part(content="x--b\r\n-b") + "--b--", [("a", "x--b\r\n-b")]),
        (part(content="\r\n\r\nx\r\n") + "--b--", [("a", "\r\n\r\nx\r\n")]),
        ("--b  \r\n" + part().removeprefix("--b\r\n") + "--b--", [("a", "v")]),
        (part(f"X: y\r\n{HEAD}") + "--b--", [("a", "v")]),
        (part('Content-Disposition: form-data;\r\n name="a"') + "--b--", [("a", "v")]),
        (part('Content-Disposition: form-data; name="a b; \\"c\\""') + "--b--", [('a b; "c"', "v")]),
        ("--b--\r\n", []),
    ],
)
def test_parts_are_read(body: str, expected: list[tuple[str, str]]) -> None:
    assert fields(body) == expected


def test_a_part_says_its_charset() -> None:
    body = part(HEAD + "\r\nContent-Type: text/plain; charset=ISO-8859-1", "é").encode("latin-1") + b"--b--"
    assert read_form(BOUNDED, body, SETTINGS).fields == [("a", "é")]


def test_a_file_has_its_name_type_and_bytes() -> None:
    body = part(HEAD + '; filename="é.bin"\r\nContent-Type: image/png', "\0\r\n").encode() + b"--b--"
    [(name, file)] = read_form(BOUNDED, body, SETTINGS).files
    assert (name, file.name, file.type, file.content) == ("a", "é.bin", "image/png", b"\0\r\n")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (part(), "closing boundary is missing"),
        (part() + "--b", "must end after the boundary"),
        (part() + "--b-", "must end after the boundary"),
        (part("Content-Disposition: form-data") + "--b--", "no name"),
        (part('Content-Disposition: form-data; filename="x"') + "--b--", "no name"),
        (part('Content-Disposition: form-data; name=""') + "--b--", "no name"),
        (part('Content-Disposition: attachment; name="a"') + "--b--", "no name"),
        (part("X: y") + "--b--", "no name"),
        ("--b\r\n\r\nv\r\n--b--", "no name"),
        (part('Content-Disposition: form-data; name="a\0"') + "--b--", "NUL"),
        (part(HEAD + '; filename="\0"') + "--b--", "NUL"),
        (part(HEAD + '; filename="é"').encode("latin-1") + b"--b--", "must be UTF-8"),
        (part(HEAD.replace('"a"', '"é"')).encode("latin-1") + b"--b--", "must be UTF-8"),
        (part(content="é").encode("latin-1") + b"--b--", "a: byte 0 is not UTF-8"),
        (part(HEAD + "\r\nContent-Type: text/plain; charset=utf-7") + "--b--", "a: the charset utf-7"),
        (part(f"{HEAD}\r\nX: {'y' * 20_000}") + "--b--", "within 16384 bytes"),
        (part().replace("\r\n", "\n") + "--b--", "CR LF"),
        ("", "closing boundary is missing"),
    ],
)
def test_parts_that_are_not_right_are_refused(body: str | bytes, says: str) -> None:
    status, text = refused(body)
    assert status == 400
    assert says in text


@pytest.mark.parametrize("kind", [MULTIPART, f"{MULTIPART}; boundary=", f"{MULTIPART}; boundary={'b' * 71}"])
def test_a_boundary_has_1_to_70_characters(kind: str) -> None:
    assert "boundary of 1 to 70" in refused(part() + "--b--", kind)[1]


@pytest.mark.parametrize(
    ("body", "kind"), [(part() * 6 + "--b--", BOUNDED), ("a=1&" * 5 + "a=1", FORM), ("&" * 100_000, FORM)]
)
def test_more_fields_than_allowed_are_413(body: str, kind: str) -> None:
    assert refused(body, kind) == (413, "body: more than 5 fields (the setting MAX_PARTS)")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("name=caf%E9", "name: byte 3 is not UTF-8"),
        ("name=%ED%A0%80", "name: byte 0 is not UTF-8"),
        ("caf%E9=1", "body: byte 3 is not UTF-8"),
        (b"name=caf\xe9", "name: byte 3 is not UTF-8"),
        ("name=" + "%" * (STRAYS_MOST + 1), "name: more than 1000 % signs"),
        ('{"name": "echo"}', "this is JSON"),
    ],
)
def test_forms_that_are_not_right_are_refused(body: str | bytes, says: str) -> None:
    status, text = refused(body, FORM)
    assert status == 400
    assert says in text


@pytest.mark.parametrize(
    ("body", "place"), [(b'{"a": 1, "b": "x\xff"}', 16), (b'{"a\xe9": 1}', 3), ('{"ä": "'.encode() + b'\xff"}', 8)]
)
def test_what_is_no_utf8_in_json_is_told_with_its_place(body: bytes, place: int) -> None:
    assert refused(body, "application/json") == (400, f"body: not valid JSON: byte {place} is not UTF-8")


@examples(100)
@given(st.lists(st.tuples(st.text(), st.text()), max_size=5))
def test_a_form_is_read_as_it_was_sent(sent: list[tuple[str, str]]) -> None:
    sent = [pair for pair in sent if not any("\ud800" <= sign <= "\udfff" for sign in "".join(pair))]
    assert read_form(FORM, urlencode(sent).encode(), SETTINGS) == Form(sent)


@examples(100)
@given(st.binary() | st.text("%=+aF0\n\r \t_?").map(str.encode))
def test_escapes_are_what_the_standard_library_says(data: bytes) -> None:
    assert unquote(data) == unquote_to_bytes(data.replace(b"+", b" "))
