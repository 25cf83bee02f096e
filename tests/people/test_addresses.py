"""From where somebody asks, as attempts are counted."""

import pytest

from walkabout.people.addresses import network, place_of


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", None),
        ("unix:", None),
        ("192.0.2.1, 192.0.2.2", None),
    ],
)
def test_an_address_is_counted_by_what_one_customer_has(address: str, place: str | None) -> None:
    assert network(address) == place


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
def test_a_proxy_on_this_machine_is_not_everybody(address: str) -> None:
    assert place_of(address, True, 0) is None
    assert place_of(address, False, 0) is not None
    assert place_of(address, True, 1) is not None


@pytest.mark.parametrize("address", ["192.0.2.1", "10.0.0.1", "2001:db8::1"])
def test_others_gain_nothing_by_the_header(address: str) -> None:
    assert place_of(address, True, 0) == place_of(address, False, 0) is not None
