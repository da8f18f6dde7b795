"""Steps of the tests of reading a mailbox."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from gateway.settings import Duration
from tests.channels.email.sample_mails import a_mail
from tests.support.imap_server import ImapServer
from tests.support.process import wait_until_true

Reading = Callable[..., AbstractAsyncContextManager[None]]

SOON = Duration(seconds=0.1)

OUTCOMES = "SELECT outcome FROM alert_event ORDER BY receipt_id"

QUIET = (
    "SELECT NOT EXISTS (SELECT FROM mailbox_mail) AND EXISTS (SELECT FROM mailbox "
    "WHERE read_at > now() - interval '1 s')"
)


async def outcomes(conn: Any, count: int) -> list[str]:
    await wait_until_true(conn, f"SELECT count(*) >= {count} FROM alert_event", 10)  # noqa: S608 - a number
    return [row["outcome"] for row in await conn.fetch(OUTCOMES)]


async def put(server: ImapServer, folder: str, *names: str, **fields: str) -> None:
    for name in names:
        await server.do(
            "append",
            folder,
            a_mail(f"about {name}", subject=name, Message_ID=f"<{name}@x>", **fields),
        )
