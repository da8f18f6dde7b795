"""IP networks, and the client address of a request that came through proxies. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

MOST_HOPS = 32
"""The most addresses of a forwarding chain that are checked."""


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return networks from texts such as 10.0.0.0/8 or one address; raises ValueError."""
    return tuple(ip_network(text) for text in texts)


def find_invalid_networks(texts: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield the position of each text that is no network, with an error message."""
    for place, text in enumerate(texts):
        try:
            ip_network(text)
        except ValueError:
            yield place, f"{text!r} is no network such as 203.0.113.0/24"


def is_in_networks(address: str, among: Iterable[Network]) -> bool:
    """Return whether an address is in one of the networks; False for an invalid address."""
    known = _address(address)
    return known is not None and any(known in network for network in among)


def client_address(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """Return the client address of a request: the nearest that is not a trusted proxy's.

    `peer` is the connected address, `forwarded` the values of X-Forwarded-For. Each proxy
    appends to the header it received, so only the entries of trusted proxies are believed, from
    the right. If the next entry is no address, the proxy that wrote it counts as the client.
    """
    hops = [hop.strip() for value in forwarded for hop in value.split(",")]
    nearest = peer
    for hop in reversed(hops[-MOST_HOPS:]):
        if not is_in_networks(nearest, trusted) or (known := _address(hop)) is None:
            break
        nearest = str(known)
    return nearest


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
