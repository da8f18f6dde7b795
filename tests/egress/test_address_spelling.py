"""The address guard refuses every spelling of an internal address.

With the guard alone, no internal address is connected to.
"""

import ipaddress
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from gateway.channels.webhook.outbound import WebhookChannel
from gateway.egress.address_guard import AddressGuard, AddressRefused, find_address_objection
from gateway.egress.address_spelling import HOST, find_name_objection, parse_ip_literal
from gateway.egress.fetching import Fetcher
from gateway.notify.message import Retry, Undeliverable
from gateway.settings import Webhook
from tests.egress.test_address_guard import Sinkhole, answering
from tests.support.clock import FakeClock
from tests.support.messages import message

INNER = ("127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "172.16.0.1")
FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")
CIRCLED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")


def spellings(address: str) -> Iterator[str]:
    """Yield spellings that some library or resolver reads as the given IPv4 address."""
    yield from _as_numbers(address)
    yield from _in_other_letters(address)
    yield from (f"[{one}]" for one in _within_ipv6(address))


def _as_numbers(address: str) -> Iterator[str]:
    number = int(ipaddress.IPv4Address(address))
    a, b, c, d = (int(part) for part in address.split("."))
    yield from (address, f"{address}.", str(number), f"{number}.", hex(number), hex(number).upper())
    yield from (
        f"0{number:o}",
        f"00{number:o}",
        f"{a}.{b}.{c * 256 + d}",
        f"{a}.{(b << 16) + (c << 8) + d}",
    )
    yield from (f"0{a:o}.{b}.{c}.{d}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"{a}.{b}.{c}.0{d:o}")
    yield from (
        f"{a:#x}.{b}.{c}.{d}",
        f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"{a:03d}.{b:03d}.{c:03d}.{d:03d}",
    )


def _in_other_letters(address: str) -> Iterator[str]:
    yield from (address.translate(FULL_WIDTH), address.translate(CIRCLED))
    yield from (address.replace(".", "。"), address.replace(".", "｡"), address.replace(".", "%2e"))
    yield from ("".join(f"%{ord(letter):02x}" for letter in address), f"{address}%00.example.com")
    yield from (f"[{address}]", f".{address}", f"{address}..", address.replace(".", "..", 1))
    yield from (f"x@{address}", f"@{address}")


def _within_ipv6(address: str) -> Iterator[str]:
    number = int(ipaddress.IPv4Address(address))
    pair, other = (f"{one >> 16:x}:{one & 0xFFFF:x}" for one in (number, number ^ 0xFFFFFFFF))
    yield from (
        f"::ffff:{address}",
        f"::FFFF:{address}",
        f"0:0:0:0:0:ffff:{address}",
        f"::ffff:{pair}",
    )
    yield from (f"64:ff9b::{address}", f"64:ff9b:1::{address}", f"::{address}", f"2002:{pair}::1")
    yield from (
        f"2001:0:808:808::{other}",
        f"2001:0:{pair}::f7f7:f7f7",
        f"2606:4700::5efe:{address}",
    )
    yield from (f"2606:4700::200:5efe:{address}", f"::ffff:{address}%25eth0", f"::ffff:{address}%1")


NAMES = (
    *[
        "localhost",
        "LOCALHOST",
        "localhost.",
        "x.localhost",
        "localhost.localdomain",
        "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
        "ｌｏｃａｌｈｏｓｔ",
    ],
    *[
        "%6c%6fcalhost",
        "local%68ost",
        "printer.local",
        "db.internal",
        "router.home.arpa",
        "nas.lan",
        "wiki.intranet",
    ],
    *[
        "kubernetes.default.svc",
        "metadata",
        "metadata.google.internal",
        "metadata.google.internal.",
        "metadata.goog",
    ],
    *[
        "instance-data",
        "redis",
        "postgres.",
        "ip6-localhost",
        "a..example.com",
        ".example.com",
        "example.com..",
        "0",
    ],
    *[
        "-a.example.com",
        "a_.-.example.com",
        "a,b.example",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[::1]",
        "[::]",
        "[::1].",
    ],
    *["[2606:4700::1111%25eth0]", "[0:0:0:0:0:0:0:1]"],
    "exa mple.com",
    "x" * 64 + ".example.com",
)
HOSTS = [*(spelling for address in INNER for spelling in spellings(address)), *NAMES]
PUBLIC = (
    *[
        "8.8.8.8",
        "[2606:4700::1111]",
        "hooks.example.com",
        "hooks.example.com.",
        "xn--bcher-kva.example",
    ],
    *[
        "bücher.example",
        "a_b.example.com",
        "1.example.com",
        "0x1.example.com",
        "127.0.0.1.example.com",
    ],
)


def test_corpus_has_at_least_200_spellings() -> None:
    assert len(set(HOSTS)) >= 200


@pytest.mark.parametrize("host", sorted(set(HOSTS)), ids=ascii)
def test_guard_refuses_every_internal_spelling(host: str) -> None:
    for address in (f"https://{host}/", f"http://{host}/hook?x=1", f"HTTPS://{host}"):
        with pytest.raises(AddressRefused):
            AddressGuard().check_url(address)


@pytest.mark.parametrize("host", PUBLIC)
def test_public_host_is_allowed(host: str) -> None:
    assert AddressGuard().check_url(f"https://{host}/hook").host


async def test_no_spelling_is_connected_by_channel_or_fetcher() -> None:
    """The resolver is hostile: it answers every name with an internal address."""
    async with Sinkhole() as sink:
        lookup, _ = answering(["127.0.0.1"])
        guard = AddressGuard(ports=None, lookup=lookup)
        channel = WebhookChannel.open(Webhook(secret="", allow_private=False), FakeClock(), guard)
        fetcher = Fetcher(guard)
        for host in (*HOSTS, *PUBLIC[2:]):
            assert isinstance(
                await channel.send(message(f"http://{host}:{sink.port}/")), Undeliverable | Retry
            ), host
            with pytest.raises(Exception, match=r"refused|cannot be reached"):
                await fetcher.get(f"https://{host}:{sink.port}/")
        await fetcher.close()
        await channel.close()
        assert sink.connections == 0


async def test_resolver_answers_with_internal_addresses_are_refused() -> None:
    """The answers of the resolver are checked even without the check of the spelling."""
    lookup, _ = answering(
        ["127.0.0.1"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a00:1"],
        ["2001:0:a00:1::1"],
        ["fe80::1%eth0"],
    )
    guard = AddressGuard(ports=None, lookup=lookup)
    for _ in range(5):
        with pytest.raises(AddressRefused):
            await guard.resolve("rebind.example.com", 443)


def test_private_mode_allows_internal_names_but_never_metadata() -> None:
    harness = AddressGuard(private=True, ports=None)
    for host in ("localhost", "redis", "db.internal", "10.0.0.1", "[fd00::1]"):
        assert harness.check_url(f"http://{host}:8080/").host
    literals = "169.254.169.254 2852039166 [::ffff:169.254.169.254] [64:ff9b:1::169.254.169.254]"
    others = "[::169.254.169.254] [fd00::5efe:169.254.169.254] [fe80::1%25eth0]"
    never = ("metadata.google.internal", "metadata", *literals.split(), *others.split())
    for host in never:
        with pytest.raises(AddressRefused):
            harness.check_url(f"http://{host}/")


@given(st.ip_addresses(v=4))
def test_any_spelling_of_any_internal_address_is_refused(address: ipaddress.IPv4Address) -> None:
    if find_address_objection(address, private=False) is not None:
        for host in spellings(str(address)):
            with pytest.raises(AddressRefused):
                AddressGuard().check_url(f"https://{host}/")


@given(st.text(max_size=40))
def test_allowed_host_is_plain_name_or_public_address(host: str) -> None:
    try:
        url = AddressGuard().check_url(f"https://{host}/")
    except AddressRefused:
        return
    literal = parse_ip_literal(url.host or "")
    assert literal is not None or HOST.fullmatch(URL(str(url)).raw_host or "")
    assert literal is None or find_address_objection(literal, private=False) is None
    assert find_name_objection(url.host or "", private=False) is None
