"""What people must not read is masked: by its name, by the words around it, by its value in all its looks."""

import base64
import html
import json
import re
import urllib.parse
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sequence
from sequence.masking import echoes as looks
from sequence.masking.masker import Masker
from sequence.masking.telling import is_telling
from sequence.masking.wording import masked_words
from tests.support.examples import examples

SECRET = "s3cr3t/välue+of:mine?"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc=\n-----END RSA PRIVATE KEY-----"

TELLING = [
    "password", "Password2", "PASSWORD", "new_password", "old-password", "passwordConfirmation", "passwd", "pwd", "user_pwd",
    "db.pass", "passphrase", "token", "tokens", "access_token", "accessToken", "refreshToken", "AccessTokenValue", "id_token",
    "api-key", "apiKey", "api_key", "apikey", "API_KEY", "X-Api-Key", "x-functions-key", "Ocp-Apim-Subscription-Key",
    "X-Walkabout-Key", "key", "Key", "Authorization", "Proxy-Authorization", "authorization", "Cookie", "Set-Cookie",
    "cookies", "client_secret", "clientSecret", "SECRET", "secret_key", "AWSSecretAccessKey", "aws_access_key_id",
    "private_key", "privateKey", "private-key", "ssh_key", "signing_key", "credentials", "X-Amz-Credential",
    "X-Amz-Signature", "X-Amz-Security-Token", "sig", "signature", "X-Hub-Signature", "jwt", "otp", "pin", "bearer",
    "csrf_token", "connectionString", "auth_key", "encryptionKey",
]  # fmt: skip
NOT_TELLING = [
    "name", "id", "passenger", "tokenize", "tokenizer", "compass", "url", "pin_code_length", "status", "keys", "keyboard",
    "primary_key", "sort_key", "foreignKey", "Idempotency-Key", "author", "authority", "spinning", "design", "assigned",
    "opinion", "monkey", "basic", "value", "token_type", "token_url", "max_tokens_per_minute", "", "-", "123", "sessionized",
]  # fmt: skip


@pytest.mark.parametrize("name", TELLING)
def test_names_under_which_secrets_travel(name: str) -> None:
    assert is_telling(name)


@pytest.mark.parametrize("name", NOT_TELLING)
def test_names_that_tell_nothing(name: str) -> None:
    assert not is_telling(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://ana:hunter22@example.org/a", "https://***@example.org/a"),
        ("https://hunter22@example.org", "https://***@example.org"),
        ("postgres://ana:p@ss22@db:5432/x, next", "postgres://***@db:5432/x, next"),
        ("//ana:hunter22@example.org", "//***@example.org"),
        ("https://example.org/?next=a@b.c", "https://example.org/?next=a@b.c"),
        ("/a?api_key=hunter22&page=2", "/a?api_key=***&page=2"),
        ("/a?page=2&X-Amz-Signature=hunter22", "/a?page=2&X-Amz-Signature=***"),
        ("/a?sig=hunter22;key=hunter23", "/a?sig=***;key=***"),
        ("/a?api%5Fkey=hunter22", "/a?api%5Fkey=***"),
        ("/a#access_token=hunter22&x=1", "/a#access_token=***&x=1"),
        ("/a?next=http://b/?token=hunter22", "/a?next=http://b/?token=***"),
        ("password=hunter22&user=ana", "password=***&user=ana"),
        ("login(user='ana', password='hunter 22')", "login(user='ana', password=***)"),
        ("Authorization: Bearer hunter22", "Authorization: ***"),
        ("it said Bearer hunter22 twice", "it said Bearer *** twice"),
        ("Bearer xyz", "Bearer ***"),
        ("bearer hunter22.a-b_c~d+e/f==", "bearer ***"),
        ("Bearer%20hunter22", "Bearer%20***"),
        ("Basic YW5hOmh1bnRlcjIy", "Basic ***"),
        ("header token 0123456789abcdef", "header token ***"),
        ("X-Api-Key: hunter22 and more", "X-Api-Key: *** and more"),
        ("Cookie: sid=hunter22; theme=dark\nAccept: */*", "Cookie: ***\nAccept: */*"),
        ("Set-Cookie: sid=hunter22; Path=/", "Set-Cookie: ***"),
        ("token: key: hunter22", "token: key: ***"),
        ('sent {"password": "hunter \\"22", "a": 1}', 'sent {"password": "***", "a": 1}'),
        ("sent {'api_key': 'hunter22', 'a': 1}", "sent {'api_key': '***', 'a': 1}"),
        ('sent {"pin":1234,"a":1}', 'sent {"pin":***,"a":1}'),
        (r'"{\"password\": \"hunter22\", \"a\": 1}"', r'"{\"password\": \"***\", \"a\": 1}"'),
        (f"before {PEM} after", "before -----BEGIN RSA PRIVATE KEY-----*** after"),
        (PEM[:45], "-----BEGIN RSA PRIVATE KEY-----***"),
        ("a eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJ b", "a *** b"),
    ],
)
def test_what_its_own_words_tell(text: str, shown: str) -> None:
    assert masked_words(text, is_telling) == shown


