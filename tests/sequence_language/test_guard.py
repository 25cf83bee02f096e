"""Where requests may go."""

import ipaddress
import socket
import threading
from typing import Any

import pytest

import sequence
from sequence import Guard, Policy
from sequence.senders.guard import RequestRefused

Play = Any
OPEN, SHARED = Policy(), Policy(private=False)


NAMED = Policy(metadata=("169.254.169.254", "fd20:ce::254"))


@pytest.mark.parametrize(
    ("policy", "address", "refused"),
    [
        (OPEN, "224.0.0.1", True),
        (OPEN, "ff02::1", True),
        (OPEN, "255.255.255.255", True),
        (OPEN, "127.0.0.1", False),
        (OPEN, "::1", False),
        (OPEN, "10.0.0.1", False),
        (OPEN, "fec0::1", False),
        (OPEN, "93.184.216.34", False),
        (SHARED, "93.184.216.34", False),
        (SHARED, "2606:2800:220:1::1", False),
        (SHARED, "::ffff:93.184.216.34", False),
        (SHARED, "64:ff9b::93.184.216.34", False),
        (SHARED, "2002:5db8:d822::1", False),
        (NAMED, "169.254.169.254", False),
        (NAMED, "fd20:ce::254", False),
        (NAMED, "::ffff:169.254.169.254", False),
        (NAMED, "169.254.1.1", True),
        (NAMED, "fd00:ec2::254", True),
        # A name for an exception makes no public address of it.
        (Policy(private=False, metadata=("169.254.169.254",)), "169.254.169.254", True),
        (Policy(private=False, metadata=("168.63.129.16",)), "168.63.129.16", True),
        (Policy(refuse=("10.0.0.0/8",)), "10.1.2.3", True),
        (Policy(refuse=("10.0.0.0/8",)), "64:ff9b:1:0a01:2:300::", True),
        (Policy(refuse=("64:ff9b::/96",)), "64:ff9b::8.8.8.8", True),
        (Policy(only=("10.0.0.0/8",)), "10.1.2.3", False),
        (Policy(only=("8.8.8.0/24",)), "64:ff9b::8.8.8.8", False),
        (Policy(only=("10.0.0.0/8",)), "93.184.216.34", True),
        (Policy(only=("8.8.8.8",)), "2001:0:808:808::f7f7:f7f7", True),
        (Policy(refuse=("127.0.0.1",), only=("127.0.0.1",)), "127.0.0.1", True),
    ],
)
def test_addresses(policy: Policy, address: str, refused: bool) -> None:
    assert bool(policy.reason_against("host.example", ipaddress.ip_address(address))) is refused


METADATA = [
    "169.254.169.254",
    "169.254.1.1",
    "169.254.170.2",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "fd00:c1::a9fe:a9fe",
    "fd00:42::42",
    "fd00:a9fe:a9fe::1",
    "fd00:100::100:200",
    "192.0.0.192",
    "168.63.129.16",
    "100.100.100.200",
]


@pytest.mark.parametrize("address", METADATA)
def test_metadata_services_are_refused_to_everybody(address: str) -> None:
    for policy in (OPEN, SHARED, Policy(only=("0.0.0.0/0", "::/0"))):
        assert "metadata" in policy.reason_against("host.example", ipaddress.ip_address(address))


# 169.254.169.254 is a9fe:a9fe, 127.0.0.1 is 7f00:1, 10.1.2.3 is a01:203.
INSIDE = [
    "::ffff:{v4}",  # mapped
    "::{v4}",  # compatible
    "::ffff:0:{v4}",  # translated (RFC 2765)
    "64:ff9b::{v4}",  # NAT64
    "64:ff9b:1::{v4}",  # its local prefix, as /96
    "64:ff9b:1:{high}:{low8}:{low8_}::",  # /48: two octets before the ninth, two behind it
    "64:ff9b:1:{first}:{mid8}:{last8}::",  # /56
    "64:ff9b:1:0:{zero8}:{rest8}:{end}::",  # /64
    "2002:{high}:{low}::1",  # 6to4
    "2001:0:{high}:{low}::1",  # Teredo: the server
    "2001:0:808:808:0:0:{not_high}:{not_low}",  # Teredo: the client, its bits inverted
    "2a00::5efe:{v4}",  # ISATAP
    "2a00::200:5efe:{v4}",
]


def written(form: str, v4: str) -> str:
    a, b, c, d = ipaddress.IPv4Address(v4).packed
    return form.format(
        v4=v4,
        high=f"{a:02x}{b:02x}",
        low=f"{c:02x}{d:02x}",
        low8=f"00{c:02x}",
        low8_=f"{d:02x}00",
        first=f"00{a:02x}",
        mid8=f"00{b:02x}",
        last8=f"{c:02x}{d:02x}",
        zero8=f"00{a:02x}",
        rest8=f"{b:02x}{c:02x}",
        end=f"{d:02x}00",
        not_high=f"{a ^ 255:02x}{b ^ 255:02x}",
        not_low=f"{c ^ 255:02x}{d ^ 255:02x}",
    )


