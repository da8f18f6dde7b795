"""Internet addresses: which network one is in, and whose a request is that came by way of proxies. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

MOST_HOPS = 32
"""Addresses of a chain that are looked at."""


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks as they are written, such as 10.0.0.0/8 or one address; raises ValueError for what is none."""
    return tuple(ip_network(text) for text in texts)


def nonsense(texts: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The place of each text that is no network, and what to write instead."""
    for place, text in enumerate(texts):
        try:
            ip_network(text)
        except ValueError:
            yield place, f"{text!r} is no network such as 203.0.113.0/24"


def within(address: str, among: Iterable[Network]) -> bool:
    """Whether an address is in one of the networks; what is no address is in none."""
    known = _address(address)
    return known is not None and any(known in network for network in among)


def client(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """Whose a request is: the last address, seen from here, that no trusted proxy has.

    `peer` is who is connected, `forwarded` the values of X-Forwarded-For: each proxy writes behind what it was told, so only what
    trusted ones wrote is believed, from the right. Where that ends in what is no address, the proxy that wrote it stands for it.
    """
    hops = [hop.strip() for value in forwarded for hop in value.split(",")]
    nearest = peer
    for hop in reversed(hops[-MOST_HOPS:]):
        if not within(nearest, trusted) or (known := _address(hop)) is None:
            break
        nearest = str(known)
    return nearest


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
