"""A whole service in real processes, as `make run` starts it, with its events to wait for."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import requests

from tests.support.cast import CHEAP
from tests.support.databases import DATABASES
from tests.support.ports import free_port
from walkabout.database.connections import Database, engine_of
from walkabout.service import Service, build
from walkabout.settings import Settings

ROOT = Path(__file__).parents[2]
READY = "Walkabout is ready at "
ADMIN = ("ana@example.com", "correct-horse")
_EVENT = re.compile(r"(?:INFO|DEBUG|WARNING|ERROR) ([a-z_]+\.[a-z_]+)((?: \w+=(?:'[^']*'|\S*))*)$")
_FIELD = re.compile(r"(\w+)=('[^']*'|\S*)")


class NeverHappened(AssertionError):
    """An event did not come in time; the text has what the service said meanwhile."""


class House:
    """Starts, listens to, asks and stops one service."""

    def __init__(self, data_dir: Path, *, prepared: bool = True, code: Path = ROOT, **environment: str) -> None:
        """`environment`: variables for the service beside the ones that every test has. `prepared`: where there is no
        data yet it finds what a first start leaves, with an admin whose password is quickly checked. `code`: the folder of
        the code that it runs."""
        self.prepared = prepared
        self.code = code
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if name in ("PATH", "HOME", "TMPDIR", "LANG", "VIRTUAL_ENV")
            },
            "PORT": str(self.port),
            "DATA_DIR": str(data_dir),
            "ADMIN_EMAIL": ADMIN[0],
            "ADMIN_PASSWORD": ADMIN[1],
            "LOG_LEVEL": "debug",
            **environment,
        }
        self.lines: list[str] = []
        self.process: subprocess.Popen[str] | None = None
        self._heard = threading.Condition()

    def start(self) -> "House":
        """Start it, and return when it is ready."""
        self.lines.clear()
        data = Path(self.environment["DATA_DIR"])
        if self.prepared and not data.exists():
            DATABASES.copy(Path(_first_start().name) / "data", data)
        self.environment = {**DATABASES.variables(data), **self.environment}
        self.process = subprocess.Popen(
            # With the usual handling of SIGHUP, also when the tests themselves were started by nohup.
            ["env", "--default-signal=HUP", sys.executable, "-m", "walkabout.launch"],
            cwd=self.code, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()
        self.wait_line(READY)
        return self

    def stop(self, with_signal: int = signal.SIGTERM, seconds: float = 30) -> int:
        """Tell it to stop, and return its exit status when nothing of it is left."""
        if self.process is None:
            return 0
        self.process.send_signal(with_signal)
        try:
            return self.process.wait(seconds)
        finally:
            self.process = None

    def client(self) -> "Client":
        """The admin, with a token that took no password: a hash is slow on purpose."""
        with self.rooms() as service:
            admin = service.masters.by_email(ADMIN[0])
            assert admin is not None
            return Client(self.url, service.tokens.give(admin.uid, 1)[0])

    def sign_in(self, email: str, password: str) -> "Client":
        """Whoever has this password, with a token that was asked for with it."""
        answer = requests.post(self.url + "/user/token/", json={"email": email, "password": password}, timeout=60)
        answer.raise_for_status()
        return Client(self.url, answer.json()["token"])

    def person(self, email: str, password: str = "long-enough", *, superuser: bool = False) -> "Client":
        """Somebody new, with a token and a password that is quickly checked."""
        with self.rooms() as service:
            made = service.new_master(email, password, email, superuser=superuser)
            return Client(self.url, service.tokens.give(made.uid, 1)[0])

    @contextmanager
    def rooms(self) -> Iterator[Service]:
        """The rooms of the service on its data, in this process."""
        service = build(self._settings(), password_cost=CHEAP)
        try:
            yield service
        finally:
            service.close()

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Its database, as it is now."""
        db = Database(engine_of(self._settings()))
        try:
            yield db
        finally:
            db.close()

    def _settings(self) -> Settings:
        names = ("DATA_DIR", "DATABASE_URL", "DATABASE_POOLER")
        return Settings.from_env({name: value for name, value in self.environment.items() if name in names})

    def wait(self, event: str, seconds: float = 30, **fields: Any) -> dict[str, str]:
        """The fields of the first event of this name, and with these fields, that was or will be said."""

        def found() -> dict[str, str] | None:
            for line in self.lines:
                said = _EVENT.search(line)
                if said and said[1] == event:
                    values = {name: value.strip("'") for name, value in _FIELD.findall(said[2])}
                    if all(values.get(name) == str(value) for name, value in fields.items()):
                        return values
            return None

        return self._until(found, seconds, f"{event} {fields}")

    def wait_line(self, part: str, seconds: float = 30) -> str:
        """The first line that holds a text."""
        return self._until(lambda: next((line for line in self.lines if part in line), None), seconds, part)

    def processes(self) -> list[int]:
        """The ids of everything that the start has started."""
        return [] if self.process is None else descendants(self.process.pid)

    def consumer(self) -> int:
        """The id of the consumer's main process."""
        return next(pid for pid in self.processes() if "huey_consumer" in command(pid))

    def below_consumer(self) -> list[int]:
        """The ids of the processes that the consumer's main process has started."""
        main = self.consumer()
        return [int(pid) for pid in Path(f"/proc/{main}/task/{main}/children").read_text().split()]

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout as output:
            for line in output:
                with self._heard:
                    self.lines.append(line.rstrip("\n"))
                    self._heard.notify_all()
        process.wait()
        with self._heard:
            self._heard.notify_all()

    def _until(self, found: Any, seconds: float, what: str) -> Any:
        with self._heard:
            if not self._heard.wait_for(found, seconds):
                raise NeverHappened(f"{what} within {seconds} s; the service said:\n" + "\n".join(self.lines[-40:]))
            return found()


