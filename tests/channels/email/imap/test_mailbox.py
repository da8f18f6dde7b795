"""A mailbox of a real IMAP server is read even if the connection breaks.

Every mail in it is taken in once.
"""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Misconfigured
from gateway.settings import Duration, load
from gateway.timing.clock import SystemClock
from tests.channels.email.imap.mailbox import QUIET, Reading, outcomes, put
from tests.support.imap_server import ImapServer
from tests.support.process import wait_until_true


async def idling(server: ImapServer) -> None:
    """Wait until the reader of the mailbox waits for new mail (IDLE).

    Mail that arrives just before that is seen only at the next poll.
    """
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
        await wait_until_true(conn, QUIET, 5)
    assert await server.do("search", folder, "ALL") == []
    assert len(await server.do("search", done, "SEEN")) == 2


async def test_server_without_idle_and_move_is_polled(
    conn: Any, server: ImapServer, folder: str, reading: Reading
) -> None:
    server.hides, done = (b" MOVE", b" IDLE"), f"{folder}-done"
    async with reading(after="move", move_to=done):
        await wait_until_true(conn, QUIET, 5)
        await put(server, folder, "one")
        assert await outcomes(conn, 1) == ["opened"]
        await wait_until_true(conn, QUIET, 5)
    assert await server.do("search", folder, "ALL") == []
    assert len(await server.do("search", done, "SEEN")) == 1
    assert not any(b"IDLE" in line for line in server.said[-5:])


async def test_cut_connection_is_reopened(
    conn: Any, server: ImapServer, folder: str, reading: Reading
) -> None:
    async with reading(poll=Duration(seconds=30)):
        await wait_until_true(conn, QUIET, 10)
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
        await wait_until_true(conn, "SELECT count(*) = 1 FROM mailbox_mail", 5)
        assert await server.do("search", folder, "UNSEEN")
        server.cut_at = b""
        await wait_until_true(conn, QUIET, 10)
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
        await wait_until_true(conn, QUIET, 5)
    assert await conn.fetchval("SELECT count(*) FROM incident") == 1


async def test_renumbered_mailbox_is_read_again_without_second_incidents(
    conn: Any, server: ImapServer, folder: str, reading: Reading
) -> None:
    await put(server, folder, "one", "two")
    async with reading():
        await outcomes(conn, 2)
        await wait_until_true(conn, QUIET, 5)
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
        await wait_until_true(conn, QUIET, 5)
    assert await conn.fetchval("SELECT count(*) FROM incident") == 3


async def test_second_replica_waits_for_mailbox_lease(
    conn: Any, server: ImapServer, folder: str, reading: Reading
) -> None:
    server.said.clear()
    async with reading():
        await wait_until_true(conn, QUIET, 5)
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
                "UPDATE mailbox SET leased_by = gen_random_uuid(), "
                "leased_until = now() + interval '0.2 s'"
            )
            await put(server, folder, "two")
            assert await outcomes(conn, 2) == ["opened", "opened"]


async def test_mailbox_reader_stops_within_a_second(conn: Any, reading: Reading) -> None:
    clock = SystemClock()
    async with reading(poll=Duration(seconds=30)):
        await wait_until_true(
            conn, "SELECT EXISTS (SELECT FROM mailbox WHERE read_at > now() - interval '1 s')", 10
        )
        began = clock.monotonic()
    assert clock.monotonic() - began < 1
    assert await conn.fetchval("SELECT leased_until = '-infinity' FROM mailbox")


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
