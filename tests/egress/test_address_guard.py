"""The gateway cannot be made to connect to its own network.

Neither the spelling of the URL nor a later answer of the resolver changes that.
"""

import asyncio
import ipaddress
import socket
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.webhook.outbound import WebhookChannel
from gateway.egress.address_guard import (
    AddressGuard,
    AddressRefused,
    Lookup,
    find_address_objection,
)
from gateway.notify.message import Delivered, Retry, Undeliverable
from gateway.settings import Webhook
from tests.support.clock import FakeClock
from tests.support.messages import message

INNER_V4 = (
    "0.0.0.0",  # noqa: S104 - an address to refuse, nobody binds to it
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "100.100.100.200",
    "127.0.0.1",
    "127.1.2.3",
    "127.255.255.255",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
)
INNER_V6 = (
    "::",
    "::1",
    "fe80::1",
    "febf::1",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fec0::1",
    "ff02::1",
    "ff05::1:3",
    "2001:db8::1",
    "2001::1",
    "2001:10::1",
    "3fff::1",
    "5f00::1",
    "100::1",
    "64:ff9b:1::1",
    "4000::1",
    "::ffff:0:7f00:1",
)
HOLES = [
    *(f"http://{a}/" for a in INNER_V4),
    *(f"https://{a}./hook?x=1" for a in INNER_V4),
    *(f"http://[::ffff:{a}]/" for a in INNER_V4),
    *(f"http://[64:ff9b::{a}]/" for a in INNER_V4),
    *(
        f"https://[{ipaddress.IPv6Address((0x2002 << 112) | (v4 << 80) | 1)}]/"
        for v4 in (int(ipaddress.IPv4Address(a)) for a in INNER_V4)
    ),
    *(f"http://[::{a}]/" for a in INNER_V4),
    *(f"https://[{a}]/" for a in INNER_V6),
    *(
        f"http://8.8.8.8:{port}/"
        for port in (0, 1, 22, 25, 81, 5432, 6379, 8080, 8443, 9200, 11211, 65535)
    ),
    *(
        f"{scheme}://8.8.8.8/"
        for scheme in (
            "ftp",
            "file",
            "gopher",
            "dict",
            "ldap",
            "tftp",
            "ws",
            "wss",
            "jar",
            "unix",
            "data",
            "javascript",
        )
    ),
    "http://",
    "http:///",
    "//8.8.8.8/",
    "8.8.8.8",
    "",
    "http:8.8.8.8",
    "http://user@8.8.8.8/",
    "http://user:pw@8.8.8.8/",
    "http://:pw@8.8.8.8/",
    "http://8.8.8.8:80@127.0.0.1/",
    "http://8.8.8.8 .evil/",
    "http://8.8.8.8\\@127.0.0.1/",
    "http://8.8.8.8/\r\nHost: x",
    "http://8.8.8.8/\x00",
    "http://[::1",
    "http://[fe80::1%25eth0]/",
    "http://8.8.8.8:99999/",
    "http://8.8.8.8:-1/",
    "http://8.8.8.8/" + "a" * 3000,
    "file:///etc/passwd",
    "http://8.8.8.8/\u2028",
    "http://%31%32%37.0.0.1/\t",
]
SPELLINGS = (
    "127.1",
    "127.0.1",
    "0",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "0x7f.0x0.0x0.0x1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "0xc0a80001",
    "3232235521",
    "10.1",
    "192.168.1",
    "172.16.1",
)