@pytest.mark.parametrize("form", INSIDE)
def test_what_hides_inside_of_an_ipv6_address_is_refused_there_too(form: str) -> None:
    metadata, loopback, listed = (
        ipaddress.ip_address(written(form, v4)) for v4 in ("169.254.169.254", "127.0.0.1", "93.184.216.34")
    )
    assert "metadata" in OPEN.reason_against("host.example", metadata)
    assert "loopback and private" in SHARED.reason_against("host.example", loopback)
    assert "refused hosts" in Policy(refuse=("93.184.216.0/24",)).reason_against("host.example", listed)


NOT_PUBLIC = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "172.16.0.1", "172.31.255.255",
    "192.0.0.1", "192.0.0.9", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "240.0.0.1", "254.1.1.1", "::", "::1", "100::1", "2001::1", "2001:2::1", "2001:db8::1", "3fff::1", "5f00::1",
    "4000::1", "fc00::1", "fd12:3456::1", "fec0::1", "feff::1", "64:ff9b:1::808:808",
]  # fmt: skip


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_not_of_the_internet_is_private(address: str) -> None:
    assert "loopback and private" in SHARED.reason_against("host.example", ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("entry", "means_metadata"),
    [
        ("169.254.169.254", True),
        ("169.254.169.0/24", True),
        ("fd00:ec2::254", True),
        ("metadata.google.internal", True),
        ("0.0.0.0/0", False),
        ("100.64.0.0/10", False),
        ("api.example.org", False),
    ],
)
def test_an_entry_for_metadata_means_nothing_else(entry: str, means_metadata: bool) -> None:
    assert sequence.is_metadata_entry(entry) is means_metadata


@pytest.mark.parametrize(
    ("policy", "host", "refused"),
    [
        (Policy(refuse=("bad.example",)), "bad.example", True),
        (Policy(refuse=("bad.example",)), "BAD.example.", True),
        (Policy(refuse=("bad.example",)), "sub.bad.example", False),
        (Policy(refuse=("*.bad.example",)), "sub.bad.example", True),
        (Policy(only=("good.example", "*.good.example")), "a.good.example", False),
        (Policy(only=("good.example",)), "evilgood.example", True),
        (OPEN, "metadata.google.internal", True),
        (OPEN, "Metadata.Google.Internal.", True),
        (OPEN, "metadata.tencentyun.com", True),
        (OPEN, "metadata", False),
        (Policy(metadata=("metadata.google.internal",)), "metadata.google.internal", False),
    ],
)
def test_names(policy: Policy, host: str, refused: bool) -> None:
    assert bool(policy.reason_against(host, ipaddress.ip_address("93.184.216.34"))) is refused


def refused_by(play: Play, policy: Policy, api: str, script: Any = None, guard: Guard | None = None) -> str:
    network = sequence.Network(policy, guard=guard)
    run = play([{"method": "GET", "api": api, "timeout": 5}], script, sender=sequence.Live(network))
    assert run.error is not None
    return str(run.error.message)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "0x7f000001", "2130706433", "0177.0.0.1", "127.1", "localhost", "[::1]", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]", "0", "0.0.0.0", "good@127.0.0.1", "good.example:80@127.0.0.1",
    ],
)  # fmt: skip
def test_odd_spellings_do_not_get_round_it(play: Play, host: str) -> None:
    assert "is refused: loopback and private" in refused_by(play, SHARED, f"http://{host}:9/")


def test_a_redirect_to_a_refused_address(play: Play, server: Any) -> None:
    script = {"GET": {"status": 302, "headers": {"Location": "http://169.254.169.254/latest/meta-data"}}}
    assert "169.254.169.254) is refused" in refused_by(play, OPEN, "/a", script)
    assert len(server.seen) == 1


def test_a_name_that_answers_differently_the_next_time_gains_nothing(play: Play, server: Any) -> None:
    """DNS rebinding: the connection goes to the address that was judged, the name is not resolved again."""
    port = int(server.base.rpartition(":")[2])
    answers = [[(socket.AF_INET, ("127.0.0.1", port))], [(socket.AF_INET, ("169.254.169.254", port))]]
    asked: list[str] = []

    def resolver(host: str, port: int) -> Any:
        asked.append(host)
        return answers[min(len(asked), 2) - 1]

    live = sequence.Live(sequence.Network(guard=Guard(OPEN, resolver)))
    script = {"GET /a": {"json": 1}, "GET /b": {"json": 2, "headers": {"Connection": "close"}}}
    steps = [{"method": "GET", "api": f"http://rebind.example:{port}{path}"} for path in ("/a", "/b", "/a")]
    run = play(steps, script, sender=live)
    assert [record.state for record in run.steps] == ["ok", "ok", "failed"]
    assert asked == ["rebind.example"] * 2
    assert "refused" in run.error.message


