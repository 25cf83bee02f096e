"""Servers of the tests' own that end with the tests, however those end: a kill of pytest leaves neither server nor files."""

import os
import pwd
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

END_S = 20.0
# It stands between: when its standard input ends, with the tests or by their order, it ends the server and removes the
# folder. A session of its own keeps it from the signals that a terminal or `timeout` sends to all of the tests.
_GUARD = """
folder=$1 ends_by=$2; shift 2
"$@" </dev/null >/dev/null 2>&1 &
echo $!
while read -r _; do :; done
kill -s "$ends_by" $!; kill -s CONT $!
wait $!
rm -rf "$folder"
"""


class GuardedServer:
    """A server program with a folder of its own, which goes with it."""

    def __init__(self, command: list[str], folder: Path, ends_by: signal.Signals) -> None:
        """`ends_by`: the signal that ends it at once."""
        self._guard = subprocess.Popen(
            ["sh", "-c", _GUARD, "guard", str(folder), ends_by.name.removeprefix("SIG"), *command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True,
        )  # fmt: skip
        assert self._guard.stdout is not None
        self.pid = int(self._guard.stdout.readline())

    def send(self, number: int) -> None:
        """Send it a signal; it may have ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def stop(self) -> None:
        """End it, and remove its folder."""
        assert self._guard.stdin is not None and self._guard.stdout is not None
        self._guard.stdin.close()
        try:
            self._guard.wait(END_S)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self._guard.wait(END_S)
        self._guard.stdout.close()


def unprivileged(folder: Path) -> list[str]:
    """What stands before the command of a server that refuses to run as root; the folder is given to who it runs as."""
    if os.geteuid() != 0:
        return []
    owner = next(entry for entry in pwd.getpwall() if entry.pw_name in ("postgres", "nobody"))
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