class Client:
    """Somebody who asks: `run("echo", value=1)`, `js("alias_list")`, `wait(task_id)`."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"token {token}"

    def post(self, path: str, **body: Any) -> requests.Response:
        return self.session.post(self.url + path, json=body, timeout=60)

    def get(self, path: str, **query: Any) -> requests.Response:
        return self.session.get(self.url + path, params=query, timeout=60)

    def js(self, api: str, **body: Any) -> requests.Response:
        return self.post(f"/js/{api}", **body)

    def run(self, walker: str, /, nd: str | None = None, **ctx: Any) -> dict[str, Any]:
        """Run a walker now; its answer."""
        return dict(self.js("walker_run", name=walker, ctx=ctx, **({"nd": nd} if nd else {})).json())

    def start(self, walker: str, /, options: dict[str, Any] | None = None, **ctx: Any) -> str:
        """Run a walker in the background; its task id."""
        answer = self.js("walker_run", name=walker, ctx=ctx, is_async=True, **(options or {})).json()
        assert answer["is_queued"] is True, answer
        return str(answer["result"])

    def task(self, task_id: str) -> dict[str, Any]:
        return dict(self.get("/js/walker_queue_check", task_id=task_id).json())

    def wait(self, task_id: str, seconds: float = 60) -> dict[str, Any]:
        """The task when it has ended."""
        task = self.get("/js/walker_queue_wait", task_id=task_id, timeout=seconds).json()
        return dict(task)

    def root(self) -> dict[str, Any]:
        """The context of the active graph's root."""
        return dict(self.js("object_get", obj="active:graph").json()["context"])


@cache
def _first_start() -> "tempfile.TemporaryDirectory[str]":
    """A folder whose `data` is what the first start of a service leaves."""
    folder = tempfile.TemporaryDirectory(dir=os.environ.get("PYTEST_DEBUG_TEMPROOT"))
    mask = os.umask(0o077)
    try:
        DATABASES.fill(Path(folder.name) / "data", admin_email=ADMIN[0], admin_password=ADMIN[1])
    finally:
        os.umask(mask)
    return folder


def descendants(pid: int) -> list[int]:
    """A process and all that it started, by id."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in task.read_text().split():
                found.extend(descendants(int(child)))
        except OSError:
            continue
    return found


def command(pid: int) -> str:
    """The command line of a process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
