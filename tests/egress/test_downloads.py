"""Files that people name are downloaded by https from allowed addresses, and again when changed."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.egress.address_guard import AddressGuard
from gateway.egress.downloads import Download, Downloader, Validators
from gateway.errors import Unavailable
from tests.support.certificate import make_certificate

AT_HOME = AddressGuard(private=True, ports=None)
MARKS = {"ETag": '"1"', "Last-Modified": "Mon, 02 Mar 2026 12:00:00 GMT"}
KNOWN = Validators('"1"', "Mon, 02 Mar 2026 12:00:00 GMT")
SECRET = "private-0123456789"


async def answer(request: web.Request) -> web.Response:
    match request.match_info["path"]:
        case "same":
            same = request.headers.get("If-None-Match") == '"1"'
            since = request.headers.get("If-Modified-Since") == MARKS["Last-Modified"]
            return web.Response(status=304 if same and since else 200, text="file", headers=MARKS)
        case "odd":
            return web.Response(text="file", headers={"ETag": "x" * 600, "Last-Modified": "é"})
        case "large":
            return web.Response(text="x" * 101)
        case "gone":
            raise web.HTTPNotFound
        case "moved":
            raise web.HTTPMovedPermanently("/same")
        case "round":
            raise web.HTTPFound("/round")
        case "inward":
            raise web.HTTPFound("https://169.254.169.254/latest/meta-data")
        case "plain":
            raise web.HTTPFound("http://127.0.0.1/same")
        case "nowhere":
            return web.Response(status=302, headers={"Location": "https://[bad"})
        case _:
            return web.Response(status=302)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[str, Downloader]]:
    """The address of an https server, and a client that trusts it and may call it."""
    file, trusted = make_certificate(tmp_path)
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(file)
    app = web.Application()
    app.router.add_get("/{path}", answer)
    running = TestServer(app, scheme="https")
    await running.start_server(ssl=ours)
    downloader = Downloader(AT_HOME, trusted, largest=100)
    yield str(running.make_url("")).rstrip("/"), downloader
    await downloader.close()
    await running.close()


async def test_file_is_downloaded_and_not_again_while_it_stays(
    served: tuple[str, Downloader],
) -> None:
    address, downloader = served
    assert await downloader.get(f"{address}/same") == Download(b"file", KNOWN)
    assert await downloader.get(f"{address}/same", KNOWN) == Download(None, KNOWN)
    assert await downloader.get(f"{address}/moved") == Download(b"file", KNOWN)


async def test_version_marks_that_cannot_be_kept_are_none(served: tuple[str, Downloader]) -> None:
    address, downloader = served
    assert await downloader.get(f"{address}/odd") == Download(b"file", Validators())


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("large", "too large"),
        ("gone", "127.0.0.1 answered 404"),
        ("round", "again and again"),
        ("inward", "refused: link-local"),
        ("plain", "only https"),
        ("nowhere", "no address"),
        ("other", "answered 302"),
    ],
)
async def test_reason_why_there_is_no_file_does_not_tell_address(
    served: tuple[str, Downloader], path: str, reason: str
) -> None:
    address, downloader = served
    with pytest.raises(Unavailable, match=reason) as failure:
        await downloader.get(f"{address}/{path}?{SECRET}")
    assert SECRET not in failure.value.detail


async def test_server_that_is_not_trusted_or_away_is_not_read(
    served: tuple[str, Downloader],
) -> None:
    address, _ = served
    stranger = Downloader(AT_HOME)
    try:
        for there in (address, "https://127.0.0.1:9"):
            with pytest.raises(Unavailable, match="no connection"):
                await stranger.get(f"{there}/same")
    finally:
        await stranger.close()


@pytest.mark.parametrize(
    ("address", "found", "reason"),
    [
        ("https://calendar.example.org/x", ["10.0.0.1"], "leads elsewhere"),
        ("https://calendar.example.org/x", ["52.94.1.1", "127.0.0.1"], "leads elsewhere"),
        ("https://calendar.example.org/x", [], "not known"),
        ("https://127.0.0.1/x", [], "loopback"),
        ("http://calendar.example.org/x", [], "only https"),
        ("file:///etc/passwd", [], "refused"),
    ],
)
async def test_address_in_own_network_is_refused(
    address: str, found: list[str], reason: str
) -> None:
    async def lookup(_host: str, _port: int) -> list[str]:
        return found

    downloader = Downloader(AddressGuard(lookup=lookup))
    try:
        with pytest.raises(Unavailable, match=reason):
            await downloader.get(address)
    finally:
        await downloader.close()
