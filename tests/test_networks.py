"""Whose a request is that came by way of proxies: only what trusted ones wrote is believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.networks import MOST_HOPS, client, networks, nonsense, within

TRUSTED = networks(["10.0.0.0/8", "2001:db8::/32"])


@pytest.mark.parametrize(("peer", "forwarded", "whose"), [
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
])  # fmt: skip
def test_the_last_address_that_no_trusted_proxy_has_is_whose_it_is(peer: str, forwarded: list[str], whose: str) -> None:
    assert client(peer, forwarded, TRUSTED) == whose


@given(st.text(), st.lists(st.text()))
def test_who_is_connected_directly_cannot_pass_for_somebody_else(peer: str, forwarded: list[str]) -> None:
    assert client(peer, forwarded, ()) == peer


def test_a_chain_without_end_is_not_followed_to_it() -> None:
    assert client("10.0.0.1", ["198.51.100.1", *["10.0.0.2"] * MOST_HOPS], TRUSTED) == "10.0.0.2"


def test_an_address_is_in_a_network_of_its_own_kind() -> None:
    assert [within(one, TRUSTED) for one in ("10.9.9.9", "11.0.0.1", "2001:db8::9", "fe80::1%eth0", "", "x")] == [
        True, False, True, False, False, False,
    ]  # fmt: skip


def test_what_is_no_network_is_named_by_its_place() -> None:
    with pytest.raises(ValueError, match="host bits"):
        networks(["10.0.0.1/8"])
    assert [place for place, _ in nonsense(["10.0.0.0/8", "10.0.0.1/8", "x", "::1"])] == [1, 2]
