"""Tests of fetching files from addresses that senders name.

Only https, allowed addresses and small files are accepted; certificates are cached.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.egress.address_guard import AddressGuard
from gateway.egress.fetching import CACHE_SECONDS, LARGEST, MAX_CACHED, FetchCache, Fetcher
from gateway.errors import Unavailable
from gateway.timing.clock import SystemClock
from tests.support.clock import FakeClock


def a_certificate(folder: Path) -> Path:
    """Return a file with a self-signed certificate of 127.0.0.1 and its key."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "here")]),
    )
    now = SystemClock().now()
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), 1, now - timedelta(hours=1), now + timedelta(hours=1)
        )
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    file = folder / "here.pem"
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return file


async def answer(request: web.Request) -> web.Response:
    match request.path:
        case "/moved":
            raise web.HTTPFound("/cert.pem")
        case "/large":
            return web.Response(body=b"x" * (LARGEST + 1))
        case "/gone":
            raise web.HTTPNotFound
    return web.Response(text="certificate")


@pytest.fixture(scope="module")
async def server(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[str, ssl.SSLContext]]:
    """The address of an https server and the TLS context that trusts its certificate."""
    file = a_certificate(tmp_path_factory.mktemp("tls"))
    ours, theirs = (
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH),
        ssl.create_default_context(cafile=str(file)),
    )
    ours.load_cert_chain(file)
    app = web.Application()
    app.router.add_get("/{path}", answer)
    running = TestServer(app, scheme="https")
    await running.start_server(ssl=ours)
    yield str(running.make_url("")), theirs
    await running.close()


AT_HOME = AddressGuard(private=True, ports=None)


async def test_file_is_fetched_and_redirect_large_or_missing_one_is_not(
    server: tuple[str, ssl.SSLContext],
) -> None:
    address, trusted = server
    fetcher = Fetcher(AT_HOME, trusted)
    try:
        assert await fetcher.get(f"{address}/cert.pem") == b"certificate"
        for path in ("moved", "large", "gone"):
            with pytest.raises(Unavailable):
                await fetcher.get(f"{address}/{path}")
    finally:
        await fetcher.close()


@pytest.mark.parametrize(
    "guard", [AT_HOME, AddressGuard()], ids=["the guard lets pass", "the guard refuses"]
)
async def test_untrusted_or_forbidden_address_is_not_fetched(
    server: tuple[str, ssl.SSLContext], guard: AddressGuard
) -> None:
    fetcher = Fetcher(guard)
    plain = server[0].replace("https", "http")
    try:
        for address in (
            f"{server[0]}/cert.pem",
            f"{plain}/cert.pem",
            "https://169.254.169.254/latest",
            "https://[::1/",
            "file:///x",
        ):
            with pytest.raises(Unavailable):
                await fetcher.get(address)
    finally:
        await fetcher.close()


@pytest.mark.parametrize("there", ["169.254.169.254", "127.0.0.1", "10.0.0.1", "::1"])
async def test_public_name_resolving_to_internal_address_is_not_fetched(there: str) -> None:
    async def lookup(_host: str, _port: int) -> list[str]:
        return ["52.94.1.1", there]

    fetcher = Fetcher(AddressGuard(lookup=lookup))
    try:
        with pytest.raises(Unavailable):
            await fetcher.get("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem")
    finally:
        await fetcher.close()


async def test_certificate_is_fetched_once_a_day_and_cache_is_bounded(clock: FakeClock) -> None:
    asked: list[str] = []

    async def fetch(address: str) -> bytes:
        asked.append(address)
        if address == "away":
            raise Unavailable("away")
        return address.encode()

    kept = FetchCache(fetch, clock)
    assert [await kept.get("a"), await kept.get("a")] == [b"a", b"a"]
    clock.advance(timedelta(seconds=CACHE_SECONDS))
    assert await kept.get("a") == b"a"
    for number in range(MAX_CACHED):
        await kept.get(str(number))
    await kept.get("a")
    assert asked.count("a") == 3
    for _ in range(2):
        with pytest.raises(Unavailable):
            await kept.get("away")
    assert asked.count("away") == 2


async def test_concurrent_fetches_share_one_request_and_survive_cancellation(
    clock: FakeClock,
) -> None:
    asked: list[str] = []
    here = asyncio.Event()

    async def fetch(address: str) -> bytes:
        asked.append(address)
        await here.wait()
        if address == "away":
            raise Unavailable("away")
        return b"certificate"

    kept = FetchCache(fetch, clock)
    first, *others = (asyncio.create_task(kept.get("a")) for _ in range(20))
    lost = [asyncio.create_task(kept.get("away")) for _ in range(2)]
    while len(asked) < 2:
        await asyncio.sleep(0)  # noqa: TID251 - one turn of the loop, no time
    first.cancel()
    lost[0].cancel()
    here.set()
    assert await asyncio.gather(*others) == [b"certificate"] * 19
    with pytest.raises(Unavailable):
        await lost[1]
    assert asked == ["a", "away"]
