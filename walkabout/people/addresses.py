"""The address of a caller, in the form in which attempts are counted."""

import ipaddress

FORWARDED = ("x-forwarded-for", "forwarded")  # headers by which a proxy says for whom it asks
_V6_BITS = 64  # what one customer of a provider has at least (RFC 6177)


def network(address: str) -> str | None:
    """What counts as one place: an IPv4 address, or the /64 of an IPv6 one. None: it is no address."""
    found = _read(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(found), _V6_BITS), strict=False))
    return None if found is None else str(found)


def is_undeclared_proxy(address: str, forwarded: bool, proxies: int) -> bool:
    """Whether a proxy on this machine asks for somebody whom we can't know, as PROXIES says that there is none.

    All people would be one address then, and one of them could lock the others out. `forwarded`: whether the request
    has one of the headers of FORWARDED.
    """
    return forwarded and not proxies and is_this_machine(address)


def is_this_machine(address: str) -> bool:
    """Whether an address is one of the loopback interface."""
    found = _read(address)
    return found is not None and found.is_loopback


def place_of(address: str, forwarded: bool, proxies: int) -> str | None:
    """The place that an attempt is counted for; None: for none (see is_undeclared_proxy)."""
    return None if is_undeclared_proxy(address, forwarded, proxies) else network(address)


def _read(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address, without its zone; an IPv4 one that is written as IPv6 is IPv4. None: it is none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return found if isinstance(found, ipaddress.IPv4Address) else found.ipv4_mapped or found
