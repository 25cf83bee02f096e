"""A real HTTP server on loopback that answers by a script and remembers what it was asked."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Script = dict[str, Any]


@dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content) if self.content else None


@dataclass
class Reply:
    """What a script's function gives: the bytes are sent as they are, after the head."""

    status: int = 200
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Server:
    """`script` is "METHOD /path" -> {"json" | "text", "status", "headers"}, a list of these (the last one stays), or a
    function of the request. `raw` in an answer is called with the handler instead, to misbehave."""

    def __init__(self) -> None:
        self.script: Script = {}
        self.seen: list[Seen] = []
        self.connections = 0
        self.lock = threading.Lock()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.http.daemon_threads = True
        self.base = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    def begin(self, script: Script) -> None:
        self.script = dict(script)
        self.seen = []

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    def answer(self, seen: Seen) -> Any:
        with self.lock:
            self.seen.append(seen)
            key = f"{seen.method} {seen.path}"
            found = self.script.get(
                key, self.script.get(key.split("?")[0], self.script.get(seen.method, {"status": 404}))
            )
            if isinstance(found, list):
                found = found.pop(0) if len(found) > 1 else found[0]
        return found(seen) if isinstance(found, Callable) else found

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                server.connections += 1

            def any_method(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                seen = Seen(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
                found = server.answer(seen)
                if isinstance(found, dict) and "raw" in found:
                    found["raw"](self)
                    return
                self.reply(found if isinstance(found, Reply) else reply_of(found))

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = any_method

            def reply(self, reply: Reply) -> None:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.status != 204:
                    self.send_header("Content-Length", str(len(reply.content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(reply.content)

            def handle(self) -> None:
                try:
                    super().handle()
                except ConnectionError:
                    pass

            def log_message(self, *args: object) -> None:
                pass

        return Handler


def reply_of(found: dict[str, Any]) -> Reply:
    headers = dict(found.get("headers", {}))
    content = b""
    if "json" in found:
        content = json.dumps(found["json"]).encode()
        headers.setdefault("Content-Type", "application/json")
    elif "text" in found:
        content = found["text"].encode()
        headers.setdefault("Content-Type", "text/plain")
    return Reply(found.get("status", 200), content, headers)
