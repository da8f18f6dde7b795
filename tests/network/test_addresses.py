"""The client address behind proxies: only headers of trusted proxies are believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.network.addresses import (
    MOST_HOPS,
    client_address,
    find_invalid_networks,
    is_in_networks,
    parse_networks,
)

TRUSTED = parse_networks(["10.0.0.0/8", "2001:db8::/32"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "whose"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.66,, 10.0.0.3"], "10.0.0.3"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("2001:db8::1", ["2001:db9::7"], "2001:db9::7"),
        ("10.0.0.1", ["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_client_is_last_untrusted_forwarded_address(
    peer: str, forwarded: list[str], whose: str
) -> None:
    assert client_address(peer, forwarded, TRUSTED) == whose


@given(st.text(), st.lists(st.text()))
def test_forwarded_header_of_untrusted_peer_is_ignored(peer: str, forwarded: list[str]) -> None:
    assert client_address(peer, forwarded, ()) == peer


def test_forwarded_chain_is_followed_up_to_hop_limit() -> None:
    assert (
        client_address("10.0.0.1", ["198.51.100.1", *["10.0.0.2"] * MOST_HOPS], TRUSTED)
        == "10.0.0.2"
    )


def test_address_is_matched_against_networks_of_its_version() -> None:
    assert [
        is_in_networks(one, TRUSTED)
        for one in ("10.9.9.9", "11.0.0.1", "2001:db8::9", "fe80::1%eth0", "", "x")
    ] == [
        True,
        False,
        True,
        False,
        False,
        False,
    ]


def test_invalid_networks_are_reported_by_position() -> None:
    with pytest.raises(ValueError, match="host bits"):
        parse_networks(["10.0.0.1/8"])
    assert [
        place for place, _ in find_invalid_networks(["10.0.0.0/8", "10.0.0.1/8", "x", "::1"])
    ] == [1, 2]
