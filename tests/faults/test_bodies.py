"""What clients do with bodies, over real sockets: drip, lie, say nothing, hang up, don't read; others are served on."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from select import select
from socket import SHUT_WR

import pytest
import requests

from tests.support.house import ADMIN, Client, House
from tests.support.raw import Raw, chunk, head
from tests.support.reader import PageReader
from tests.support.until import until

KB, MB = 1024, 1024 * 1024
FREE = 64 * KB
THREADS, PLACES = 8, 40
JSON = "application/json"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A service of few threads whose limits are over soon."""
    made = House(
        tmp_path_factory.mktemp("bodies") / "data",
        WORKERS="0",
        THREADS=str(THREADS),
        HEAD_DEADLINE_S="2",
        BODY_DEADLINE_S="4",
        BODY_GRACE_S="0.5",
        BODY_MIN_RATE=str(200 * KB),
        BODIES_MAX=str(PLACES),
        BODIES_MAX_MB="24",
        MAX_BODY_MB="8",
        MAX_UPLOAD_MB="10",
    ).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def bea(house: House) -> Client:
    return house.person("bea@example.com")


def answered(connections: list[Raw]) -> list[object]:
    """Those of the connections that something came on."""
    return list(select([one.socket for one in connections], [], [], 0)[0])


def token(client: Client) -> str:
    return f"token {client.token}"


PLACES_FOR_BODIES = [
    ("POST", "/user/token/"),
    ("POST", "/js_public/info"),
    ("POST", "/js_public/walker_summon"),
    ("GET", "/js_public/info"),
    ("POST", "/admin/sign-in"),
    ("POST", "/admin/"),
    ("POST", "/nothing/here"),
    ("PUT", "/"),
]


