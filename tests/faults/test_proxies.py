"""Caddy and nginx in front, with the very text of docs/deploy.md: ports, certificates and names are put in."""

import contextlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.certificate import self_signed
from tests.support.house import ROOT, Client, House
from tests.support.ports import free_port
from tests.support.until import until
from walkabout.settings import Settings

TEXT = (ROOT / "docs" / "deploy.md").read_text()
THREADS = 8
NAME = "walkabout.example.org"


def block(kind: str) -> str:
    """The configuration of this kind in the docs."""
    found = re.search(rf"```{kind}\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    # As it is behind a proxy, with few threads. Nothing but the proxy ends slow bodies here.
    data = tmp_path_factory.mktemp("house") / "data"
    made = House(data, WORKERS="0", THREADS=str(THREADS), PROXIES="1", BODY_GRACE_S="600").start()
    yield made
    made.stop()


class Proxy:
    """A proxy in front of the house, at https://localhost:PORT."""

    def __init__(self, program: str, port: int, certificate: Path) -> None:
        self.program = program
        self.port = port
        self.url = f"https://localhost:{port}"
        self.certificate = certificate

    def raw(self) -> ssl.SSLSocket:
        """A connection to it."""
        context = ssl.create_default_context(cafile=self.certificate)
        return context.wrap_socket(socket.create_connection(("localhost", self.port), 30), server_hostname="localhost")

    def session(self, client: Client) -> requests.Session:
        """Asks it with a client's token."""
        session = requests.Session()
        session.trust_env = False
        session.verify = str(self.certificate)
        session.headers["Authorization"] = f"token {client.token}"
        return session


def put_in(text: str, *changes: tuple[str, str]) -> str:
    """A text with other texts in it; each of those must have been there."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def caddy(folder: Path, port: int, house: House, both: Path) -> list[str]:
    version = subprocess.run(["caddy", "version"], capture_output=True, text=True, check=True).stdout
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
    text = put_in(
        block("caddyfile"),
        ("{\n\tservers {", "{\n\tadmin off\n\tauto_https disable_redirects\n\tservers {"),
        (f"{NAME} {{", f"https://localhost:{port} {{\n\ttls {both} {both}"),
        ("127.0.0.1:8000", f"127.0.0.1:{house.port}"),
    )
    if numbers < (2, 6, 3):
        text = put_in(text, ("request_buffers 68MiB", "buffer_requests"))
    (folder / "Caddyfile").write_text(text)
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


def nginx(folder: Path, port: int, house: House, both: Path) -> list[str]:
    listen = ("listen 443 ssl http2;\n    listen [::]:443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;")
    live = f"/etc/letsencrypt/live/{NAME}"
    text = put_in(
        block("nginx"),
        listen,
        ("listen 80;\n    listen [::]:80;", f"listen 127.0.0.1:{free_port()};"),
        (f"{live}/fullchain.pem", str(both)),
        (f"{live}/privkey.pem", str(both)),
        (f"server_name {NAME}", "server_name localhost"),
        ("127.0.0.1:8000", f"127.0.0.1:{house.port}"),
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "\n".join(f"{kind}_temp_path {folder / kind};" for kind in kinds)
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\npid {folder / 'pid'};\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{paths}\n{text}\n}}\n"
    )
    return ["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", "stderr"]


@pytest.fixture(scope="module", params=[caddy, nginx], ids=["caddy", "nginx"])
def proxy(request: pytest.FixtureRequest, house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    program = request.param.__name__
    if shutil.which(program) is None and not os.environ.get("CI"):
        pytest.skip(f"{program} is not installed")
    folder = tmp_path_factory.mktemp(program)
    both, certificate = self_signed(folder)
    port = free_port()
    environment = os.environ | {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    running = subprocess.Popen(request.param(folder, port, house, both), env=environment)
    try:
        until(lambda: running.poll() is not None or listens(port))
        assert running.poll() is None
        yield Proxy(program, port, certificate)
    finally:
        running.terminate()
        running.wait(30)


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("localhost", port), 1):
        return True
    return False


def test_the_address_is_the_one_that_the_proxy_saw(proxy: Proxy, house: House, ana: Client) -> None:
    email = f"{proxy.program}@example.com"
    person = {"email": email, "password": "long-enough-horse"}
    ana.post("/user/create/", name="Bea", **person).raise_for_status()
    lies = {"X-Forwarded-For": "203.0.113.9", "X_Forwarded_For": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    context = ssl.create_default_context(cafile=proxy.certificate)
    asked = http.client.HTTPSConnection("localhost", proxy.port, context=context, source_address=("127.0.0.2", 0))
    with contextlib.closing(asked):
        asked.request("POST", "/user/token/", json.dumps(person), {"Content-Type": "application/json", **lies})
        assert asked.getresponse().status == 200
    assert house.wait("sign_in.done", about=email)["address"] == "127.0.0.2"


def test_the_page_knows_that_it_is_spoken_to_over_tls(proxy: Proxy, ana: Client) -> None:
    answer = proxy.session(ana).get(proxy.url + "/admin/sign-in", timeout=30)
    assert answer.status_code == 200
    cookies = answer.headers["Set-Cookie"]
    assert "__Host-" in cookies
    assert "Secure" in cookies


def test_slow_bodies_stay_with_the_proxy(proxy: Proxy, ana: Client) -> None:
    head = f"POST /user/token/ HTTP/1.1\r\nHost: localhost:{proxy.port}\r\nContent-Length: 1000\r\n\r\n" + "{"
    with contextlib.ExitStack() as stack:
        for _ in range(THREADS * 4):
            stack.enter_context(proxy.raw()).sendall(head.encode())
        session = proxy.session(ana)
        for _ in range(THREADS):
            assert session.post(proxy.url + "/js/walker_list", json={}, timeout=30).status_code == 200


def test_an_upload_of_60_mib_goes_through_and_one_that_is_too_large_does_not(proxy: Proxy, ana: Client) -> None:
    session = proxy.session(ana)
    data = {"name": "echo", "ctx": '{"value": 1}'}
    for size, status in ((60, 400), (70, 413)):  # a file that the walker has no field for: all of it was read
        files = {"attached": ("large.bin", b"x" * (size << 20), "application/octet-stream")}
        try:
            answer = session.post(proxy.url + "/js/walker_run", data=data, files=files, timeout=120)
        except requests.ConnectionError:
            assert status == 413  # the proxy hung up while it was still sent
            continue
        assert answer.status_code == status, answer.text[:300]
        assert status == 413 or "attached" in answer.json()["response"]


def test_a_wait_for_a_task_goes_through(proxy: Proxy, ana: Client) -> None:
    task = ana.start("echo", {"delay": 600}, value=1)
    wait = {"task_id": task, "timeout": 2}
    answer = proxy.session(ana).get(proxy.url + "/js/walker_queue_wait", params=wait, timeout=60)
    assert answer.json()["state"] == "PENDING"


def test_who_hangs_up_at_the_proxy_gives_the_place_back(proxy: Proxy, ana: Client) -> None:
    task = ana.start("echo", {"delay": 600}, value=1)
    path = f"/js/walker_queue_wait?task_id={task}&timeout=300"
    head = f"GET {path} HTTP/1.1\r\nHost: localhost:{proxy.port}\r\nAuthorization: token {ana.token}\r\n\r\n"

    def is_full() -> bool:
        return ana.get("/js/walker_queue_wait", task_id=task, timeout=0).status_code in (429, 503)

    with contextlib.ExitStack() as stack:
        waiting = [stack.enter_context(proxy.raw()) for _ in range(THREADS * 2)]
        for one in waiting:
            one.sendall(head.encode())
            one.setblocking(False)
        until(lambda: any(is_answered(one) for one in waiting))  # one was refused: the others hold all places
        assert is_full()
    until(lambda: not is_full())


def is_answered(connection: ssl.SSLSocket) -> bool:
    try:
        return bool(connection.recv(1))
    except ssl.SSLWantReadError:
        return False


def test_their_limits_fit_the_settings() -> None:
    defaults = Settings()
    longest_s = max(defaults.wait_max_s, defaults.foreground_limit_s)
    for kind, waits in (("caddyfile", r"response_header_timeout (\d+)s"), ("nginx", r"proxy_read_timeout (\d+)s")):
        found = re.search(waits, block(kind))
        assert found is not None
        assert int(found[1]) > longest_s
        sizes = [int(size) for size in re.findall(r"(?:max_size|body_size|buffers) (\d+)", block(kind))]
        assert sizes
        assert min(sizes) > defaults.max_upload_mb
        kept = re.search(r"keepalive(?:_timeout)? 20s", block(kind))
        assert kept is not None
        assert defaults.head_deadline_s > 20
    write = re.search(r"write (\d+)m", block("caddyfile"))
    assert write is not None
    assert int(write[1]) * 60 > 300 + longest_s