@pytest.mark.parametrize(
    "text",
    [
        "password: must be at least 8 characters",
        "key: expected text, not 5",
        "token: is missing",
        "a Bearer token is required",
        "WWW-Authenticate: Bearer realm=example",
        "use Basic authentication",
        "the basic plan, a token of thanks",
        "ana@example.org wrote https://example.org/@ana?page=2#top",
        "2030-12-24T18:00:00+01:00",
        "-----BEGIN CERTIFICATE-----",
        "requests[1].header: expected an object",
        "secret.NAME",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert masked_words(text, is_telling) == text


def in_base64(prefix: bytes, suffix: bytes) -> str:
    return base64.b64encode(prefix + SECRET.encode() + suffix).decode()


@pytest.mark.parametrize("before", range(4))
@pytest.mark.parametrize("after", range(4))
@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("url_safe", [True, False])
def test_a_secret_in_base64_at_each_alignment(before: int, after: int, padded: bool, url_safe: bool) -> None:
    text = in_base64(b"\xfb" * before, b"\xff" * after)
    text = text.translate(str.maketrans("+/", "-_")) if url_safe else text
    shown = Masker({"A": SECRET}).secrets_in(text if padded else text.rstrip("="))
    # Not one digit that has bits of it may be left: with those of what stands around it, too.
    assert "***" in shown
    whole = before // 3 * 4
    assert len(re.sub(r"\*\*\*|=", "", shown)) <= whole + (before % 3 + after % 3 + 4)
    assert base64.b64encode(SECRET.encode()[2:-2]).decode()[2:-4] not in shown


@pytest.mark.parametrize(
    "look",
    [
        SECRET,
        f"longer {SECRET} text",
        json.dumps(SECRET),
        json.dumps(json.dumps([SECRET])),
        json.dumps(SECRET, ensure_ascii=False),
        repr(SECRET),
        urllib.parse.quote(SECRET),
        urllib.parse.quote(SECRET, safe=""),
        urllib.parse.quote_plus(SECRET),
        urllib.parse.quote(SECRET, safe="").lower(),
        html.escape(SECRET),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
    ],
)
def test_a_secret_in_each_of_its_looks(look: str) -> None:
    shown = Masker({"A": SECRET}).secrets_in(look)
    assert "***" in shown
    assert "lue" not in shown and "6c7565" not in shown.lower()


@examples(100)
@given(st.text(st.characters(codec="utf-8"), min_size=4, max_size=40), st.binary(max_size=7), st.binary(max_size=7))
def test_no_secret_is_left_in_base64(secret: str, before: bytes, after: bytes) -> None:
    content = secret.encode()
    shown = Masker({"A": secret}).secrets_in(base64.b64encode(before + content + after).decode())
    left = "".join(shown.split("***"))
    assert "***" in shown
    assert len(left.rstrip("=")) <= -(-len(before) * 4 // 3) + -(-len(after) * 4 // 3)


def test_short_secrets_are_masked_only_as_a_whole() -> None:
    masker = Masker({"PIN": "12"})
    assert masker.without_secrets(["12", "1234"]) == ["***", "1234"]


def test_a_value_under_a_telling_name_is_masked_in_all_of_a_value_and_in_base64() -> None:
    value = {"note": "hunter22!", "login": {"password": "hunter22!"}, "echo": base64.b64encode(b"x=hunter22!").decode()}
    shown = Masker({}).masked(value)
    assert shown == {"note": "***", "login": {"password": "***"}, "echo": "eD***="}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"auth": {"basic": ["ana", "hunter22"]}}, {"auth": {"basic": "***"}}),
        ({"auth": {"bearer": "hunter22"}}, {"auth": {"bearer": "***"}}),
        ({"auth": "hunter22"}, {"auth": "***"}),
        ({"auth": {"oauth2": {"client_id": "me", "client_secret": "hunter22"}}},
         {"auth": {"oauth2": {"client_id": "me", "client_secret": "***"}}}),
        ({"basic": "plan"}, {"basic": "plan"}),
        ([{"name": "X-Api-Key", "value": "hunter22"}], [{"name": "X-Api-Key", "value": "***"}]),
        ([{"key": "password", "value": "hunter22"}], [{"key": "password", "value": "***"}]),
        ([{"key": "colour", "value": "red"}], [{"key": "colour", "value": "red"}]),
        ({"has_password": True, "password": None, "token": ""}, {"has_password": True, "password": None, "token": ""}),
        ({"password": 12345678}, {"password": "***"}),
        ({"header": {"Accept": "a/b", "Authorization": "Basic YTpi"}}, {"header": {"Accept": "a/b", "Authorization": "***"}}),
    ],
)  # fmt: skip
def test_values_by_their_names(value: Any, shown: Any) -> None:
    assert Masker({}).masked(value) == shown


