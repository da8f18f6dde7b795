"""A mailbox of a real IMAP server is read whatever happens to the line, and every mail in it is taken in once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from gateway.app import Gateway, running
from gateway.channels.email.imap.mailbox import order_by_attempts
from gateway.channels.email.imap.setup import mailbox_readers
from gateway.channels.email.intake import MailIntake
from gateway.channels.email.parsing.letter import ParsedMail
from gateway.channels.email.posted import DeliveredMail
from gateway.clock import SystemClock
from gateway.errors import Misconfigured
from gateway.settings import Database, Duration, Imap, load
from tests.channels.email.writing import a_mail
from tests.conftest import Servers
from tests.support.certificate import make_certificate
from tests.support.forker import FORKER
from tests.support.imap_server import PASSWORD, USER, ImapServer, an_imap_server
from tests.support.process import until

Reading = Callable[..., AbstractAsyncContextManager[None]]
SOON = Duration(seconds=0.1)
OUTCOMES = "SELECT outcome FROM alert_event ORDER BY receipt_id"
QUIET = "SELECT NOT EXISTS (SELECT FROM mailbox_mail) AND EXISTS (SELECT FROM mailbox WHERE read_at > now() - interval '1 s')"


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ImapServer]:
    certificate, _ = make_certificate(tmp_path_factory.mktemp("imap"))
    async with an_imap_server(certificate) as started:
        yield started


@pytest.fixture
async def folder(server: ImapServer) -> AsyncIterator[str]:
    """A new folder of the mailbox."""
    name = f"box-{uuid4().hex[:8]}"
    await server.do("create_folder", name)
    yield name
    server.cut_at, server.hides = b"", ()
    server.cut()


@pytest.fixture(scope="module")
async def gateway(servers: Servers) -> AsyncIterator[Gateway]:
    """One gateway for all; each test brings the mailboxes that it reads."""
    plain = load(None, {})
    mail = msgspec.structs.replace(plain.mail, max_bytes=100_000)
    database = Database(url=servers.database_url, pool_min=1, pool_max=4)
    own = msgspec.structs.replace(plain, mail=mail, database=database)
    async with running(own, SystemClock(), allow_unsafe=True, forker=FORKER) as begun:
        yield begun


@pytest.fixture
async def conn(gateway: Gateway, database_url: str) -> AsyncIterator[Any]:  # noqa: ARG001 - which runs before it is emptied
    """A connection to a database that was emptied under the gateway."""
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def reading(gateway: Gateway, server: ImapServer, folder: str) -> Reading:
    """Reads the folder as one replica does."""

    @asynccontextmanager
    async def begin(
        name: str = "desk", room: MailIntake = gateway.mail, **changes: Any
    ) -> AsyncIterator[None]:
        own: dict[str, Any] = {
            "port": server.tls_port,
            "folder": folder,
            "poll": SOON,
            "password": PASSWORD,
        }
        imap = Imap("127.0.0.1", USER, **own | {"authorities": str(server.certificate)} | changes)
        mail = msgspec.structs.replace(gateway.mail.mail, imap={name: imap})
        (reader,) = mailbox_readers(gateway.pool, replace(room, mail=mail)).values()
        task = asyncio.create_task(reader())
        yield
        task.cancel()
        await asyncio.wait({task})

    return begin


async def outcomes(conn: Any, count: int) -> list[str]:
    await until(conn, f"SELECT count(*) >= {count} FROM alert_event", 10)  # noqa: S608 - a number
    return [row["outcome"] for row in await conn.fetch(OUTCOMES)]


async def put(server: ImapServer, folder: str, *names: str, **fields: str) -> None:
    for name in names:
        await server.do(
            "append",
            folder,
            a_mail(f"about {name}", subject=name, Message_ID=f"<{name}@x>", **fields),
        )


async def idling(server: ImapServer) -> None:
    """Wait until the mailbox's reader waits for news; what came a moment before it would see at its next poll."""
    async with asyncio.timeout(10):
        while not server.said[-1].endswith(b" IDLE"):
            await asyncio.sleep(0)  # noqa: TID251 - one turn of the loop, no time


