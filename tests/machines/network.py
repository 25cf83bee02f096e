"""A network of machines on this one: namespaces of the kernel with addresses of their own, at one switch.

network = Network()
box = network.machine("box")            # 10.x.y.10, with a host name and process ids of its own
box.command("python", "-m", ...)        # what runs there, for subprocess
network.cut(box)                        # its cable is out: packets vanish, nobody is told
network.mend(box)
network.close()

The tests themselves stand at the switch, too, so that they can ask every machine.
"""

import os
import re
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TAG = "wt"  # begins all names here; then comes the process whose they are
FIRST = 10  # the last part of the first machine's address
# The machine's name, then what is run there, as the first process of the machine: what ends with it is all that runs there.
_BOOT = 'hostname "$0" && exec "$@"'


def why_not() -> str:
    """Why there can be no such network here; "": there can."""
    if os.geteuid() != 0:
        return "a network of namespaces needs root"
    missing = [name for name in ("ip", "unshare", "setpriv", "hostname") if shutil.which(name) is None]
    if missing:
        return f"a network of namespaces needs {', '.join(missing)} (iproute2, util-linux)"
    name = f"{TAG}{os.getpid()}-try"
    try:
        _ip("netns", "add", name)
        _ip("netns", "delete", name)
    except subprocess.CalledProcessError as error:
        return f"a network of namespaces can't be made here: {error.stderr.strip()}"
    return ""


@dataclass(frozen=True)
class Machine:
    """A machine of a network: its namespace, its port at the switch, and its address."""

    name: str
    space: str
    port: str
    address: str

    def command(self, *words: str) -> list[str]:
        """A command that runs there, with process ids of its own; it is killed as a whole when its first process is."""
        own = ("unshare", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child")
        # Tests that are killed leave nothing behind that runs.
        with_us = ("setpriv", "--pdeathsig", "KILL")
        return [*with_us, "ip", "netns", "exec", self.space, *own, "sh", "-c", _BOOT, self.name, *words]

    def plain_command(self, *words: str) -> list[str]:
        """A command that runs on its network, and is a process of ours otherwise."""
        return ["ip", "netns", "exec", self.space, *words]


class Network:
    """A switch, and what hangs on it."""

    def __init__(self) -> None:
        _sweep()
        self._tag = f"{TAG}{os.getpid()}"
        self._hub = f"{self._tag}-hub"
        self._subnet = f"10.{64 + os.getpid() // 256 % 128}.{os.getpid() % 256}"
        self._spaces: list[str] = []
        self._numbers = 0
        self._add_space(self._hub)
        _ip("-n", self._hub, "link", "add", "switch", "type", "bridge")
        _ip("-n", self._hub, "link", "set", "switch", "up")
        _ip("link", "add", self._tag, "type", "veth", "peer", "name", "ours", "netns", self._hub)
        _ip("address", "add", f"{self._subnet}.1/24", "dev", self._tag)
        _ip("link", "set", self._tag, "up")
        self._plug("ours")

    def machine(self, name: str) -> Machine:
        """A new machine; nothing runs there yet."""
        number = FIRST + self._numbers
        self._numbers += 1
        made = Machine(name, f"{self._tag}-{name}", f"port{number}", f"{self._subnet}.{number}")
        self._add_space(made.space)
        _ip("-n", made.space, "link", "add", "eth0", "type", "veth", "peer", "name", made.port, "netns", self._hub)
        _ip("-n", made.space, "address", "add", f"{made.address}/24", "dev", "eth0")
        _ip("-n", made.space, "link", "set", "eth0", "up")
        self._plug(made.port)
        return made

    def cut(self, machine: Machine) -> None:
        """Unplug a machine at the switch: what it sends and what is sent to it vanishes."""
        _ip("-n", self._hub, "link", "set", machine.port, "nomaster")

    def mend(self, machine: Machine) -> None:
        """Plug it in again."""
        _ip("-n", self._hub, "link", "set", machine.port, "master", "switch")

    def close(self) -> None:
        """Take it all away."""
        with suppress(subprocess.CalledProcessError):
            _ip("link", "delete", self._tag)
        for space in reversed(self._spaces):
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "delete", space)

    def _add_space(self, name: str) -> None:
        _ip("netns", "add", name)
        self._spaces.append(name)
        _ip("-n", name, "link", "set", "lo", "up")

    def _plug(self, port: str) -> None:
        _ip("-n", self._hub, "link", "set", port, "master", "switch")
        _ip("-n", self._hub, "link", "set", port, "up")


def _sweep() -> None:
    """Take away what tests that were killed have left."""
    for space in _ip("netns", "list").split():
        owner = re.match(rf"{TAG}(\d+)-", space)
        if owner is not None and not Path(f"/proc/{owner[1]}").exists():
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "delete", space)


def _ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=30).stdout