def test_a_masked_value_is_whole() -> None:
    value = {"list": list(range(5000)), "text": "x" * 200_000, "deep": [[[[{"a": None}]]]]}
    assert Masker({}).masked(value) == value


@pytest.mark.parametrize(
    "piece",
    [
        "://",
        "//a@",
        "a=",
        "key=",
        '"a":"',
        "'key':\"\\",
        "Bearer ",
        "eyJ",
        "-----BEGIN PRIVATE KEY-----",
        "a: ",
        "?&;",
        '\\"',
    ],
)
def test_twice_the_text_is_twice_the_work(piece: str) -> None:
    """Counted in steps of the one thing that can be counted there: names that are looked at."""

    def names_in(text: str) -> int:
        asked = 0

        def tells(name: str) -> bool:
            nonlocal asked
            asked += len(name)
            return False

        masked_words(text, tells)
        return asked

    once, twice = names_in(piece * 2000), names_in(piece * 4000)
    assert twice <= 2.5 * once + 200


def test_the_looks_of_a_secret_are_few() -> None:
    assert len(looks.echoes("a-long/secret with blanks & more")) <= 24


@pytest.mark.parametrize(
    "expression",
    [
        "$secret.TOKEN",
        "$secret.TOKEN & ':x'",
        "$base64encode($secret.TOKEN)",
        "$base64encode('a' & $secret.TOKEN)",
        "$base64encode('ab' & $secret.TOKEN & 'é')",
        "$base64encode($secret.USER & ':' & $secret.TOKEN)",
        "$encodeUrlComponent($secret.TOKEN)",
        "$encodeUrl($secret.TOKEN)",
        "$string({'a': [$secret.TOKEN]})",
        "$join(['a', $secret.TOKEN], ' ')",
        "$merge([{'a': 1}, {$secret.TOKEN: 2}])",
        "$map([1], function($x) { {'b': $secret.TOKEN} })",
        "$string({'a': $string({'b': $secret.TOKEN})})",
        "$base64encode($string({'t': $secret.TOKEN}))",
    ],
)
def test_what_expressions_make_of_a_secret_is_masked_where_it_is_known_again(expression: str) -> None:
    secret = 'ab"c/d+é?=&12345'
    settings = sequence.SequenceSettings(secrets={"TOKEN": secret, "USER": "someone-long"})
    text = "{{= " + expression + " }}"
    steps = [
        {"method": "POST", "api": "http://x", "header": {"X-Data": "a " + text}, "body": [text], "set": {"kept": text}},
        {"set": {"x": "{{= $error('no ' & " + f"$string({expression}))" + " }}"}},
    ]
    mock = sequence.Mock()
    run = sequence.run({"requests": steps}, sender=mock, settings=settings)
    assert run.error is not None
    shown = json.dumps(
        [[record.as_dict() for record in run.steps], run.for_owner(), run.for_people(), run.error.message]
    )
    for look in ("12345", "MTIzND", "TIzNDU", "xMjM0N", urllib.parse.quote(secret)[3:-3], "c/d+"):
        assert look not in shown, shown
    assert "***" in shown