@pytest.mark.parametrize(
    ("framing", "begin"),
    [
        ({"Content_Length": "1000"}, b"{"),
        ({"Transfer_Encoding": "chunked"}, b"1\r\n{\r\n"),
        ({"Content_Length": "1000", "Expect": "100-continue"}, b""),
    ],
    ids=["length", "chunked", "expect"],
)
def test_a_body_that_never_comes_holds_up_nobody_and_is_ended(
    house: House, framing: dict[str, str], begin: bytes
) -> None:
    with ExitStack() as stack:
        slow = [
            stack.enter_context(Raw(house.port)).send(head(method, path, Content_Type=JSON, **framing) + begin)
            for method, path in PLACES_FOR_BODIES
            for _ in range(THREADS // 2)
        ]
        with Raw(house.port) as other:
            assert other.ask("GET", "/js_public/info").status == 200
            assert other.ask("POST", "/js_public/info", b"{}", Content_Type=JSON).status == 200
        for one in slow:
            answer = one.answer()
            assert (answer.status, answer.closes) == (408, True)
            assert answer.json()["success"] is False
            assert "BODY_MIN_RATE" in answer.json()["response"]
            assert one.ended()


def test_a_body_without_an_end_is_ended_though_it_comes_fast_enough(house: House, ana: Client) -> None:
    pace = threading.Event()
    with Raw(house.port) as slow:
        slow.send(head("POST", "/js/walker_list", Authorization=token(ana), Transfer_Encoding="chunked"))
        while not answered([slow]):
            slow.send(chunk(b" " * 60 * KB))
            pace.wait(0.1)
        answer = slow.answer()
        assert answer.status == 408
        assert "BODY_DEADLINE_S" in answer.json()["response"]


def test_strangers_who_drip_lose_their_places_to_newer_ones(house: House) -> None:
    with ExitStack() as stack:
        begin = head("POST", "/user/token/", Content_Type=JSON, Content_Length="1000") + b"{"
        first = [stack.enter_context(Raw(house.port)).send(begin) for _ in range(PLACES)]
        later = [stack.enter_context(Raw(house.port)).send(begin) for _ in range(PLACES)]
        until(lambda: len(answered(first + later)) >= PLACES)
        with Raw(house.port) as other:
            assert other.ask("POST", "/js_public/info", b"{}", Content_Type=JSON).status == 200
        statuses = [one.answer().status for one in first + later]
        assert set(statuses) <= {408, 503}
        assert statuses.count(503) >= 1


def test_callers_who_are_known_are_refused_when_all_their_places_are_taken(house: House, ana: Client) -> None:
    length = str(FREE + 1)
    begin = head("POST", "/js/walker_list", Authorization=token(ana), Content_Type=JSON, Content_Length=length) + b"{"
    with ExitStack() as stack:
        many = [stack.enter_context(Raw(house.port)).send(begin) for _ in range(PLACES + 1)]
        answers = [one.answer() for one in many]
    full = [answer for answer in answers if answer.status == 503]
    assert len(full) >= 1
    assert all(int(answer.headers["retry-after"]) >= 1 and answer.closes for answer in full)
    assert {answer.status for answer in answers} == {408, 503}


def test_what_bodies_hold_in_all_is_bounded(house: House, ana: Client) -> None:
    size = 7 * MB
    begin = head("POST", "/js/walker_list", Authorization=token(ana), Content_Type=JSON, Content_Length=str(size))
    with ExitStack() as stack:
        many = [stack.enter_context(Raw(house.port)).send(begin + b" " * (size - 1)) for _ in range(3)]
        with Raw(house.port) as one_more:
            one_more.socket.setblocking(False)
            one_more.socket.settimeout(30)
            try:
                one_more.send(begin + b" " * (size - 1))
            except OSError:
                pass  # it is cut off while it sends
            answer = one_more.answer()
        assert answer.status == 503
        assert "retry-after" in answer.headers
        for one in many:
            assert one.answer().status == 408


@pytest.mark.parametrize(
    "begin", [b"", b"GET / HTTP/1.1\r\nHost: te", b"POST /js/info HTTP/1.1\r\nContent-Length: 10\r\n"]
)
def test_a_head_that_does_not_come_ends_the_connection(house: House, begin: bytes) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(Raw(house.port)).send(begin) for _ in range(THREADS * 4)]
        with Raw(house.port) as other:
            assert other.ask("GET", "/js_public/info").status == 200
        for one in slow:
            one.ended()


def test_a_connection_without_requests_is_ended(house: House) -> None:
    with Raw(house.port) as idle:
        assert idle.ask("GET", "/js_public/info").status == 200
        assert idle.ended()


def test_http_2_is_not_spoken(house: House) -> None:
    with Raw(house.port) as other:
        assert other.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").ended()


EARLY = [
    # who (a header Authorization: nobody, wrong, bea, ana), method, path, content type, status
    (None, "POST", "/js/walker_run", JSON, 401),
    ("wrong", "POST", "/js/walker_run", JSON, 401),
    ("wrong", "POST", "/js/walker_run", "multipart/form-data; boundary=x", 401),
    ("wrong", "POST", "/js/wapi/echo", "application/x-www-form-urlencoded", 401),
    (None, "POST", "/js_admin/sequence_run", JSON, 401),
    ("bea", "POST", "/js_admin/sequence_run", JSON, 403),
    ("bea", "POST", "/js_admin/master_allusers", "multipart/form-data; boundary=x", 403),
    (None, "POST", "/js/no_such_api", JSON, 404),
    (None, "PUT", "/js/walker_run", JSON, 405),
    (None, "POST", "/nothing", JSON, 404),
    (None, "DELETE", "/user/token/", JSON, 405),
    (None, "POST", "/static/page.css", JSON, 405),
    (None, "POST", "/openapi.json", JSON, 405),
]


