"""Where requests may go."""

import ipaddress
import socket
import threading
from typing import Any

import pytest

import sequence
from sequence import Guard, Policy
from sequence.guard import Refused

Play = Any
OPEN, SHARED = Policy(), Policy(private=False)


@pytest.mark.parametrize(
    ("policy", "address", "refused"),
    [
        (OPEN, "169.254.169.254", True),
        (OPEN, "169.254.1.1", True),
        (OPEN, "fe80::1", True),
        (OPEN, "fd00:ec2::254", True),
        (OPEN, "100.100.100.200", True),
        (OPEN, "::ffff:169.254.169.254", True),
        (OPEN, "64:ff9b::a9fe:a9fe", True),
        (OPEN, "2002:a9fe:a9fe::1", True),
        (OPEN, "::a9fe:a9fe", True),
        (OPEN, "224.0.0.1", True),
        (OPEN, "255.255.255.255", True),
        (OPEN, "127.0.0.1", False),
        (OPEN, "::1", False),
        (OPEN, "10.0.0.1", False),
        (OPEN, "93.184.216.34", False),
        (SHARED, "127.0.0.1", True),
        (SHARED, "::1", True),
        (SHARED, "0.0.0.0", True),
        (SHARED, "10.0.0.1", True),
        (SHARED, "192.168.1.1", True),
        (SHARED, "100.64.0.1", True),
        (SHARED, "fc00::1", True),
        (SHARED, "::ffff:127.0.0.1", True),
        (SHARED, "93.184.216.34", False),
        (Policy(private=False, allow=("127.0.0.0/8",)), "127.0.0.1", False),
        (Policy(allow=("169.254.169.254",)), "169.254.169.254", False),
        (Policy(refuse=("10.0.0.0/8",)), "10.1.2.3", True),
        (Policy(only=("10.0.0.0/8",)), "10.1.2.3", False),
        (Policy(only=("10.0.0.0/8",)), "93.184.216.34", True),
        (Policy(refuse=("127.0.0.1",), allow=("127.0.0.1",)), "127.0.0.1", True),
    ],
)
def test_addresses(policy: Policy, address: str, refused: bool) -> None:
    assert bool(policy.reason_against("host.example", ipaddress.ip_address(address))) is refused


@pytest.mark.parametrize(
    ("policy", "host", "refused"),
    [
        (Policy(refuse=("bad.example",)), "bad.example", True),
        (Policy(refuse=("bad.example",)), "BAD.example.", True),
        (Policy(refuse=("bad.example",)), "sub.bad.example", False),
        (Policy(refuse=("*.bad.example",)), "sub.bad.example", True),
        (Policy(only=("good.example", "*.good.example")), "a.good.example", False),
        (Policy(only=("good.example",)), "evilgood.example", True),
        (Policy(allow=("meta.example",)), "meta.example", False),
    ],
)
def test_names(policy: Policy, host: str, refused: bool) -> None:
    address = ipaddress.ip_address("169.254.169.254" if policy.allow else "93.184.216.34")
    assert bool(policy.reason_against(host, address)) is refused


def refused_by(play: Play, policy: Policy, api: str, script: Any = None, guard: Guard | None = None) -> str:
    network = sequence.Network(policy, guard=guard)
    run = play([{"method": "GET", "api": api, "timeout": 5}], script, sender=sequence.Live(network))
    assert run.error is not None
    return str(run.error.message)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "0x7f000001", "2130706433", "0177.0.0.1", "127.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"]
)
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


@pytest.mark.parametrize("host", ["0x7f.1", "127.0.0.1", "[::1]"])
def test_what_a_proxy_is_asked_for_is_judged_by_name_and_spelling(host: str) -> None:
    with pytest.raises(Refused):
        Guard(SHARED).by_name(host)


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
