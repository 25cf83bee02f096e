"""Other services call a walker, with bodies that they choose, and the walker answers in its own way."""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.conftest import WALKERS
from tests.service.contract.answers import good, refusal
from tests.support.house import ROOT, Client, House

DOCS = re.findall(r"```python\n(.*?)```", (ROOT / "docs/walkers.md").read_text(), re.S)
SECRETS = {"SECRET_GITHUB": "git-hub-key", "SECRET_STRIPE": "whsec-stripe", "SECRET_META": "meta-verify"}
OWN = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox; default-src 'none'"}
STRIPE_EVENT = b"""{
  "id": "evt_1",
  "object": "event",
  "api_version": "2020-08-27",
  "data": {"object": {"id": "in_1", "amount_due": 2000, "metadata": {"key": "value", "nd": null}}},
  "livemode": false,
  "pending_webhooks": 1,
  "request": {"id": null, "idempotency_key": "x"},
  "type": "invoice.paid"
}"""


@pytest.fixture(scope="module")
def hooked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A service with the walkers of the docs."""
    folder = tmp_path_factory.mktemp("docs")
    for block in DOCS:
        if name := re.search(r"class (Github|Stripe|Challenge)\(", block):
            (folder / f"{name[1].lower()}.py").write_text(block)
    house = House(
        tmp_path_factory.mktemp("hooked"), WALKERS_DIR=f"walkers:{WALKERS}:{folder}", RESPOND_MB="0.01",
        MAX_BODY_MB="0.2", MAX_UPLOAD_MB="0.3", WORKERS="1", **SECRETS,
    )  # fmt: skip
    yield house.start()
    assert house.stop() == 0


@pytest.fixture(scope="module")
def owner(hooked: House) -> Client:
    """Whose keys are used."""
    return hooked.person("owner@example.com")


Hook = Callable[..., requests.Response]


@pytest.fixture
def hook(hooked: House, owner: Client) -> Hook:
    """Calls a walker as another service does, with the key in its address."""

    def call(wlk: str, method: str = "POST", query: str = "", **given: Any) -> requests.Response:
        key = good(owner.js("walker_get", wlk=wlk, mode="keys"))["anyone"]
        url = f"{hooked.url}/js_public/walker_callback/active:graph/{wlk}?key={key}{query and '&' + query}"
        return requests.request(method, url, **given, timeout=60)

    return call


@pytest.fixture
def see(hook: Hook) -> Callable[..., dict[str, Any]]:
    """What the walker `saw` of a call."""

    def look(**given: Any) -> dict[str, Any]:
        return dict(good(hook("saw", **given))["report"][0])

    return look


See = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("kind", "body"),
    [("application/json", STRIPE_EVENT), ("application/json", b"[1, 2]"), ("application/json", b'"text"'),
     ("application/json", b"null"), ("application/json", b"{broken"), ("application/json", b'{"a": "\\u0000"}'),
     ("application/json; charset=utf-8", b'{"type": "x", "name": 1, "api": [], "": 2}'),
     ("application/vnd.github+json", b'{"zen": "Keep it."}'), ("text/plain", b"a line\r\n"), ("text/xml", b"<a/>"),
     ("application/octet-stream", bytes(range(256))), ("image/png", b"\x89PNG\r\n\x1a\n\x00"), ("", b"no type"),
     ("application/x-www-form-urlencoded", b"a=%FF%FE"), ("application/x-www-form-urlencoded", b'{"json": 1}'),
     ("multipart/form-data; boundary=x", b"no part"), ("application/x-ndjson", b"{}\n{}\n"),
     ("application/json", b'{"a": NaN}'), ("application/json", b"\xef\xbb\xbf{}"), ("application/cbor", b"\xa0")],
)  # fmt: skip
def test_a_body_of_any_type_reaches_the_walker_as_it_is(see: See, kind: str, body: bytes) -> None:
    seen = see(data=body, headers={"Content-Type": kind} if kind else {})
    assert base64.b64decode(seen["body"]) == body
    assert seen["type"] == kind.partition(";")[0]
    assert seen["fields"][:2] == ["", 0]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_body_is_taken_too(see: See, method: str) -> None:
    assert see(method=method)["body"] == ""


def test_names_of_the_route_in_a_body_of_another_type_are_none_of_its_parameters(see: See) -> None:
    event = {"nd": 5, "wlk": None, "ctx": "text", "is_async": "maybe", "delay": [], "eta": "soon", "priority": "high",
             "key": 7, "idempotency_key": {}, "snt": 1, "note": "n", "amount": 3}  # fmt: skip
    assert see(json=event)["fields"][:2] == ["n", 3]
    assert see(json={"priority": 1000, "delay": -1, "eta": "tomorrow", "key": "theirs"})["fields"][2] == "theirs"


def test_what_fits_fields_fills_them(see: See) -> None:
    assert see(json={"note": "n", "amount": "3", "other": 1})["fields"][:2] == ["n", 0]
    assert see(data={"note": "n", "amount": "3"})["fields"][:2] == ["n", 3]
    assert see(method="GET", query="note=n&amount=x&a.b=1")["fields"][:2] == ["n", 0]
    files = {"photo": ("a.png", b"x"), "attachment-1": ("b", b"y"), "note": (None, "n")}
    assert see(files=files)["fields"] == ["n", 0, "", ["a.png"]]


def test_an_explicit_ctx_is_as_strict_as_elsewhere(hook: Hook) -> None:
    assert "amount" in refusal(hook("saw", json={"ctx": {"amount": "3"}}), 400)
    assert "notte" in refusal(hook("saw", json={"ctx": {"notte": "3"}}), 400)
    assert good(hook("saw", json={"ctx": {"amount": 3}, "amount": 4}))["report"][0]["fields"][1] == 3


def test_a_form_has_all_texts_of_a_name(see: See) -> None:
    pairs = [("Body", "hi ä"), ("MediaUrl", "1"), ("MediaUrl", "2"), ("From", "+41"), ("Empty", "")]
    seen = see(data=pairs, query="a=1&a=2&b=%C3%A4")
    assert seen["form"] == {"Body": ["hi ä"], "MediaUrl": ["1", "2"], "From": ["+41"], "Empty": [""]}
    assert seen["first"]["MediaUrl"] == "1"
    assert (seen["query"]["a"], seen["query"]["b"]) == (["1", "2"], ["ä"])
    assert seen["url"].endswith("&a=1&a=2&b=%C3%A4")
    assert "/js_public/walker_callback/active:graph/saw?key=" in seen["url"]
    assert seen["url"].startswith("http://127.0.0.1:")


def test_a_query_of_any_kind_is_taken(see: See) -> None:
    query = "hub.mode=subscribe&hub.challenge=115&x[]=1&x[]=2&%FF=%FE&=&flag"
    seen = see(method="GET", query=query)["query"]
    assert (seen["hub.challenge"], seen["x[]"], seen["flag"]) == (["115"], ["1", "2"], [""])


def test_names_of_background_runs_in_a_query_are_the_caller_s_own(hook: Hook, see: See) -> None:
    assert see(method="GET", query="priority=high&delay=long&eta=soon&note=n")["fields"][0] == "n"
    assert see(method="GET", query="priority=5&delay=3&eta=tomorrow")["query"]["eta"] == ["tomorrow"]
    assert good(hook("saw", query="is_async=true&priority=5&delay=0"))["is_queued"] is True
    assert "priority" in refusal(hook("saw", query="is_async=true&priority=500"), 400)


def test_credentials_are_not_seen(see: See, owner: Client) -> None:
    headers = {"Authorization": f"token {owner.token}", "Cookie": "a=b", "X-Hub-Signature": "sha1=x"}
    seen = see(headers=headers)["headers"]
    assert seen["x-hub-signature"] == "sha1=x"
    assert not {"authorization", "cookie"} & seen.keys()


def test_a_key_in_the_body_still_counts(hooked: House, owner: Client) -> None:
    key = good(owner.js("walker_get", wlk="saw", mode="keys"))["anyone"]
    url = f"{hooked.url}/js_public/walker_callback/active:graph/saw"
    for given in ({"json": {"key": key}}, {"data": {"key": key}}, {"headers": {"X-Walkabout-Key": key}}):
        assert good(requests.post(url, **given, timeout=30))["report"][0]["fields"][2] == ""  # type: ignore[arg-type]
    refusal(requests.post(url, json={"key": 5}, timeout=30), 403)
    refusal(requests.post(url, data=b"\x00", timeout=30), 403)


@pytest.mark.parametrize(("kind", "size"), [("application/json", 210_000), ("image/png", 210_000),
                                            ("multipart/form-data; boundary=x", 320_000)])  # fmt: skip
def test_a_body_over_the_limit_is_413(hook: Hook, kind: str, size: int) -> None:
    assert "MAX_" in refusal(hook("saw", data=b"1" * size, headers={"Content-Type": kind}), 413)
    assert good(hook("saw", data=b"1" * (size - 20_000), headers={"Content-Type": "image/png"} if size < 300_000 else
                     {"Content-Type": kind}))["success"]  # fmt: skip


def test_a_job_sees_the_same_request(hook: Hook, owner: Client) -> None:
    queued = good(hook("saw", query="is_async=true&a=1&a=2", data=[("b", "1"), ("b", "\xe9")]))
    seen = good(owner.get("/js/walker_queue_wait", task_id=queued["result"]))["result"]["report"][0]
    assert base64.b64decode(seen["body"]) == b"b=1&b=%C3%A9"
    assert (seen["query"]["a"], seen["form"]["b"], seen["method"]) == (["1", "2"], ["1", "\xe9"], "POST")
    assert seen["url"].endswith("&is_async=true&a=1&a=2")


def test_a_job_sees_a_binary_body_beside_files(hook: Hook, owner: Client) -> None:
    data = bytes(range(256))
    queued = good(hook("saw", query="is_async=true", data=data, headers={"Content-Type": "application/octet-stream"}))
    seen = good(owner.get("/js/walker_queue_wait", task_id=queued["result"]))["result"]["report"][0]
    assert base64.b64decode(seen["body"]) == data
    queued = good(hook("saw", query="is_async=true", files={"photo": ("a.png", data)}))
    seen = good(owner.get("/js/walker_queue_wait", task_id=queued["result"]))["result"]["report"][0]
    assert data in base64.b64decode(seen["body"])
    assert seen["fields"][3] == ["a.png"]


SIGNED = [("attachment-1", ("a.pdf", b"%PDF-\r\n\x00", "application/pdf")), ("attachment-1", ("b", b"", "text/plain")),
          ("photo", ("p.png", b"\x89PNG", "image/png")), ("ctx", ("c.gif", b"GIF", "image/gif")),
          ("subject", (None, "h\xe4".encode("latin-1"))), ("text", (None, b"hi", "text/plain; charset=koi8-r"))]  # fmt: skip
ATTACHED = [["attachment-1", "a.pdf", "application/pdf", "JVBERi0NCgA="], ["attachment-1", "b", "text/plain", ""],
            ["photo", "p.png", "image/png", "iVBORw=="], ["ctx", "c.gif", "image/gif", "R0lG"]]  # fmt: skip


def test_files_of_any_name_reach_the_walker(see: See, hook: Hook, owner: Client) -> None:
    seen = see(files=SIGNED)
    assert seen["files"] == ATTACHED
    assert (seen["fields"][3], seen["form"]["subject"], seen["form"]["text"]) == (["p.png"], ["h\ufffd"], ["hi"])
    queued = good(hook("saw", query="is_async=true", files=SIGNED))
    later = good(owner.get("/js/walker_queue_wait", task_id=queued["result"]))["result"]["report"][0]
    assert (later["files"], later["form"], later["fields"]) == (ATTACHED, seen["form"], seen["fields"])
    assert see(data="x=1")["files"] == []
    queued = good(hook("hands_on", files=SIGNED))["report"][0]
    started = good(owner.get("/js/walker_queue_wait", task_id=queued))["result"]["report"][0]
    assert (started["body"], started["files"]) == ("", [])


def test_a_ctx_that_is_a_json_file_is_an_explicit_one(hook: Hook) -> None:
    files = {"ctx": ("c.json", b'{"amount": 4}', "application/json"), "a": ("a", b"1")}
    seen = good(hook("saw", files=files))["report"][0]
    assert (seen["fields"][1], [name for name, *_ in seen["files"]]) == (4, ["ctx", "a"])


def test_a_walker_that_it_starts_sees_the_request_without_the_body(hook: Hook, owner: Client) -> None:
    task = good(hook("hands_on", data=b"much", query="a=1"))["report"][0]
    seen = good(owner.get("/js/walker_queue_wait", task_id=task))["result"]["report"][0]
    assert (seen["body"], seen["query"]["a"]) == ("", ["1"])


# The walker's own answer


def answer(owner: Client, **ctx: Any) -> requests.Response:
    return owner.js("walker_run", name="answers", ctx=ctx)


@pytest.mark.parametrize(
    ("ctx", "status", "kind", "body"),
    [({"text": "hello ä"}, 200, "text/plain; charset=utf-8", "hello ä".encode()),
     ({}, 200, "text/plain; charset=utf-8", b""),
     ({"status": 418, "type": "text/html", "text": "<b>"}, 418, "text/html; charset=utf-8", b"<b>"),
     ({"type": "text/html; charset=iso-8859-1", "data": "5A=="}, 200, "text/html; charset=iso-8859-1", b"\xe4"),
     ({"type": "application/json", "text": "[1]"}, 200, "application/json", b"[1]"),
     ({"text": {"b": 1, "a": ["ä", None]}}, 200, "application/json", '{"b":1,"a":["ä",null]}'.encode()),
     ({"text": []}, 200, "application/json", b"[]"), ({"text": 0, "status": 500}, 500, "application/json", b"0"),
     ({"data": "AAH/"}, 200, "text/plain; charset=utf-8", b"\x00\x01\xff"),
     ({"type": "image/png", "data": "iVBORw=="}, 200, "image/png", b"\x89PNG"),
     ({"text": None, "status": 204}, 204, None, b"")],
)  # fmt: skip
def test_a_walker_answers_with_its_own_status_type_and_body(
    owner: Client, ctx: dict[str, Any], status: int, kind: str | None, body: bytes
) -> None:
    got = answer(owner, **ctx)
    assert (got.status_code, got.content) == (status, body)
    assert kind is None or got.headers["Content-Type"] == kind
    assert OWN.items() <= {name.lower(): value for name, value in got.headers.items()}.items()


def test_it_does_on_every_route_that_runs_walkers(hooked: House, owner: Client, hook: Hook) -> None:
    key = good(owner.js("walker_get", wlk="answers", mode="keys"))["anyone"]
    summon = {"key": key, "wlk": "answers", "nd": "active:graph", "ctx": {"text": "a"}}
    answers = [
        owner.post("/js/wapi/answers", ctx={"text": "a"}), owner.get("/js/wapi/answers", ctx='{"text": "a"}'),
        requests.post(f"{hooked.url}/js_public/walker_summon", json=summon, timeout=30),
        hook("answers", json={"text": "a"}), hook("answers", method="GET", query="text=a"),
    ]  # fmt: skip
    assert [(one.status_code, one.text) for one in answers] == [(200, "a")] * len(answers)


def test_it_may_set_headers(owner: Client) -> None:
    headers = {"Location": "/there", "X-Mine": "1", "Set-Cookie": ["a=1; Path=/", "b=2"], "Cache-Control": "max-age=60",
               "ETag": '"x"', "WWW-Authenticate": "Basic"}  # fmt: skip
    got = requests.post(
        f"{owner.url}/js/walker_run", json={"name": "answers", "ctx": {"status": 303, "headers": headers}},
        headers={"Authorization": f"token {owner.token}"}, timeout=30, allow_redirects=False,
    )  # fmt: skip
    assert got.status_code == 303
    assert {
        name: got.headers[name] for name in ("Location", "X-Mine", "Cache-Control", "ETag", "WWW-Authenticate")
    } == {name: value for name, value in headers.items() if name != "Set-Cookie"}
    assert got.raw.headers.getlist("Set-Cookie") == headers["Set-Cookie"]


@pytest.mark.parametrize(
    "name",
    ["Content-Length", "transfer-encoding", "Connection", "Keep-Alive", "TE", "Trailer", "Upgrade", "Proxy-Authenticate",
     "Content-Type", "Content-Security-Policy", "X-Content-Type-Options", "Strict-Transport-Security", "Clear-Site-Data",
     "Access-Control-Allow-Origin", "Date", "Server", "bad name", "", "a:b", "Ä"],
)  # fmt: skip
def test_a_header_that_is_not_the_walkers_is_refused_by_name(owner: Client, name: str) -> None:
    got = good(answer(owner, headers={name: "1"}))
    assert (got["success"], name in got["errors"][0] or repr(name) in got["errors"][0]) == (False, True)


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x=1", "a\nb", "a\rb", "a\0", "\x7f", "ä", 5, None, ["a", "b\n"]])
def test_a_header_is_one_line(owner: Client, value: Any) -> None:
    got = answer(owner, headers={"X-Mine": value})
    assert got.status_code == (400 if value == "a\0" else 200)
    assert "X-Mine" not in got.headers
    assert not good(got, got.status_code)["success"]


@pytest.mark.parametrize(
    "cookie",
    ["walkabout=x", " WALKABOUT =x", "__Host-walkabout=x; Path=/", "walkabout_device=x", "__host-walkabout_device=x",
     "__Secure-walkabout=1", "=walkabout=x", "walkabout", ""],
)  # fmt: skip
def test_a_cookie_of_the_page_is_refused(owner: Client, cookie: str) -> None:
    got = answer(owner, headers={"Set-Cookie": cookie})
    assert ("cookie" in good(got)["errors"][0], "Set-Cookie" in got.headers) == (True, False)


@pytest.mark.parametrize(
    ("ctx", "text"),
    [({"status": 99}, "status"), ({"status": 600}, "status"), ({"status": "200"}, "status"), ({"status": True}, "status"),
     ({"status": 101}, "status"), ({"type": "html"}, "media type"), ({"type": "text/html\r\nX: y"}, "media type"),
     ({"status": 204, "text": "x"}, "no body"), ({"status": 304, "text": "x"}, "no body"),
     ({"text": "x" * 11_000}, "RESPOND_MB"), ({"headers": {"X-Mine": "x" * 9000}}, "8192")],
)  # fmt: skip
def test_what_can_t_be_an_answer_is_the_walkers_error(owner: Client, ctx: dict[str, Any], text: str) -> None:
    before = owner.root().get("answers", 0)
    got = good(answer(owner, **ctx))
    assert (got["success"], text in got["errors"][0]) == (False, True)
    assert owner.root().get("answers", 0) == before


def test_a_walker_that_raises_afterwards_answers_its_error(owner: Client) -> None:
    got = good(answer(owner, text="x", then="raise"))
    assert got["errors"] == ["ValueError: after all"]
    assert "response" not in got


def test_an_inner_walker_may_answer(owner: Client) -> None:
    assert answer(owner, text="outer", then="answers").text == "inner"


def test_a_job_keeps_its_response_and_answers_nobody(owner: Client) -> None:
    ctx = {"status": 418, "type": "image/png", "data": "iVBORw==", "headers": {"X-Mine": "1"}}
    asked = owner.js("walker_run", name="answers", ctx=ctx, is_async=True)
    assert (asked.status_code, good(asked)["is_queued"], "X-Mine" in asked.headers) == (200, True, False)
    waited = owner.get("/js/walker_queue_wait", task_id=asked.json()["result"])
    assert (waited.status_code, waited.headers["Content-Type"], "X-Mine" in waited.headers) == (
        200, "application/json", False)  # fmt: skip
    result = good(waited)["result"]
    assert result["response"] == {
        "status": 418,
        "type": "image/png",
        "headers": [["X-Mine", "1"]],
        "base64": "iVBORw==",
    }
    assert (result["success"], result["report"]) == (True, ["not seen"])
    text = owner.wait(owner.start("answers", text="hello"))["result"]["response"]
    assert text == {"status": 200, "type": "text/plain; charset=utf-8", "body": "hello"}


def test_without_a_worker_a_job_s_response_is_in_its_result(idle_house: House) -> None:
    ben = idle_house.person("hook@example.com")
    got = good(ben.js("walker_run", name="answers", ctx={"status": 418, "text": "x"}, is_async=True))
    assert (got["is_queued"], got["result"]["response"]["status"]) == (False, 418)


def test_a_step_of_a_sequence_gets_the_status_and_the_body(hooked: House) -> None:
    admin = hooked.client()
    me = good(admin.js("master_self"))["jid"]
    steps = [
        {"method": "JAC", "api": "walker_run", "master": me, "body": {"name": "answers", "ctx": {"text": {"a": [1]}}},
         "save_to": "json"},
        {"method": "JAC", "api": "walker_run", "master": me, "body": {"name": "answers", "ctx": {"text": "t"}},
         "save_to": "text"},
        {"method": "JAC", "api": "walker_run", "master": me, "body": {"name": "answers", "ctx": {"status": 404}},
         "save_to": "error", "ignore_error": True},
    ]  # fmt: skip
    ran = good(admin.post("/js_admin/sequence_run", sequence={"requests": steps}))["result"]
    assert (ran["json"], ran["text"], ran["error"]["status"]) == ({"a": [1]}, "t", 404)


# The walkers of the docs


def github(body: bytes, key: str = SECRETS["SECRET_GITHUB"]) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": "issues",
        "X-Hub-Signature-256": "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest(),
    }


def test_the_walker_of_the_docs_takes_what_github_signed(hook: Hook, owner: Client) -> None:
    body = json.dumps({"action": "opened", "issue": {"number": 1}, "key": {"ctx": 1}, "sender": {}}, indent=1).encode()
    before = owner.root().get("events", 0)
    took = hook("github", data=body, headers=github(body))
    assert (took.status_code, took.json()) == (202, {"taken": "opened"})
    assert owner.root()["events"] == before + 1
    ping = b'{"zen":"Design for failure.","hook_id":1}'
    assert hook("github", data=ping, headers=github(ping)).json() == {"taken": "issues"}


@pytest.mark.parametrize(
    "headers",
    [{}, github(b"{} "), github(b"{}", "other"), {"X-Hub-Signature-256": "sha256="}, {"X-Hub-Signature-256": "\xe4"}],
)
def test_it_takes_nothing_else(hook: Hook, owner: Client, headers: dict[str, str]) -> None:
    before = owner.root().get("events")
    refused = hook("github", data=b"{}", headers={name: value.encode("latin-1") for name, value in headers.items()})
    assert (refused.status_code, refused.text) == (401, "wrong signature")
    assert owner.root().get("events") == before


def stripe(body: bytes, at: float, key: str = SECRETS["SECRET_STRIPE"]) -> dict[str, str]:
    sign = hmac.new(key.encode(), f"{int(at)}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": f"t={int(at)},v1=00,v1={sign},v0=11"}


def test_the_walker_of_the_docs_takes_what_stripe_signed(hook: Hook, owner: Client) -> None:
    for _ in range(2):
        took = hook("stripe", data=STRIPE_EVENT, headers=stripe(STRIPE_EVENT, time.time()))
        assert (took.status_code, took.content) == (200, b"")
    assert owner.root()["paid"] == ["evt_1"]


@pytest.mark.parametrize(
    "headers",
    [{}, stripe(STRIPE_EVENT, 1_700_000_000), stripe(STRIPE_EVENT, time.time(), "other"), {"Stripe-Signature": "t=,v1="},
     {"Stripe-Signature": "nonsense"}],
)  # fmt: skip
def test_it_takes_no_old_and_no_forged_event(hook: Hook, headers: dict[str, str]) -> None:
    refused = hook("stripe", data=STRIPE_EVENT, headers=headers)
    assert (refused.status_code, refused.text) == (400, "wrong signature")


@pytest.mark.parametrize(
    ("token", "status", "text"), [(SECRETS["SECRET_META"], 200, "1158201444"), ("other", 403, "no")]
)
def test_the_walker_of_the_docs_answers_meta_s_challenge(hook: Hook, token: str, status: int, text: str) -> None:
    query = f"hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}"
    got = hook("challenge", method="GET", query=query)
    assert (got.status_code, got.text, got.headers["Content-Type"]) == (status, text, "text/plain; charset=utf-8")


def test_it_answers_slack_s(hook: Hook) -> None:
    body = {
        "token": "Jhj5dZrVaK7ZwHHjRyZWjbDl",
        "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY",
        "type": "url_verification",
    }
    assert hook("challenge", json=body).text == body["challenge"]