@pytest.mark.parametrize(
    "framing", [{"Content_Length": str(MB)}, {"Content_Length": "1000"}, {"Transfer_Encoding": "chunked"}], ids=str
)
def test_who_asks_is_known_before_the_body_is_read(
    house: House, ana: Client, bea: Client, framing: dict[str, str]
) -> None:
    known = {None: {}, "wrong": {"Authorization": "token wrong"}, "bea": {"Authorization": token(bea)}}
    is_large = framing.get("Content_Length") == str(MB)
    with ExitStack() as stack:
        asked = []
        for who, method, path, kind, status in EARLY:
            stranger = stack.enter_context(Raw(house.port))
            stranger.send(head(method, path, Content_Type=kind, **framing, **known[who]))
            needs_no_body = is_large or path.startswith(("/js/", "/js_admin/"))
            if not needs_no_body:  # what anybody may send is read first
                stranger.send(chunk(b"x") + chunk(b"") if "Transfer_Encoding" in framing else b"x" * 1000)
            asked.append((stranger, status, needs_no_body))
        for stranger, status, closes in asked:
            answer = stranger.answer()
            assert (answer.status, answer.closes) == (status, closes)
        for stranger, _, closes in asked:
            assert not closes or stranger.ended()


LARGE = [
    ("POST", "/user/token/", JSON, 413),
    ("POST", "/user/create/", JSON, 413),
    ("POST", "/js_public/walker_summon", "multipart/form-data; boundary=x", 413),
    ("POST", "/js_public/walker_callback/x/echo", JSON, 413),
    ("POST", "/js_public/info", JSON, 413),
    ("POST", "/admin/sign-in", "application/x-www-form-urlencoded", 401),
    ("POST", "/admin/tasks/", "application/x-www-form-urlencoded", 401),
]


@pytest.mark.parametrize("chunked", [False, True])
def test_nobody_sends_more_than_64_kib_without_a_credential(house: House, chunked: bool) -> None:
    framing = {"Transfer_Encoding": "chunked"} if chunked else {"Content_Length": str(2 * MB)}
    body = chunk(b"x" * FREE) * 2 if chunked else b"x" * FREE * 2
    with ExitStack() as stack:
        asked = []
        for method, path, kind, status in LARGE:
            stranger = stack.enter_context(Raw(house.port))
            asked.append((stranger.send(head(method, path, Content_Type=kind, **framing) + body), status))
        for stranger, status in asked:
            answer = stranger.answer()
            assert (answer.status, answer.closes) == (status, True)
        for stranger, _ in asked:
            assert stranger.ended()


AFTER = [
    # an answer, and a second request on the same connection: it is answered, or the first said that there is none
    ("POST", "/js/walker_run", {}, 401),
    ("POST", "/js/walker_run", {"Authorization": "token wrong"}, 401),
    ("POST", "/js_admin/sequence_run", {"Authorization": "bea"}, 403),
    ("POST", "/nothing", {}, 404),
    ("POST", "/js/nothing", {"Authorization": "ana"}, 404),
    ("DELETE", "/js/walker_run", {"Authorization": "ana"}, 405),
    ("POST", "/static/page.css", {}, 405),
    ("POST", "/", {}, 405),
    ("POST", "/js/walker_run", {"Authorization": "ana", "Content_Type": "text/plain"}, 415),
    ("POST", "/user/token/", {"Content_Type": JSON}, 400),
    ("POST", "/admin/tasks/", {}, 401),
    ("GET", "/admin/tasks/", {}, 303),
    ("GET", "/", {}, 303),
    ("GET", "/js_public/info", {"Content_Type": JSON}, 400),
]


