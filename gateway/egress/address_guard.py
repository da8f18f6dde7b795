"""A guard against requests to our own network (SSRF, CWE-918).

A host is resolved once, every address of the answer is checked, and the connector may connect
only to exactly these addresses, so a resolver that answers differently the second time gains
nothing. Of an address that contains IPv4 addresses (v4-mapped, 6to4, NAT64, Teredo, ISATAP),
each of those is checked. A host is a plain name or an address in its one usual spelling:
anything that some library might read as an address is refused, however today's library reads it.
Ranges are those of the IANA special-purpose registries (RFC 6890, RFC 9637), names those of RFC
6761 and the IANA registry of special-use domain names.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from gateway.egress.address_spelling import (
    IPAddress,
    find_name_objection,
    find_spelling_objection,
    parse_ip_literal,
)

Lookup = Callable[[str, int], Awaitable[list[str]]]
WEB_PORTS = frozenset({80, 443})

_NEVER = tuple(
    (ipaddress.ip_network(net), why)
    for net, why in (
        ("168.63.129.16/32", "cloud metadata"),
        ("100.100.100.200/32", "cloud metadata"),
        ("192.0.0.192/32", "cloud metadata"),
        ("fd00:ec2::254/128", "cloud metadata"),
        ("fd20:ce::254/128", "cloud metadata"),
        ("169.254.0.0/16", "link-local"),
        ("fe80::/10", "link-local"),
        ("0.0.0.0/8", "this network"),
        ("::/128", "unspecified"),
        ("224.0.0.0/4", "multicast"),
        ("ff00::/8", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_PRIVATE = tuple(
    (ipaddress.ip_network(net), why)
    for net, why in (
        ("10.0.0.0/8", "private"),
        ("172.16.0.0/12", "private"),
        ("192.168.0.0/16", "private"),
        ("127.0.0.0/8", "loopback"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relay"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("::1/128", "loopback"),
        ("fc00::/7", "private"),
        ("fec0::/10", "site-local"),
        ("2001::/23", "protocol assignments"),
        ("2001:db8::/32", "documentation"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment routing"),
        ("100::/64", "discard"),
        ("64:ff9b:1::/48", "local NAT64"),
        ("::/96", "IPv4-compatible"),
    )
)
_LAST_FOUR_BYTES = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")))
"""Networks whose addresses end in an IPv4 address: NAT64, local NAT64, IPv4-compatible."""

_ISATAP = 0x5EFE
_GLOBAL = ipaddress.IPv6Network("2000::/3")


class AddressRefused(OSError):
    """A host that resolves, at least in part, to an address that must not be called."""


def find_address_objection(address: IPAddress, *, private: bool) -> str | None:
    """Return why an address must not be connected to, or None.

    With `private`, private networks are allowed; link-local addresses never are.
    """
    for network, why in (*_NEVER, *(() if private else _PRIVATE)):
        if address.version == network.version and address in network:
            return why
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
        return "an address with a zone"
    inner = _embedded(address)
    if inner:
        found = (find_address_objection(one, private=private) for one in inner)
        return next((problem for problem in found if problem is not None), None)
    if isinstance(address, ipaddress.IPv6Address) and not private and address not in _GLOBAL:
        return "not global"
    return None


def _embedded(address: IPAddress) -> tuple[ipaddress.IPv4Address, ...]:
    """Return the IPv4 addresses that an IPv6 address may lead to."""
    if not isinstance(address, ipaddress.IPv6Address) or int(address) in (0, 1):
        return ()
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    is_isatap = int(address) >> 32 & 0xFFFFFFFF in (_ISATAP, 0x02000000 | _ISATAP)
    if is_isatap or any(address in network for network in _LAST_FOUR_BYTES):
        return (last,)
    single = address.ipv4_mapped or address.sixtofour
    return (single,) if single is not None else address.teredo or ()


async def resolve_with_system(host: str, port: int) -> list[str]:
    """Return the addresses that the system resolver gives; raises OSError when there are none."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(info[4][0]) for info in found]


@dataclass(frozen=True, slots=True)
class AddressGuard:
    """The rules about addresses that may be called.

    With `private`, private networks may be called. `ports` None allows any port; `lookup`
    resolves names to addresses.
    """

    private: bool = False
    ports: frozenset[int] | None = WEB_PORTS
    lookup: Lookup = resolve_with_system

    def check_url(self, text: str) -> URL:
        """Return the URL to call, checked as far as possible without a look-up.

        Raises AddressRefused with the reason.
        """
        try:
            url = URL(text)
            host, port = url.host, url.port
        except ValueError as error:
            raise AddressRefused(f"not a URL: {error}") from error
        why = find_spelling_objection(text, url) or find_name_objection(
            host or "", private=self.private
        )
        if why is None and self.ports is not None and port not in self.ports:
            why = f"port {port} is not allowed"
        if why is None and (literal := parse_ip_literal(host or "")) is not None:
            why = find_address_objection(literal, private=self.private)
        if why is not None:
            raise AddressRefused(why)
        return url

    async def resolve(self, host: str, port: int) -> list[IPAddress]:
        """Return every address of a host; raises AddressRefused if one of them is not allowed.

        Raises OSError for a host without addresses.
        """
        addresses = [ipaddress.ip_address(text) for text in await self.lookup(host, port)]
        if not addresses:
            raise OSError(f"{host} has no address")
        for address in addresses:
            if (why := find_address_objection(address, private=self.private)) is not None:
                raise AddressRefused(f"{host} is at {address}: {why}")
        return list(dict.fromkeys(addresses))


class PinnedResolver(AbstractResolver):
    """A resolver for aiohttp's connector that returns only addresses that were checked."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the checked addresses of a host; raises AddressRefused or OSError."""
        families = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [
            ResolveResult(
                hostname=host,
                host=str(a),
                port=port,
                family=families[a.version],
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for a in await self._guard.resolve(host, port)
            if family in (socket.AF_UNSPEC, families[a.version])
        ]

    async def close(self) -> None:
        """Do nothing: there is nothing to release."""