def answering(*answers: list[str]) -> tuple[Lookup, list[str]]:
    """Return a resolver that gives these answers in order, and the list of names looked up."""
    asked: list[str] = []

    async def lookup(host: str, _: int) -> list[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return lookup, asked


def test_corpus_has_at_least_200_addresses() -> None:
    assert len(set(HOLES)) + len(SPELLINGS) >= 200


@pytest.mark.parametrize("url", HOLES, ids=range(len(HOLES)))
def test_url_to_internal_address_is_refused_before_lookup(url: str) -> None:
    with pytest.raises(AddressRefused):
        AddressGuard().check_url(url)


@pytest.mark.parametrize("host", SPELLINGS)
async def test_odd_spelling_of_internal_address_is_refused_at_resolution(host: str) -> None:
    guard = AddressGuard()
    with pytest.raises(OSError):  # noqa: PT011 - some resolvers refuse the spelling itself, ours refuses the address
        await guard.resolve(str(guard.check_url(f"http://{host}/").host), 80)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "93.184.216.34",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.0.1",
        "172.32.0.1",
        "2606:4700::1111",
        "2a00:1450::1",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
    ],
)
def test_public_address_is_allowed(address: Any) -> None:
    assert find_address_objection(ipaddress.ip_address(address), private=False) is None


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "127.0.0.1", "192.168.1.1", "100.64.0.1", "::1", "fd12::1", "::ffff:10.0.0.1"],
)
def test_private_address_is_allowed_if_configured(address: Any) -> None:
    assert find_address_objection(ipaddress.ip_address(address), private=True) is None


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "100.100.100.200",
        "fd00:ec2::254",
        "fe80::1",
        "0.0.0.0",  # noqa: S104 - an address to refuse, nobody binds to it
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "224.0.0.1",
        "168.63.129.16",
    ],
)
def test_metadata_and_link_local_addresses_are_never_allowed(address: Any) -> None:
    assert find_address_objection(ipaddress.ip_address(address), private=True)


@given(st.ip_addresses())
def test_private_or_reserved_address_is_never_allowed(address: Any) -> None:
    allowed = find_address_objection(address, private=False) is None
    if address.version == 4:
        assert not allowed or address.is_global
    else:
        assert (
            not allowed
            or address in ipaddress.ip_network("2000::/3")
            or address in ipaddress.ip_network("64:ff9b::/96")
            or address.ipv4_mapped
        )


async def test_one_internal_address_among_public_ones_refuses_all() -> None:
    lookup, _ = answering(["93.184.216.34", "10.0.0.1"])
    with pytest.raises(AddressRefused, match=r"10\.0\.0\.1"):
        await AddressGuard(lookup=lookup).resolve("hook.example.com", 443)


class Sinkhole:
    """A listener on the loopback that counts who connects and answers 204."""

    def __init__(self) -> None:
        self.connections = 0

    async def __aenter__(self) -> Self:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
        writer.close()


def open_channel(guard: AddressGuard) -> WebhookChannel:
    return WebhookChannel.open(Webhook(secret="", allow_private=False), FakeClock(), guard)


async def test_rebound_name_with_internal_address_is_not_connected() -> None:
    async with Sinkhole() as sink:
        lookup, asked = answering(["93.184.216.34"], ["127.0.0.1"])
        guard = AddressGuard(ports=frozenset({sink.port}), lookup=lookup)
        url = f"http://rebind.example.com:{sink.port}/"
        assert await guard.resolve(str(guard.check_url(url).host), sink.port)
        channel = open_channel(guard)
        results = [await channel.send(message(url)) for _ in range(5)]
        await channel.close()
        assert all(isinstance(r, Retry) and r.at_most and "loopback" in r.reason for r in results)
        assert (sink.connections, len(asked)) == (0, 6)


async def test_checked_address_is_the_connected_one() -> None:
    async with Sinkhole() as sink:
        lookup, asked = answering(["127.0.0.1"], ["127.0.0.2"])
        channel = open_channel(AddressGuard(private=True, ports=None, lookup=lookup))
        assert await channel.send(message(f"http://pinned.example.com:{sink.port}/")) == Delivered()
        await channel.close()
        assert (sink.connections, asked) == (1, ["pinned.example.com"])


async def test_literal_internal_address_is_not_connected() -> None:
    async with Sinkhole() as sink:
        channel = open_channel(AddressGuard(ports=None))
        for host in (
            "127.0.0.1",
            "[::ffff:127.0.0.1]",
            "2130706433",
            "127.1",
            "localhost",
            "[::1]",
        ):
            assert isinstance(
                await channel.send(message(f"http://{host}:{sink.port}/")), Undeliverable | Retry
            )
        await channel.close()
        assert sink.connections == 0


async def test_unknown_host_name_is_retried() -> None:
    async def nothing(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    channel = open_channel(AddressGuard(lookup=nothing))
    result = await channel.send(message("https://nowhere.example.com/"))
    await channel.close()
    assert isinstance(result, Retry)
    assert result.at_most is None
    assert result.down