@pytest.mark.parametrize("size", [1000, FREE, FREE + 1, 3 * MB, 9 * MB])
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("method", "path", "headers", "status"), AFTER)
def test_a_connection_is_kept_or_said_to_be_closed(
    house: House,
    ana: Client,
    bea: Client,
    method: str,
    path: str,
    headers: dict[str, str],
    status: int,
    chunked: bool,
    size: int,
) -> None:
    known = {"ana": token(ana), "bea": token(bea)}
    headers = {name: known.get(value, value) for name, value in headers.items()}
    pieces = [b"x" * min(FREE, size - done) for done in range(0, size, FREE)]
    if chunked:
        headers["Transfer_Encoding"] = "chunked"
        pieces = [chunk(piece) for piece in [*pieces, b""]]
    else:
        headers["Content_Length"] = str(size)
    with Raw(house.port) as connection:
        try:
            for piece in [head(method, path, **headers), *pieces]:
                connection.send(piece)
            connection.send(head("GET", "/js_public/info"))
        except (BrokenPipeError, ConnectionResetError):
            pass  # cut off while it sends: the answer is there all the same
        first = connection.answer()
        assert first.status in ({status, 413} if size > FREE else {status})
        if first.closes:
            assert connection.ended()
        else:
            assert size <= 3 * MB
            assert connection.answer().status == 200


def test_a_body_at_the_limit_is_read_and_one_byte_more_is_not(house: House, ana: Client) -> None:
    for size, status in ((8 * MB, 200), (8 * MB + 1, 413)):
        body = b'{"name": "echo", "ctx": {"value": 1}' + b" " * (size - 37) + b"}"
        assert len(body) == size
        for framing in ({"Content_Length": str(size)}, {"Transfer_Encoding": "chunked"}):
            data = body if "Content_Length" in framing else chunk(body) + chunk(b"")
            with Raw(house.port) as connection:
                connection.send(head("POST", "/js/walker_run", Authorization=token(ana), Content_Type=JSON, **framing))
                connection.send(data)
                assert connection.answer().status == status


def test_who_is_signed_in_on_the_page_may_send_a_large_form(house: House) -> None:
    form = b"field=" + b"x" * FREE * 2
    kind = "application/x-www-form-urlencoded"
    with requests.Session() as browser:
        page = browser.get(house.url + "/admin/sign-in", timeout=30).text
        token = PageReader(page).value("csrf_token")
        fields = {"email": ADMIN[0], "password": ADMIN[1], "csrf_token": token}
        headers = {"Origin": house.url}
        browser.post(house.url + "/admin/sign-in", data=fields, headers=headers, timeout=30).raise_for_status()
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    for sent, closes in ((cookie, False), ("walkabout=made.up.cookie", True), ("", True)):
        with Raw(house.port) as connection:
            answer = connection.ask("POST", "/admin/tasks/new", form, Content_Type=kind, Cookie=sent)
            assert answer.closes is closes, answer


def key_of(client: Client) -> str:
    return str(client.js("walker_get", wlk="echo", mode="keys").json()["anyone"])


@pytest.mark.parametrize("path", ["/js_public/walker_callback/active:graph/echo", "/js_public/walker_summon"])
@pytest.mark.parametrize("where", ["query", "header", "json", "form", "multipart"])
@pytest.mark.parametrize("is_good", [True, False])
@pytest.mark.parametrize("chunked", [True, False])
def test_a_key_opens_the_way_for_a_large_body(
    house: House, ana: Client, path: str, where: str, is_good: bool, chunked: bool
) -> None:
    key = key_of(ana) if is_good else "0" * 32
    root = ana.js("object_get", obj="active:graph").json()["jid"]
    path = path.replace("active:graph", root)
    fields = {"ctx": json.dumps({"value": "x" * 200 * KB}), "is_async": "false"}
    if "summon" in path:
        fields |= {"wlk": "echo", "nd": root}
    headers = {"Content_Type": JSON}
    if where == "query":
        path += f"?key={key}"
    elif where == "header":
        headers["X_Walkabout_Key"] = key
    else:
        fields = {"key": key, **fields}
    body = json.dumps(fields).encode()
    if where == "form":
        headers["Content_Type"] = "application/x-www-form-urlencoded"
        body = "&".join(f"{name}={value}" for name, value in fields.items()).replace(" ", "+").encode()
    if where == "multipart":
        headers["Content_Type"] = "multipart/form-data; boundary=edge"
        part = '--edge\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
        body = ("".join(part.format(name, value) for name, value in fields.items()) + "--edge--\r\n").encode()
    headers |= {"Transfer_Encoding": "chunked"} if chunked else {"Content_Length": str(len(body))}
    with Raw(house.port) as hook:
        answer = hook.send(head("POST", path, **headers) + (chunk(body) + chunk(b"") if chunked else body)).answer()
    assert answer.status == (200 if is_good else 413), answer.body
    if is_good:
        assert answer.json()["report"] == ["x" * 200 * KB]


