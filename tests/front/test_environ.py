"""Heads of requests as environs."""

import pytest

from walkabout.front.environ import environ_of


class Head:
    """The head of a request, as the server gives it."""

    http_version = "1.1"
    server = "127.0.0.1:8000"
    client = "192.0.2.7:41000"
    scheme = "http"
    method = "POST"
    query_string = ""
    authority: str | None = None

    def __init__(self, path: str = "/", *headers: tuple[str, str], **more: str) -> None:
        self.path = path
        self.pairs = list(headers)
        self.headers = self
        for name, value in more.items():
            setattr(self, name, value)

    def items(self) -> list[tuple[str, str]]:
        return self.pairs


def test_what_pep_3333_asks_for_is_there() -> None:
    environ = environ_of(Head("/js/info", ("host", "example.org"), ("content-type", "a/b"), ("content-length", "3")))
    expected = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/js/info",
        "QUERY_STRING": "",
        "CONTENT_TYPE": "a/b",
        "CONTENT_LENGTH": "3",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.7",
        "HTTP_HOST": "example.org",
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    assert {name: environ[name] for name in expected} == expected
    assert "wsgi.errors" in environ


def test_text_beyond_ascii_is_bytes_as_latin_1() -> None:
    environ = environ_of(Head("/ä€", query_string="q=ä"))
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/ä€"
    assert environ["QUERY_STRING"].encode("latin-1").decode() == "q=ä"


def test_a_header_that_comes_twice_is_one() -> None:
    environ = environ_of(Head("/", ("accept", "a"), ("accept", "b"), ("cookie", "x=1"), ("cookie", "y=2")))
    assert environ["HTTP_ACCEPT"] == "a,b"
    assert environ["HTTP_COOKIE"] == "x=1;y=2"


@pytest.mark.parametrize("name", ["x_forwarded_for", "x-forwarded_for", "content_length", "_"])
def test_a_header_with_an_underscore_stands_for_no_other(name: str) -> None:
    environ = environ_of(Head("/", ("x-forwarded-for", "192.0.2.1"), (name, "203.0.113.9")))
    assert environ["HTTP_X_FORWARDED_FOR"] == "192.0.2.1"
    assert "203.0.113.9" not in environ.values()


@pytest.mark.parametrize(
    ("client", "address"), [("[2001:db8::1]:41000", "2001:db8::1"), ("[::ffff:192.0.2.7]:1", "::ffff:192.0.2.7")]
)
def test_addresses_of_ipv6_have_no_brackets(client: str, address: str) -> None:
    assert environ_of(Head(client=client))["REMOTE_ADDR"] == address
    assert environ_of(Head(server="[::1]:8000"))["SERVER_NAME"] == "::1"


def test_without_a_host_there_is_an_empty_one() -> None:
    assert environ_of(Head())["HTTP_HOST"] == ""