async def test_present_and_new_mail_is_taken_in_and_marked_as_read(
    conn: Any, server: ImapServer, folder: str, reading: Reading
) -> None:
    await put(server, folder, "one", "two")
    async with reading(poll=Duration(seconds=30)):
        assert await outcomes(conn, 2) == ["opened", "opened"]
        await idling(server)
        await put(server, folder, "three")
        assert await outcomes(conn, 3) == ["opened"] * 3
        async with asyncio.timeout(10):  # a mail is marked after it is committed
            while len(await server.do("search", folder, "SEEN")) < 3:
                pass
    assert await conn.fetchval("SELECT array_agg(title ORDER BY id) FROM incident") == [
        "one",
        "two",
        "three",
    ]
    assert b"PEEK" in b"".join(server.said)


STAFF = """
INSERT INTO person (login, name, email, roles, created_at, updated_at)
VALUES ('ann', 'Ann', 'ann@example.com', '{service_desk}', now(), now())
"""


@pytest.mark.parametrize(
    ("named", "actor"), [("mx.example.com", "ann"), ("mx.elsewhere.example", "ann@example.com")]
)
async def test_only_configured_mail_server_authenticates_staff(
    conn: Any, server: ImapServer, folder: str, reading: Reading, named: str, actor: str
) -> None:
    await conn.execute(STAFF)
    await put(server, folder, "one")
    async with reading(servers=(named,)):
        assert await outcomes(conn, 1) == ["opened"]
        stamp = "mx.example.com; dmarc=pass header.from=example.com"
        await put(server, folder, "two", In_Reply_To="<one@x>", Authentication_Results=stamp)
        assert await outcomes(conn, 2) == ["opened", "added"]
    assert await conn.fetchval("SELECT actor FROM timeline WHERE event = 'note'") == actor


async def test_mail_is_moved_to_folder_over_starttls(
    conn: Any, server: ImapServer, folder: str, reading: Reading
) -> None:
    await put(server, folder, "one", "two")
    done = f"{folder}-done"
    async with reading(after="move", move_to=done, tls="starttls", port=server.port):
        await outcomes(conn, 2)
        await until(conn, QUIET, 5)
    assert await server.do("search", folder, "ALL") == []
    assert len(await server.do("search", done, "SEEN")) == 2


async def test_server_without_idle_and_move_is_polled(
    conn: Any, server: ImapServer, folder: str, reading: Reading
) -> None:
    server.hides, done = (b" MOVE", b" IDLE"), f"{folder}-done"
    async with reading(after="move", move_to=done):
        await until(conn, QUIET, 5)
        await put(server, folder, "one")
        assert await outcomes(conn, 1) == ["opened"]
        await until(conn, QUIET, 5)
    assert await server.do("search", folder, "ALL") == []
    assert len(await server.do("search", done, "SEEN")) == 1
    assert not any(b"IDLE" in line for line in server.said[-5:])


async def test_cut_connection_is_reopened(
    conn: Any, server: ImapServer, folder: str, reading: Reading
) -> None:
    async with reading(poll=Duration(seconds=30)):
        await until(conn, QUIET, 10)
        logins = sum(b"LOGIN" in line for line in server.said)
        server.cut()
        await put(server, folder, "one")
        assert await outcomes(conn, 1) == ["opened"]
        assert sum(b"LOGIN" in line for line in server.said) > logins


async def test_committed_mail_is_marked_later_and_not_taken_in_again(
    conn: Any, server: ImapServer, folder: str, reading: Reading
) -> None:
    await put(server, folder, "one")
    server.cut_at = b"STORE"
    async with reading():
        assert await outcomes(conn, 1) == ["opened"]
        await until(conn, "SELECT count(*) = 1 FROM mailbox_mail", 5)
        assert await server.do("search", folder, "UNSEEN")
        server.cut_at = b""
        await until(conn, QUIET, 10)
    assert await server.do("search", folder, "UNSEEN") == []
    assert await conn.fetchval("SELECT count(*) FROM receipt") == 1