def test_a_key_behind_the_begin_of_a_body_does_not_count(house: House, ana: Client) -> None:
    root = ana.js("object_get", obj="active:graph").json()["jid"]
    body = json.dumps({"wlk": "echo", "nd": root, "ctx": {"value": "x" * FREE}, "key": key_of(ana)}).encode()
    with Raw(house.port) as hook:
        assert hook.ask("POST", "/js_public/walker_summon", body, Content_Type=JSON).status == 413


def test_a_key_in_the_header_counts_but_not_over_one_in_the_query(house: House, ana: Client) -> None:
    root = ana.js("object_get", obj="active:graph").json()["jid"]
    path, key = f"/js_public/walker_callback/{root}/echo", key_of(ana)
    with Raw(house.port) as hook:
        assert hook.ask("GET", path + "?value=1", X_Walkabout_Key=key).status == 200
        assert hook.ask("GET", path + f"?value=1&key={key}", X_Walkabout_Key="wrong").status == 200
        assert hook.ask("GET", path + "?value=1&key=wrong", X_Walkabout_Key=key).status == 403
        assert hook.ask("POST", "/js/walker_list", b"{}", Authorization=token(ana), X_Walkabout_Key=key).status == 200


def test_clients_that_do_not_read_their_answers_hold_no_thread(house: House, ana: Client) -> None:
    body = json.dumps({"name": "echo", "ctx": {"value": "x" * 7 * MB}}).encode()
    with ExitStack() as stack:
        for _ in range(THREADS * 2):
            deaf = stack.enter_context(Raw(house.port, receive_buffer=4096))
            deaf.send(
                head(
                    "POST", "/js/walker_run", Authorization=token(ana), Content_Type=JSON, Content_Length=str(len(body))
                )
            ).send(body)
            assert deaf.socket.recv(1) == b"H"
        with Raw(house.port) as other:
            assert other.ask("POST", "/js/walker_list", b"{}", Authorization=token(ana)).status == 200


def test_a_client_that_hangs_up_gives_its_place_back(house: House, ana: Client) -> None:
    task = ana.start("echo", {"delay": 600}, value=1)
    wait = head("GET", f"/js/walker_queue_wait?task_id={task}&timeout=300", Authorization=token(ana))
    with ExitStack() as stack:
        waiting = [stack.enter_context(Raw(house.port)).send(wait) for _ in range(THREADS * 2)]
        until(lambda: answered(waiting))  # one was refused: the others hold all
        assert is_full(house, ana, task)
    until(lambda: not is_full(house, ana, task))


def is_full(house: House, client: Client, task: str) -> bool:
    with Raw(house.port) as one_more:
        path = f"/js/walker_queue_wait?task_id={task}&timeout=0.01"
        return one_more.ask("GET", path, Authorization=token(client)).status in (429, 503)


def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one(house: House, ana: Client) -> None:
    before = ana.root().get("count", 0)
    asked = b'{"name": "count"}'
    for framing, part in (
        ({"Content_Length": "1000"}, asked),
        ({"Content_Length": str(FREE * 2)}, asked),
        ({"Transfer_Encoding": "chunked"}, chunk(asked)),
    ):
        with Raw(house.port) as cut:
            cut.send(head("POST", "/js/walker_run", Authorization=token(ana), Content_Type=JSON, **framing) + part)
            cut.socket.shutdown(SHUT_WR)
            cut.ended()
    assert ana.run("count")["report"] == [before + 1]
