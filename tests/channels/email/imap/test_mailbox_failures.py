"""Mail that cannot be read or stored does not delay other mail, and is not lost."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

from gateway.app import Gateway
from gateway.channels.email.imap.mailbox import order_by_attempts
from gateway.channels.email.parsing.letter import ParsedMail
from gateway.channels.email.posted import DeliveredMail
from gateway.timing.clock import SystemClock
from tests.channels.email.imap.mailbox import QUIET, Reading, outcomes, put
from tests.channels.email.sample_mails import a_mail
from tests.support.imap_server import ImapServer
from tests.support.process import wait_until_true


async def test_too_large_mail_is_quarantined_by_header_and_later_mail_is_read(
    conn: Any, server: ImapServer, folder: str, reading: Reading
) -> None:
    await server.do("append", folder, a_mail("x" * 120_000, subject="large"))
    await server.do("append", folder, b"\0\0\0 no mail at all")
    await put(server, folder, "one")
    async with reading():
        assert await outcomes(conn, 3) == ["quarantined", "quarantined", "opened"]
        await wait_until_true(conn, QUIET, 5)
    kept = await conn.fetchrow("SELECT problem, body FROM quarantine ORDER BY id LIMIT 1")
    assert "more than mail.max_bytes" in kept["problem"]
    assert b"Subject: large" in kept["body"]
    assert len(kept["body"]) < 1_000
    assert await server.do("search", folder, "UNSEEN") == []


async def test_mail_that_crashes_reader_is_quarantined(
    conn: Any, server: ImapServer, gateway: Gateway, folder: str, reading: Reading
) -> None:
    async def read(posted: DeliveredMail) -> ParsedMail:
        if b"poison" in posted.body:
            raise RuntimeError
        return await gateway.mail.read(posted)

    await put(server, folder, "poison", "one")
    async with reading(intake=replace(gateway.mail, read=read)):
        assert await outcomes(conn, 2) == ["quarantined", "opened"]
        await wait_until_true(conn, QUIET, 5)
    assert b"Subject: poison" in await conn.fetchval("SELECT body FROM quarantine")


async def test_mail_that_cuts_connection_does_not_block_others(
    conn: Any, server: ImapServer, folder: str, reading: Reading
) -> None:
    await put(server, folder, "one", "two", "three")
    first = min(await server.do("search", folder, "ALL"))
    server.cut_at = f"FETCH {first} (BODY".encode()
    async with reading():
        await outcomes(conn, 2)
        assert await conn.fetchval("SELECT array_agg(title ORDER BY id) FROM incident") == [
            "two",
            "three",
        ]
        server.cut_at = b""
        assert await outcomes(conn, 3) == ["opened"] * 3


async def failures(gateway: Gateway, mailbox: str, count: int) -> None:
    """Wait until reading the mailbox has failed `count` times."""
    async with asyncio.timeout(10):
        registry = gateway.mail.metrics.registry
        while (
            registry.get_sample_value("gateway_mailbox_failures_total", {"mailbox": mailbox}) or 0
        ) < count:
            await SystemClock().sleep(0.02)


async def test_uncommitted_mail_stays_unread_until_commit_succeeds(
    conn: Any, server: ImapServer, gateway: Gateway, folder: str, reading: Reading
) -> None:
    await put(server, folder, "one", "two", "three")
    await conn.execute("ALTER TABLE mail RENAME TO away")
    try:
        async with reading(name="full"):
            await failures(gateway, "full", 2)
            assert len(await server.do("search", folder, "UNSEEN")) == 3
            await conn.execute("ALTER TABLE away RENAME TO mail")
            assert await outcomes(conn, 3) == ["opened"] * 3
    finally:
        await conn.execute("ALTER TABLE IF EXISTS away RENAME TO mail")


async def test_unreadable_mailbox_is_counted_in_metrics(
    conn: Any, gateway: Gateway, reading: Reading
) -> None:
    registry = gateway.mail.metrics.registry
    for count, changes in enumerate(
        ({"password": "wrong"}, {"authorities": ""}, {"folder": "nowhere"}), 1
    ):
        async with reading(name="broken", **changes):
            await failures(gateway, "broken", count)
            read_at = registry.get_sample_value(
                "gateway_mailbox_read_timestamp_seconds", {"mailbox": "broken"}
            )
            assert (
                read_at
                == (
                    await conn.fetchval("SELECT read_at FROM mailbox WHERE name = 'broken'")
                ).timestamp()
            )


def test_failed_mail_is_ordered_after_untried_mail() -> None:
    assert order_by_attempts([5, 6, 7, 8], frozenset({7}), Counter({5: 2, 6: 1})) == [8, 6, 5]
