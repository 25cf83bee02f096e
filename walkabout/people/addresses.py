"""From where somebody asks, as attempts are counted."""

import ipaddress

FORWARDED = ("x-forwarded-for", "forwarded")  # headers by which a proxy says for whom it asks
_V6_BITS = 64  # what one customer of a provider has at least (RFC 6177)


def network(address: str) -> str | None:
    """What counts as one place: an IPv4 address, or the /64 of an IPv6 one. None: it is no address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            return str(ipaddress.ip_network((int(found), _V6_BITS), strict=False))
        found = found.ipv4_mapped
    return str(found)


def is_unsaid_proxy(address: str, forwarded: bool, proxies: int) -> bool:
    """Whether a proxy on this machine asks for somebody whom we can't know, as PROXIES says that there is none.

    All people would be one address then, and one of them could lock the others out. `forwarded`: whether the request
    has one of the headers of FORWARDED.
    """
    if proxies or not forwarded:
        return False
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


def counted(address: str, forwarded: bool, proxies: int) -> str | None:
    """The place that an attempt is counted for; None: for none (see is_unsaid_proxy)."""
    return None if is_unsaid_proxy(address, forwarded, proxies) else network(address)
