"""The servers that the tests start for themselves: nothing of them is left, and they work on every version."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.postgres_server import copying
from tests.support.until import until

STARTS = """
import signal, sys, tempfile
from pathlib import Path
from tests.support.guarded import GuardedServer
folder = Path(tempfile.mkdtemp())
server = GuardedServer(["sleep", "600"], folder, signal.SIGTERM)
print(server.pid, folder, flush=True)
sys.stdin.read()
"""


def test_a_server_ends_when_its_tests_are_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as tests:
        assert tests.stdout is not None
        pid, folder = tests.stdout.readline().split()
        server = os.pidfd_open(int(pid))
        tests.send_signal(signal.SIGKILL)
    poller = select.poll()
    poller.register(server, select.POLLIN)
    assert poller.poll(20_000), "the server outlived its tests"
    os.close(server)
    until(lambda: not Path(folder).exists())


@pytest.mark.parametrize(("version", "ends"), [(130_010, "TEMPLATE b"), (150_018, "TEMPLATE b STRATEGY FILE_COPY")])
def test_a_database_is_copied_in_the_words_of_the_servers_version(version: int, ends: str) -> None:
    assert copying("a", "b", version) == f"CREATE DATABASE a {ends}"
