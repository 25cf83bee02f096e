"""Where requests may go: a policy as plain data, checked for each resolved address at the moment of connecting."""

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sequence.senders.addresses import (
    METADATA,
    Address,
    Network,
    effective_address,
    embedded_addresses,
    is_loopback_name,
    is_metadata,
    is_metadata_name,
    is_public,
)

Found = tuple[int, tuple[str, int] | tuple[str, int, int, int]]
"""An address family and a socket address."""
Resolver = Callable[[str, int], list[Found]]
MayReachPrivate = Callable[[], bool]
"""Whether somebody may reach loopback and private networks, at this moment."""

_PRIVATE = "loopback and private addresses are refused"
_METADATA = "link-local and metadata addresses are refused"


class RequestRefused(Exception):
    """The policy refuses this host. The message names host, address and the setting that decides."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator allows. Entries of the lists are host names (`api.example.org`, `*.example.org` for all below
    it), addresses or networks (`10.0.0.0/8`).

    Refused comes first: `refuse`, then everything outside `only` (if it has entries), then metadata services and
    link-local addresses unless `metadata` has them, and with `private` false loopback and private networks. An IPv6
    address is refused, too, where an IPv4 one is that may stand in it.
    """

    private: bool = True
    metadata: tuple[str, ...] = ()
    refuse: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    def reason_against(self, host: str, address: Address | None) -> str:
        """Why a connection to this host at this address is refused; empty when it is allowed.

        Without an address (a proxy will resolve the name) only names count.
        """
        name = _name(host)
        inner = [] if address is None else embedded_addresses(address)
        if any(_is_listed(self.refuse, name, one) for one in (address, *inner)):
            return "it is on the list of refused hosts"
        if self.only and not any(_is_listed(self.only, name, one) for one in _forms(address)):
            return "it is not on the list of the only allowed hosts"
        if address is None:
            by_name = is_metadata_name(name) and not _is_listed(self.metadata, name, None)
            return _METADATA if by_name else _PRIVATE if not self.private and is_loopback_name(name) else ""
        if reason := self.reason_against_name(host):
            return reason
        # A mapped address is the IPv4 one: what it looks like as IPv6 says nothing.
        looks = (effective_address(address), *inner)
        return next((reason for one in looks if (reason := self._against(name, one))), "")

    def reason_against_name(self, host: str) -> str:
        """Why a host is refused wherever its name leads, or nowhere; empty when its addresses are what counts.

        Short names are anybody's: what `metadata` is, its address says.
        """
        name = _name(host)
        is_known = "." in name and is_metadata_name(name) and not _is_listed(self.metadata, name, None)
        return _METADATA if is_known else ""

    def _against(self, name: str, address: Address) -> str:
        if is_metadata(address) and not _is_listed(self.metadata, name, address):
            return _METADATA
        if address.is_multicast or address == ipaddress.ip_address("255.255.255.255"):
            return "it is not the address of one host"
        # What was named as an exception is still no public address.
        if not self.private and (is_metadata(address) or not is_public(address)):
            return _PRIVATE
        return ""


def is_metadata_entry(entry: str) -> bool:
    """Whether an entry of a policy's list means metadata services or link-local addresses, and nothing else."""
    network = _network(entry)
    if network is None:
        return is_metadata_name(entry.lower().rstrip("."))
    return any(network.version == other.version and network.subnet_of(other) for other in METADATA)  # type: ignore[arg-type]


def _name(host: str) -> str:
    return host.lower().rstrip(".").strip("[]")


def _forms(address: Address | None) -> tuple[Address | None, ...]:
    return (address,) if address is None else (address, effective_address(address))


def _is_listed(entries: Iterable[str], name: str, address: Address | None) -> bool:
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


def look_up(host: str, port: int) -> list[Found]:
    """The addresses of a host from the system's resolver. Raises OSError."""
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in rows]  # type: ignore[misc]


class Guard:
    """Resolves and judges; the connection then goes to exactly the addresses that were judged, so a name that answers
    differently the next time (DNS rebinding) gains nothing."""

    def __init__(
        self, policy: Policy, resolver: Resolver = look_up, may_reach_private: MayReachPrivate | None = None
    ) -> None:
        """`may_reach_private`: asked each time, in place of the policy's `private`."""
        self._policy = policy
        self._resolver = resolver
        self._may_reach_private = may_reach_private

    @property
    def policy(self) -> Policy:
        """What is allowed at this moment."""
        ask = self._may_reach_private
        return self._policy if ask is None else replace(self._policy, private=ask())

    def reaching(self, may_reach_private: MayReachPrivate) -> "Guard":
        """The same guard for somebody who reaches private networks as long as that says so."""
        return Guard(self._policy, self._resolver, may_reach_private)

    def addresses(self, host: str, port: int, timeout_s: float) -> list[Found]:
        """The allowed addresses of a host. Raises RequestRefused when it has only refused ones, OSError when it has none,
        TimeoutError when resolving takes longer than `timeout_s`."""
        policy = self.policy
        if reason := policy.reason_against_name(host):
            raise RequestRefused(f"{host} is refused: {reason}")
        found = self.resolve(host, port, timeout_s)
        reasons = []
        allowed = []
        for family, address in found:
            reason = policy.reason_against(host, _of_socket(address[0]))
            if reason:
                reasons.append(f"{host} ({address[0]}) is refused: {reason}")
            else:
                allowed.append((family, address))
        if reasons and not allowed:
            raise RequestRefused(reasons[0])
        return allowed

    def again(self, host: str, address: str) -> None:
        """Judges a connection that is there already: it may have been made when more was allowed. Raises RequestRefused."""
        reason = self.policy.reason_against(host, _of_socket(address))
        if reason:
            raise RequestRefused(f"{host} ({address}) is refused: {reason}")

    def by_name(self, host: str) -> None:
        """Judges a host that a proxy will resolve. Raises RequestRefused."""
        try:
            # inet_aton also reads 0x7f.1 and 2130706433, as many resolvers do.
            address: Address | None = ipaddress.ip_address(socket.inet_aton(host))
        except (OSError, UnicodeError):
            try:
                address = _of_socket(host.strip("[]"))
            except ValueError:
                address = None
        reason = self.policy.reason_against(host, address)
        if reason:
            raise RequestRefused(f"{host} is refused: {reason}")

    def resolve(self, host: str, port: int, timeout_s: float) -> list[Found]:
        """The addresses of a host, unjudged: for the operator's own proxy. Raises OSError, TimeoutError."""
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


def _of_socket(text: str) -> Address:
    # A zone (`fe80::1%eth0`, RFC 4007) says by which interface, and nothing of where to.
    return ipaddress.ip_address(text.split("%")[0])
