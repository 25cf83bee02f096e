"""Classifies network addresses: metadata services, public ones, and IPv4 addresses embedded in IPv6."""

import ipaddress
from collections.abc import Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Each provider's own documents name them; most answer to whoever asks, with the machine's credentials.
METADATA = tuple(
    ipaddress.ip_network(text)
    for text in (
        "169.254.0.0/16",  # link-local (RFC 3927), and the metadata service of nearly all clouds
        "fe80::/10",  # link-local (RFC 4291, 2.5.6); fe80::a9fe:a9fe is OpenStack's
        "fd00:ec2::/32",  # AWS: metadata, names, time, pod identity
        "fd20:ce::254/128",  # Google Cloud
        "fd00:c1::a9fe:a9fe/128",  # Oracle
        "192.0.0.192/32",  # Oracle, before OCI
        "168.63.129.16/32",  # Azure's host agent
        "100.100.100.200/32",  # Alibaba
        "fd00:100::100:200/128",  # Alibaba over IPv6
        "fd00:42::42/128",  # Scaleway
        "fd00:a9fe:a9fe::1/128",  # Linode
    )
)
METADATA_NAMES = frozenset(
    {
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "metadata.azure.internal",
        "metadata.tencentyun.com",
        "api.metadata.cloud.ibm.com",
        "instance-data",
        "instance-data.ec2.internal",
    }
)
_LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"})

_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # all that IANA has given out so far (RFC 4291, 2.4)
_NOT_GLOBAL = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",  # IETF protocol assignments (RFC 6890)
        "192.88.99.0/24",  # relays of 6to4, given up (RFC 7526)
        "3fff::/20",  # documentation (RFC 9637)
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")  # RFC 8215; what stands in it is each network's own choice
_TRANSLATED = ipaddress.ip_network("::ffff:0:0:0/96")  # RFC 2765, 2.1
_COMPATIBLE = ipaddress.ip_network("::/96")  # RFC 4291, 2.5.5.1
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214, 6.1: the upper half of the interface's identifier


def is_metadata(address: Address) -> bool:
    """Whether this is a link-local address, or one of a metadata service."""
    return any(address.version == network.version and address in network for network in METADATA)


def is_metadata_name(name: str) -> bool:
    """Whether this lower-case name is one under which clouds offer their metadata."""
    return name in METADATA_NAMES


def is_loopback_name(name: str) -> bool:
    """Whether this lower-case name is the machine itself, whoever resolves it (RFC 6761, 6.3)."""
    return name in _LOOPBACK_NAMES or name.endswith(".localhost")


def is_public(address: Address) -> bool:
    """Whether an address can be one of the internet at large: neither loopback nor of a private network, nor set aside."""
    if any(address.version == network.version and address in network for network in _NOT_GLOBAL):
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global
    return address.is_global and (address in _GLOBAL_UNICAST or address in _NAT64)


def effective_address(address: Address) -> Address:
    """The IPv4 address that an IPv6 one is another way to write, or to reach by a gateway; else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    is_compatible = address in _COMPATIBLE and int(address) > 1
    return _low(address) if is_compatible or address in _TRANSLATED or address in _NAT64 else address


def embedded_addresses(address: Address) -> list[ipaddress.IPv4Address]:
    """Every IPv4 address to which a packet for this IPv6 one may be led on the way, by whatever gateway there is."""
    return [] if isinstance(address, ipaddress.IPv4Address) else list(dict.fromkeys(_iter_embedded(address)))


def _iter_embedded(address: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    inner = effective_address(address)
    if isinstance(inner, ipaddress.IPv4Address):
        yield inner
    if address.teredo:
        yield from address.teredo
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        yield _low(address)
    if address in _NAT64_LOCAL:
        yield from _by_prefix(address)


def _by_prefix(address: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    """What stands in an address of a local NAT64 prefix, for each length that the prefix may have (RFC 6052, 2.2)."""
    octets = address.packed
    for length in (48, 56, 64):
        start = length // 8
        # The ninth octet belongs to nobody.
        yield ipaddress.IPv4Address((octets[start:8] + octets[9:])[:4])
    yield _low(address)


def _low(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
