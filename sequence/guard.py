"""Where requests may go: a policy as plain data, and the look at each resolved address at the moment of connecting."""

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Found = tuple[int, tuple[str, int] | tuple[str, int, int, int]]
"""An address family and a socket address."""
Resolver = Callable[[str, int], list[Found]]

METADATA = tuple(
    ipaddress.ip_network(text)
    for text in (
        "169.254.0.0/16",  # link-local, and the metadata service of most clouds
        "fe80::/10",
        "fd00:ec2::254/128",  # AWS over IPv6
        "100.100.100.200/32",  # Alibaba
        "168.63.129.16/32",  # Azure
        "192.0.0.192/32",  # Oracle
    )
)
"""Refused unless a policy allows the host by name or address: link-local addresses and metadata services."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(Exception):
    """The policy refuses this host. The message names host, address and the setting that decides."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator allows. Entries of the lists are host names (`api.example.org`, `*.example.org` for all below
    it), addresses or networks (`10.0.0.0/8`).

    Refused comes first: `refuse`, then everything outside `only` (if it has entries), then metadata services and
    link-local addresses, and with `private` false loopback and private networks, the last two not for what `allow` has.
    """

    private: bool = True
    allow: tuple[str, ...] = ()
    refuse: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    def reason_against(self, host: str, address: Address | None) -> str:
        """Why a connection to this host at this address is refused; empty when it is allowed.

        Without an address (a proxy will resolve the name) only names count.
        """
        inner = _unwrapped(address) if address is not None else None
        if _listed(self.refuse, host, inner):
            return "it is on the list of refused hosts"
        if self.only and not _listed(self.only, host, inner):
            return "it is not on the list of the only allowed hosts"
        if inner is None or _listed(self.allow, host, inner):
            return ""
        if any(inner in network for network in METADATA if network.version == inner.version):
            return "link-local and metadata addresses are refused"
        if inner.is_multicast or inner == ipaddress.ip_address("255.255.255.255"):
            return "it is no address of one host"
        if not self.private and not inner.is_global:
            return "loopback and private addresses are refused"
        return ""


def _unwrapped(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one (mapped, compatible, 6to4, NAT64), so that it can't hide there."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    number = int(address)
    if address in _NAT64 or (number >> 32 == 0 and number > 1):
        return ipaddress.IPv4Address(number & 0xFFFFFFFF)
    return address


def _listed(entries: Iterable[str], host: str, address: Address | None) -> bool:
    name = host.lower().rstrip(".").strip("[]")
    return any(_matches(entry.lower().rstrip("."), name, address) for entry in entries)


def _matches(entry: str, name: str, address: Address | None) -> bool:
    if entry.startswith("*."):
        return name.endswith(entry[1:])
    network = _network(entry)
    if network is None:
        return name == entry
    return address is not None and address.version == network.version and address in network


def _network(entry: str) -> Network | None:
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None


def looked_up(host: str, port: int) -> list[Found]:
    """The addresses of a host from the system's resolver. Raises OSError."""
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in rows]  # type: ignore[misc]


_EVERYTHING = Policy(allow=("0.0.0.0/0", "::/0"))


class Guard:
    """Resolves and judges; the connection then goes to exactly the addresses that were judged, so a name that answers
    differently the next time (DNS rebinding) gains nothing."""

    def __init__(self, policy: Policy, resolver: Resolver = looked_up) -> None:
        self.policy = policy
        self._resolver = resolver

    def addresses(self, host: str, port: int, timeout_s: float) -> list[Found]:
        """The allowed addresses of a host. Raises Refused when it has only refused ones, OSError when it has none,
        TimeoutError when resolving takes longer than `timeout_s`."""
        found = self._resolved(host, port, timeout_s)
        reasons = []
        allowed = []
        for family, address in found:
            reason = self.policy.reason_against(host, ipaddress.ip_address(address[0].split("%")[0]))
            if reason:
                reasons.append(f"{host} ({address[0]}) is refused: {reason}")
            else:
                allowed.append((family, address))
        if reasons and not allowed:
            raise Refused(reasons[0])
        return allowed

    def unguarded(self) -> "Guard":
        """The same resolver without a policy: for the operator's own proxy."""
        return Guard(_EVERYTHING, self._resolver)

    def by_name(self, host: str) -> None:
        """Judges a host that a proxy will resolve. Raises Refused."""
        try:
            # inet_aton also reads 0x7f.1 and 2130706433, as many resolvers do.
            address: Address | None = ipaddress.ip_address(socket.inet_aton(host))
        except (OSError, UnicodeError):
            try:
                address = ipaddress.ip_address(host.strip("[]").split("%")[0])
            except ValueError:
                address = None
        reason = self.policy.reason_against(host, address)
        if reason:
            raise Refused(f"{host} is refused: {reason}")

    def _resolved(self, host: str, port: int, timeout_s: float) -> list[Found]:
        answer: list[list[Found] | Exception] = []

        def ask() -> None:
            try:
                answer.append(self._resolver(host, port))
            except Exception as error:
                answer.append(error)

        # The system's resolver knows no timeout: a thread of its own is left behind when it hangs.
        thread = threading.Thread(target=ask, name="sequence-resolver", daemon=True)
        thread.start()
        thread.join(timeout_s)
        if not answer:
            raise TimeoutError(f"resolving {host} took longer than {timeout_s:.0f} s")
        if isinstance(answer[0], Exception):
            raise answer[0]
        return answer[0]