async def test_mail_read_again_after_crash_is_duplicate(
    conn: Any, server: ImapServer, folder: str, reading: Reading
) -> None:
    await put(server, folder, "one")
    server.cut_at = b"STORE"
    async with reading():
        assert await outcomes(conn, 1) == ["opened"]
    server.cut_at = b""
    await conn.execute("DELETE FROM mailbox_mail")
    async with reading():
        assert await outcomes(conn, 2) == ["opened", "duplicate"]
        await until(conn, QUIET, 5)
    assert await conn.fetchval("SELECT count(*) FROM incident") == 1


async def test_renumbered_mailbox_is_read_again_without_second_incidents(
    conn: Any, server: ImapServer, folder: str, reading: Reading
) -> None:
    await put(server, folder, "one", "two")
    async with reading():
        await outcomes(conn, 2)
        await until(conn, QUIET, 5)
    await conn.execute(
        "INSERT INTO mailbox_mail SELECT 'desk', 1, uid FROM generate_series(1, 200) uid"
    )
    await server.do("delete_folder", folder)
    await server.do("create_folder", folder)
    await put(server, folder, "one", "two", "three")
    async with reading():
        assert sorted(await outcomes(conn, 5)) == [
            "duplicate",
            "duplicate",
            "opened",
            "opened",
            "opened",
        ]
        await until(conn, QUIET, 5)
    assert await conn.fetchval("SELECT count(*) FROM incident") == 3


async def test_second_replica_waits_for_mailbox_lease(
    conn: Any, server: ImapServer, folder: str, reading: Reading
) -> None:
    server.said.clear()
    async with reading():
        await until(conn, QUIET, 5)
        async with reading(integration="other"):
            first = await conn.fetchval("SELECT leased_by FROM mailbox")
            await put(server, folder, "one")
            await outcomes(conn, 1)
            assert await conn.fetchval("SELECT leased_by FROM mailbox") == first
            assert sum(b"LOGIN" in line for line in server.said) == 1
            assert not await conn.fetchval(
                "SELECT EXISTS (SELECT FROM integration WHERE slug = 'other')"
            )
            await conn.execute(
                "UPDATE mailbox SET leased_by = gen_random_uuid(), leased_until = now() + interval '0.2 s'"
            )
            await put(server, folder, "two")
            assert await outcomes(conn, 2) == ["opened", "opened"]


async def test_mailbox_reader_stops_within_a_second(conn: Any, reading: Reading) -> None:
    clock = SystemClock()
    async with reading(poll=Duration(seconds=30)):
        await until(
            conn, "SELECT EXISTS (SELECT FROM mailbox WHERE read_at > now() - interval '1 s')", 10
        )
        began = clock.monotonic()
    assert clock.monotonic() - began < 1
    assert await conn.fetchval("SELECT leased_until = '-infinity' FROM mailbox")


async def test_too_large_mail_is_quarantined_by_header_and_later_mail_is_read(
    conn: Any, server: ImapServer, folder: str, reading: Reading
) -> None:
    await server.do("append", folder, a_mail("x" * 120_000, subject="large"))
    await server.do("append", folder, b"\0\0\0 no mail at all")
    await put(server, folder, "one")
    async with reading():
        assert await outcomes(conn, 3) == ["quarantined", "quarantined", "opened"]
        await until(conn, QUIET, 5)
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
    async with reading(room=replace(gateway.mail, read=read)):
        assert await outcomes(conn, 2) == ["quarantined", "opened"]
        await until(conn, QUIET, 5)
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
    """Wait until it could not be read so often."""
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


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"password": ""}, "/mail/imap/desk/password_file"),
        ({"poll": "10m"}, "/mail/imap/desk/poll"),
        ({"after": "move", "move_to": "INBOX"}, "/mail/imap/desk/move_to"),
    ],
)
def test_invalid_imap_settings_are_refused(
    changes: dict[str, str], where: str, tmp_path: Path
) -> None:
    given = {"host": "imap.example.com", "user": "desk", "password": "x"} | changes
    file = tmp_path / "gateway.toml"
    file.write_text(
        "[mail.imap.desk]\n" + "".join(f'{name} = "{value}"\n' for name, value in given.items())
    )
    with pytest.raises(Misconfigured) as raised:
        load(file, {})
    assert [flaw.pointer for flaw in raised.value.flaws] == [where]