def test_only_the_allowed_addresses_of_a_name_are_tried(play: Play, server: Any) -> None:
    port = int(server.base.rpartition(":")[2])
    both = [(socket.AF_INET, ("169.254.169.254", port)), (socket.AF_INET, ("127.0.0.1", port))]
    live = sequence.Live(sequence.Network(guard=Guard(OPEN, lambda host, port: both)))
    assert play([{"method": "GET", "api": f"http://two.example:{port}/a"}], {"GET": {"json": 1}}, sender=live).ok


def test_a_resolver_that_hangs_ends_at_the_time_of_the_request(play: Play) -> None:
    gone = threading.Event()
    live = sequence.Live(sequence.Network(guard=Guard(OPEN, lambda host, port: gone.wait(20) and [])))
    run = play([{"method": "GET", "api": "http://slow.example/", "timeout": 0.2}], sender=live)
    gone.set()
    assert run.error.message == "no connection within 0.2 s"


@pytest.mark.parametrize(
    "host", ["0x7f.1", "127.0.0.1", "[::1]", "localhost", "LOCALHOST.", "a.localhost", "metadata", "[fe80::1%eth0]"]
)
def test_what_a_proxy_is_asked_for_is_judged_by_name_and_spelling(host: str) -> None:
    with pytest.raises(RequestRefused):
        Guard(SHARED).by_name(host)


@pytest.mark.parametrize("connection", ["keep-alive", "close"])
def test_who_may_not_reach_private_networks_any_more_loses_what_is_open_too(
    play: Play, server: Any, connection: str
) -> None:
    """Asked before each request: a connection that is kept from better times is not used."""
    asked: list[bool] = []

    def may() -> bool:
        asked.append(len(asked) < 2)
        return asked[-1]

    live = sequence.Live(sequence.Network(SHARED).reaching(may))
    script = {"GET": {"json": 1, "headers": {"Connection": connection}}}
    run = play([{"method": "GET", "api": "/a"}] * 3, script, sender=live)
    assert [record.state for record in run.steps] == ["ok", "ok", "failed"]
    assert "127.0.0.1) is refused: loopback and private" in run.error.message
    assert (asked, len(server.seen)) == ([True, True, False], 2)


def test_a_metadata_services_name_is_refused_before_it_is_resolved() -> None:
    asked: list[str] = []
    guard = Guard(OPEN, lambda host, port: asked.append(host) or [])  # type: ignore[func-returns-value]
    with pytest.raises(RequestRefused, match="metadata"):
        guard.addresses("metadata.google.internal", 80, 5)
    assert asked == []


def test_a_zone_says_nothing_of_where_an_address_is() -> None:
    found = [(socket.AF_INET6, ("fe80::1%eth0", 80, 0, 2))]
    with pytest.raises(RequestRefused, match="metadata"):
        Guard(OPEN, lambda host, port: found).addresses("router.example", 80, 5)  # type: ignore[arg-type, return-value]


def test_a_network_that_reaches_further_leaves_the_other_as_it_is() -> None:
    network = sequence.Network(SHARED)
    assert network.reaching(lambda: True).guard.policy.private
    assert not network.guard.policy.private
    assert network.reaching(lambda: True).tls(True) is network.tls(True)


def test_a_proxy_is_used_and_is_not_judged_itself(play: Play, server: Any) -> None:
    network = sequence.Network(SHARED, proxies={"http": server.base, "no_proxy": "direct.example"})
    live = sequence.Live(network)
    assert play([{"method": "GET", "api": "http://far.example/x"}], {"GET": {"json": 1}}, sender=live).ok
    assert server.seen[0].path == "http://far.example/x"
    run = play([{"method": "GET", "api": "http://10.0.0.1/x"}], sender=live)
    assert "10.0.0.1 is refused" in run.error.message


def test_proxies_and_bundle_are_read_from_the_environment_once() -> None:
    environ = {"HTTP_PROXY": "http://p:1", "https_proxy": "http://p:2", "NO_PROXY": "a,b", "REQUESTS_CA_BUNDLE": "/ca"}
    network = sequence.Network.from_environ(environ)
    assert network.proxies == {"http": "http://p:1", "https": "http://p:2", "no_proxy": "a,b"}
    assert "http" not in sequence.Network.from_environ({**environ, "REQUEST_METHOD": "GET"}).proxies


def test_a_netrc_entry_does_not_replace_the_authorization(
    play: Play, server: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login eve password stolen\n")
    monkeypatch.setenv("NETRC", str(netrc))
    play(
        [{"method": "GET", "api": "/a", "header": {"Authorization": "token mine"}}, {"method": "GET", "api": "/a"}],
        {"GET": {"json": 1}},
    )
    assert [seen.headers.get("Authorization") for seen in server.seen] == ["token mine", None]
