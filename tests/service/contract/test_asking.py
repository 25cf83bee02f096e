"""How a request says who asks, and for what."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.service.contract.answers import good, refusal
from tests.support.house import Client, House

MB = 1024 * 1024


def send(client: Client, path: str, body: bytes | str, kind: str = "application/json") -> requests.Response:
    """POST a body as it stands."""
    data = body.encode() if isinstance(body, str) else body
    return client.session.post(client.url + path, data=data, headers={"Content-Type": kind}, timeout=60)


def bare_post(house: House, **headers: str) -> requests.Response:
    return requests.post(f"{house.url}/js/alias_list", json={}, headers=headers, timeout=30)


@pytest.mark.parametrize("scheme", ["token", "Bearer"])
def test_a_token_works_under_both_schemes(house: House, ben: Client, scheme: str) -> None:
    good(bare_post(house, Authorization=f"{scheme} {ben.token}"))


def test_no_token_is_refused(house: House) -> None:
    refusal(bare_post(house), 401)


@pytest.mark.parametrize(
    "header",
    ["token nonsense", "token", "token ", "Bearer", "Basic YTpi", "nonsense", "", "token \xe9", "token " + "a" * 4000],
)
def test_a_bad_token_is_refused(house: House, header: str) -> None:
    refusal(bare_post(house, Authorization=header), 401)


def test_the_token_of_another_scheme_is_refused(house: House, ben: Client) -> None:
    refusal(bare_post(house, Authorization=f"Basic {ben.token}"), 401)


@pytest.mark.parametrize("name", ["token", "session", "sessionid", "Authorization", "walkabout"])
def test_a_cookie_is_never_accepted(house: House, ben: Client, name: str) -> None:
    refusal(bare_post(house, Cookie=f"{name}={ben.token}"), 401)


@pytest.mark.parametrize("place", ["query", "body"])
def test_a_token_is_read_from_its_header_alone(house: House, ben: Client, place: str) -> None:
    given: dict[str, Any] = {"params": {"token": ben.token}} if place == "query" else {"json": {"token": ben.token}}
    refusal(requests.post(f"{house.url}/js/alias_list", **given, timeout=30), 401)


def test_public_apis_answer_whoever_asks(house: House) -> None:
    headers = {"Authorization": "token nonsense"}
    good(requests.get(f"{house.url}/js_public/info", headers=headers, timeout=30))


def test_admins_alone_ask_under_js_admin(ben: Client) -> None:
    refusal(ben.post("/js_admin/master_allusers"), 403)


def test_nobody_asks_under_js_admin(house: House) -> None:
    refusal(requests.post(f"{house.url}/js_admin/master_allusers", timeout=30), 401)


def test_an_admin_asks_general_apis_under_js_admin(ana: Client) -> None:
    assert good(ana.post("/js_admin/walker_run", name="echo", ctx={"value": 3}))["report"] == [3]


@pytest.mark.parametrize(
    "given",
    [
        {"json": {"name": "echo", "ctx": {"value": "v"}}},
        {"data": {"name": "echo", "ctx": '{"value": "v"}'}},
        {"files": {"name": (None, "echo"), "ctx": (None, '{"value": "v"}')}},
        {"params": {"name": "echo", "ctx": '{"value": "v"}'}},
        {"params": {"name": "echo"}, "json": {"ctx": '{"value": "v"}'}},
    ],
    ids=["json", "form", "multipart", "query", "query and json"],
)
def test_parameters_come_from_everywhere(ben: Client, given: dict[str, Any]) -> None:
    answer = ben.session.post(f"{ben.url}/js/walker_run", **given, timeout=30)
    assert good(answer)["report"] == ["v"]


def test_the_path_gives_a_parameter(ben: Client) -> None:
    assert good(ben.post("/js/wapi/echo", ctx={"value": "v"}))["report"] == ["v"]


def test_the_query_goes_over_the_body(ben: Client) -> None:
    assert good(ben.post("/js/walker_run?name=echo", name="fail"))["report"] == [None]


def test_the_path_goes_over_the_query_and_the_body(ben: Client) -> None:
    assert good(ben.post("/js/wapi/echo?name=fail", name="fail"))["report"] == [None]


def test_an_empty_post_has_no_parameters(ben: Client) -> None:
    assert good(ben.session.post(f"{ben.url}/js/alias_list", timeout=30))["active:graph"]


@pytest.mark.parametrize(
    ("field", "value", "becomes"),
    [("number", 2.0, 2), ("number", -3, -3), ("ratio", 1, 1.0), ("ratio", 0.25, 0.25), ("flag", True, True),
     ("names", ["a"], ["a"]), ("extra", {"a": [1, None]}, {"a": [1, None]}), ("maybe", None, None), ("maybe", 4, 4)],
)  # fmt: skip
def test_json_values_of_the_right_type_are_taken(ben: Client, field: str, value: Any, becomes: Any) -> None:
    fields = ["number", "ratio", "flag", "names", "extra", "maybe"]
    report = ben.run("typed", **{"number": 1, field: value})["report"][0]
    assert report[fields.index(field)] == becomes
    assert type(report[fields.index(field)]) is type(becomes) or field == "ratio"


@pytest.mark.parametrize(
    ("field", "value"),
    [("number", True), ("number", "2"), ("number", 2.5), ("number", None), ("number", [1]), ("ratio", True),
     ("ratio", "0.5"), ("flag", "true"), ("flag", 1), ("names", "a"), ("names", [1]), ("extra", []), ("maybe", "4")],
)  # fmt: skip
def test_a_walkers_field_of_the_wrong_type_is_named(ben: Client, field: str, value: Any) -> None:
    text = refusal(ben.js("walker_run", name="typed", ctx={"number": 1, field: value}), 400)
    assert field in text


@pytest.mark.parametrize("depth", ["1", True, 1.5, [1], {}])
def test_a_json_parameter_of_the_wrong_type_is_named(ben: Client, depth: Any) -> None:
    assert "depth" in refusal(ben.js("object_get", obj="active:graph", depth=depth), 400)


def test_a_whole_float_is_an_int(ben: Client) -> None:
    assert good(ben.js("object_get", obj="active:graph", depth=1.0))["nodes"] is not None


@pytest.mark.parametrize("text", ["true", "True", "TRUE", "tRuE"])
def test_true_in_a_form_is_converted(ben: Client, text: str) -> None:
    data = {"obj": "active:graph", "detailed": text}
    answer = ben.session.post(f"{ben.url}/js/object_get", data=data, timeout=30)
    assert "j_master" in good(answer)


@pytest.mark.parametrize("text", ["false", "False", "FALSE"])
def test_false_in_a_query_is_converted(ben: Client, text: str) -> None:
    assert "j_master" not in good(ben.post(f"/js/object_get?detailed={text}", obj="active:graph"))


@pytest.mark.parametrize("text", ["yes", "1", "on", " ", "truee"])
def test_other_text_is_no_boolean(ben: Client, text: str) -> None:
    assert "detailed" in refusal(ben.post(f"/js/object_get?detailed={text}", obj="active:graph"), 400)


def test_a_number_in_a_query_is_converted(ben: Client) -> None:
    assert "nodes" in good(ben.post("/js/object_get?depth=1", obj="active:graph"))


@pytest.mark.parametrize("text", ["one", "1.5", "nan", "1e999", " ", "1_0", "\u0661"])
def test_other_text_is_no_whole_number(ben: Client, text: str) -> None:
    answer = ben.session.post(f"{ben.url}/js/object_get", data={"obj": "active:graph", "depth": text}, timeout=30)
    assert "depth" in refusal(answer, 400)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "Infinity", "1e999", "soon"])
def test_other_text_is_no_number(ben: Client, text: str) -> None:
    answer = ben.post(f"/js/walker_run?is_async=true&delay={text}", name="echo")
    assert "delay" in refusal(answer, 400)


@pytest.mark.parametrize("place", ["json", "data", "params"])
def test_an_unknown_parameter_is_answered_with_the_right_one(ben: Client, place: str) -> None:
    answer = ben.session.post(f"{ben.url}/js/alias_delete", **{place: {"nmae": "a"}}, timeout=30)  # type: ignore[arg-type]
    text = refusal(answer, 400)
    assert "nmae" in text
    assert "did you mean name" in text


def test_an_unknown_field_of_a_walker_is_answered_with_the_right_one(ben: Client) -> None:
    text = refusal(ben.js("walker_run", name="echo", ctx={"valeu": 1}), 400)
    assert "valeu" in text
    assert "did you mean value" in text


@pytest.mark.parametrize(
    "body",
    [
        r'{"name": "a\u0000b", "value": "x"}',
        r'{"name": "a", "value": "\u0000"}',
        r'{"name": "a\ud800", "value": "x"}',
        r'{"name": "a", "value": "\udc00\ud800"}',
        '{"name": "a", "value": NaN}',
        '{"name": "a", "value": Infinity}',
        '{"name": "a", "value": -Infinity}',
        '{"name": "a", "value": 1e999}',
        '{"name": "a", "value": -1e999}',
        r'{"na\u0000me": "a", "value": "x"}',
    ],
)
def test_what_no_database_can_hold_is_refused(someone: Client, body: str) -> None:
    refusal(send(someone, "/js/alias_register", body), 400)
    assert set(good(someone.js("alias_list"))) == {"active:graph", "active:sentinel", "global"}


@pytest.mark.parametrize(
    "value",
    [r'"\u0000"', r'"\ud800"', "NaN", "Infinity", "1e999", r'[{"a": ["\u0000"]}]', r'{"\u0000": 1}', r'{"\udfff": 1}'],
)
def test_what_no_database_can_hold_is_refused_in_ctx(ben: Client, value: str) -> None:
    refusal(send(ben, "/js/walker_run", f'{{"name": "echo", "ctx": {{"value": {value}}}}}'), 400)


@pytest.mark.parametrize("value", [r'"\u0000"', r'"\ud800"', "NaN", "Infinity", "1e999"])
def test_what_no_database_can_hold_is_refused_in_ctx_as_text(ben: Client, value: str) -> None:
    data = {"name": "echo", "ctx": f'{{"value": {value}}}'}
    refusal(ben.session.post(f"{ben.url}/js/walker_run", data=data, timeout=30), 400)


@pytest.mark.parametrize(
    "path",
    [
        "/js/walker_run?name=ec%00ho",
        "/js/wapi/ec%00ho",
        "/js/alias_register?name=a&value=%00",
    ],
)
def test_a_nul_in_the_url_is_refused(ben: Client, path: str) -> None:
    refusal(ben.session.post(ben.url + path, timeout=30), 400)


def test_a_nul_in_a_form_is_refused(ben: Client) -> None:
    refusal(ben.session.post(f"{ben.url}/js/alias_register", data={"name": "a\0", "value": "b"}, timeout=30), 400)


def test_a_pair_of_surrogates_is_a_character(ben: Client) -> None:
    answer = send(ben, "/js/walker_run", r'{"name": "echo", "ctx": {"value": "\ud83d\ude00"}}')
    assert good(answer)["report"] == ["\U0001f600"]


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("depth", [200, 100_000])
def test_deep_json_is_refused(ben: Client, opening: str, depth: int) -> None:
    closing = "]" if opening == "[" else "}"
    body = f'{{"name": "echo", "ctx": {{"value": {opening * depth}1{closing * depth}}}}}'
    refusal(send(ben, "/js/walker_run", body), 400)


@pytest.mark.parametrize(
    "body",
    ["{", '{"name": }', "{'name': 'echo'}", '{"name": "echo"} x', "nonsense", b"\xff\xfe{}", '{"name": "e\tcho"}'],
)
def test_broken_json_is_refused(ben: Client, body: str | bytes) -> None:
    answer = send(ben, "/js/walker_run", body)
    assert "JSON" in refusal(answer, 400)
    assert answer.json()["detail"] == answer.json()["response"]


@pytest.mark.parametrize("body", ["[]", '"echo"', "1", "true", "null", '[{"name": "echo"}]'])
def test_a_body_that_is_no_object_is_refused(ben: Client, body: str) -> None:
    assert "object" in refusal(send(ben, "/js/walker_run", body), 400)


@pytest.mark.parametrize("value", [10**400, -(2**63) - 1, 0.1, 5e-324, "", {}, [[]]], ids=str)
def test_unusual_values_come_back_or_are_refused(ben: Client, value: Any) -> None:
    answer = ben.js("walker_run", name="echo", ctx={"value": value})
    assert answer.status_code == 400 or good(answer)["report"] == [value]


@pytest.mark.parametrize("body", [b"--x\r\nbroken", b"", b"--x--\r\n", b"\x00" * 100])
def test_broken_multipart_is_refused(ben: Client, body: bytes) -> None:
    refusal(send(ben, "/js/walker_run", body, "multipart/form-data; boundary=x"), 400)


def test_multipart_without_a_boundary_is_refused(ben: Client) -> None:
    refusal(send(ben, "/js/walker_run", b"x", "multipart/form-data"), 400)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/js/walker_run"), ("PUT", "/js/walker_run"), ("DELETE", "/js/object_get"), ("PATCH", "/js/wapi/echo"),
     ("GET", "/js/alias_list"), ("POST", "/js/walker_queue_check"), ("POST", "/js/walker_queue_wait"),
     ("GET", "/js/walker_queue_cancel"), ("GET", "/js_public/walker_summon"), ("DELETE", "/js_public/info"),
     ("GET", "/user/create/"), ("GET", "/user/token/"), ("POST", "/user/manage/"), ("GET", "/user/logout/"),
     ("DELETE", "/user/logout_all/"), ("PUT", "/js_public/walker_callback/x/echo")],
)  # fmt: skip
def test_another_method_is_405(ana: Client, method: str, path: str) -> None:
    refusal(ana.session.request(method, ana.url + path, timeout=30), 405)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "path",
    ["/js/walker_rum", "/js/", "/js", "/js_admin/nothing", "/js_public/nothing", "/js_public/", "/user/nothing/", "/user/",
     "/js/walker_run/more", "/js/%2e%2e/etc", "/js/wapi/", "/js_public/walker_callback/x", "/user/create/more"],
)  # fmt: skip
def test_an_unknown_route_is_404_in_json(ana: Client, method: str, path: str) -> None:
    refusal(ana.session.request(method, ana.url + path, timeout=30), 404)


@pytest.mark.parametrize("path", ["/user/create", "/user/token", "/js/walker_run/", "/js/wapi/echo/"])
def test_a_slash_too_few_or_too_many_is_answered_in_json(ana: Client, path: str) -> None:
    answer = ana.session.post(ana.url + path, json={}, allow_redirects=False, timeout=30)
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "text/html; charset=utf-8", "application/octet-stream", "nonsense"]
)
def test_another_content_type_is_415(ben: Client, kind: str) -> None:
    refusal(send(ben, "/js/walker_run", '{"name": "echo"}', kind), 415)


def test_json_may_have_a_charset(ben: Client) -> None:
    good(send(ben, "/js/walker_run", '{"name": "echo"}', "Application/JSON; charset=UTF-8"))


def chunks(head: bytes, size: int) -> Iterator[bytes]:
    """A body of unknown length."""
    yield head
    for _ in range(size // MB):
        yield b" " * MB


MULTIPART = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="p"\r\n\r\n'


@pytest.mark.parametrize("size", [17 * MB, 100 * MB], ids=["17 MB", "100 MB"])
def test_a_large_json_body_is_413(ben: Client, size: int) -> None:
    refusal(send(ben, "/js/walker_run", b" " * size), 413)


def test_a_large_json_body_in_chunks_is_413(ben: Client) -> None:
    headers = {"Content-Type": "application/json"}
    data = chunks(b"{", 17 * MB)
    refusal(ben.session.post(f"{ben.url}/js/walker_run", data=data, headers=headers, timeout=60), 413)


def test_a_large_form_is_413(ben: Client) -> None:
    refusal(send(ben, "/js/walker_run", b"name=" + b"a" * 17 * MB, "application/x-www-form-urlencoded"), 413)


def test_a_multipart_body_may_be_larger_than_json(ben: Client) -> None:
    files = {"photo": ("p", b"x" * 17 * MB), "name": (None, "status")}
    text = refusal(ben.session.post(f"{ben.url}/js/walker_run", files=files, timeout=60), 400)
    assert "photo" in text


@pytest.mark.parametrize("size", [65 * MB, 100 * MB], ids=["65 MB", "100 MB"])
def test_a_large_multipart_body_is_413(ben: Client, size: int) -> None:
    refusal(send(ben, "/js/walker_run", MULTIPART + b"x" * size, "multipart/form-data; boundary=x"), 413)


def test_a_large_multipart_body_in_chunks_is_413(ben: Client) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    data = chunks(MULTIPART, 65 * MB)
    refusal(ben.session.post(f"{ben.url}/js/walker_run", data=data, headers=headers, timeout=60), 413)


def test_a_length_too_large_is_413_before_the_body_comes(house: House, ben: Client) -> None:
    head = (
        f"POST /js/walker_run HTTP/1.1\r\nHost: x\r\nAuthorization: token {ben.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {10**12}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", house.port), timeout=10) as connection:
        connection.sendall(head.encode())
        assert b" 413 " in connection.recv(1000)


def test_the_service_answers_after_large_bodies(ben: Client) -> None:
    send(ben, "/js/walker_run", b" " * 17 * MB)
    assert ben.run("echo", value=1)["report"] == [1]


def test_keys_that_stand_twice_do_not_break_anything(ben: Client) -> None:
    answer = send(ben, "/js/walker_run", '{"name": "fail", "name": "echo", "ctx": {}}')
    assert answer.status_code in (200, 400)
    assert isinstance(json.loads(answer.text), dict)
