"""What one request of 15 MB may cost: the server's processor seconds and peak memory, for each hostile body."""

import os
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

from bench.serving import serving, signed_in
from tests.support.hostile import CASES, Hostile
from tests.support.house import House, command

SIZE = 15_000_000  # bytes, a little under MAX_BODY_MB
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """A line for each body: status, seconds of processor, and what the peak of memory was above the body's size."""
    with serving(WORKERS="1", FOREGROUND_LIMIT_S="10") as house:
        measure(house, signed_in(house).token, CASES)


def measure(house: House, token: str, cases: dict[str, Hostile]) -> None:
    """Send each body, and print what it cost the web server."""
    server = max(pid for pid in house.processes() if "walkabout.web.server" in command(pid))
    print(f"{'body of 15 MB':24} {'status':>6} {'CPU s':>6} {'peak MB':>8}  answer")
    for name, case in cases.items():
        body = case.body(SIZE)
        Path(f"/proc/{server}/clear_refs").write_text("5")
        before = _processor_s(server)
        status, answer = _send(house.url, case, token, body)
        print(f"{name:24} {status:6} {_processor_s(server) - before:6.2f} {_peak_mb(server):8.0f}  {answer[:90]}")
        sys.stdout.flush()


def _send(url: str, case: Hostile, token: str, body: bytes) -> tuple[int, str]:
    parts = urlsplit(url)
    head = (
        f"POST {case.path} HTTP/1.1\r\nHost: bench\r\nAuthorization: token {token}\r\nConnection: close\r\n"
        f"Content-Type: {case.kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((parts.hostname or "", parts.port or 80), 120) as line:
        received = b""
        try:
            line.sendall(head.encode() + body)
            while data := line.recv(1 << 20):
                received += data
        except ConnectionError:
            if not received:
                return 0, "(hung up before the body was sent)"
    first, _, text = received.decode("utf-8", "replace").partition("\r\n\r\n")
    return int(first.split()[1]), text


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def _peak_mb(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
