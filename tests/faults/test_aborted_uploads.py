"""A thousand aborted uploads leak no memory.

Neither the sender nor the point of the abort matters.
"""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.access.keys import Scope
from tests.support.process import CLOCK, Replica, choose_size, make_key, print_figures, replicas
from tests.support.sender import Sender

MEGABYTE = 1 << 20
SOCKETS, ROUNDS, AT_ONCE = choose_size(180, 1_002), choose_size(2, 6), 60
GIVEN_BACK_WITHIN = 40.0


def uploads(key: str) -> list[bytes]:
    """Return requests that end too early.

    They have valid keys or none, are long, short or chunked, or end within the head.
    """
    head = b"POST %b HTTP/1.1\r\nHost: x\r\n%b"
    known, length = b"Authorization: Bearer %b\r\n" % key.encode(), b"Content-Length: %d\r\n\r\n"
    return [
        head % (b"/ingest/generic", known) + length % (2 * MEGABYTE) + b"x" * (2 * MEGABYTE - 1),
        head % (b"/v2/enqueue", b"") + length % 500_000 + b"x" * 499_999,
        head % (b"/api/v1/login", b"") + length % 60_000 + b"x" * 59_999,
        head % (b"/ingest/alertmanager", known) + length % 65_536 + b"x" * 65_000,
        head % (b"/ingest/generic", known)
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + b"100000\r\n"
        + b"x" * MEGABYTE,
        b"POST /ingest/generic HTTP/1.1\r\nHost: x\r\nAuthor",
    ]


async def broken_off(port: int, sent: bytes) -> None:
    with suppress(OSError, TimeoutError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                await writer.drain()
        writer.transport.abort()


def resident(replica: Replica) -> int:
    """Return the resident memory of the replica in bytes."""
    assert replica._process is not None
    pages = Path(f"/proc/{replica._process.pid}/statm").read_text("ascii").split()[1]
    return int(pages) * 4_096


@pytest.mark.timeout(choose_size(120, 600))
async def test_aborted_uploads_leak_no_memory(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    key = await make_key(database_url, Scope.INGEST)
    async with (
        replicas(1, database_url, redis_url, tmp_path) as [gateway],
        Sender([gateway.url], key) as sender,
    ):
        await sender.event("before")
        before, after = resident(gateway), []
        for _ in range(ROUNDS):
            all_of_them = uploads(key) * (SOCKETS // 6)
            for begin in range(0, SOCKETS, AT_ONCE):
                await asyncio.gather(
                    *(broken_off(gateway.port, one) for one in all_of_them[begin : begin + AT_ONCE])
                )
            began = CLOCK.monotonic()
            while (
                resident(gateway) > before + 64 * MEGABYTE
                and CLOCK.monotonic() - began < GIVEN_BACK_WITHIN
            ):
                await CLOCK.sleep(0.5)
            after.append(resident(gateway) - before)
        assert (await sender.event("after")).acknowledged
    print_figures(grown=after)
    assert max(after) < 64 * MEGABYTE
