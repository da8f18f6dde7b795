"""A gateway killed with SIGKILL while mail is received and fetched.

Every mail becomes one record, however often it was sent or read.
"""

import asyncio
from collections import Counter
from pathlib import Path

import aiosmtplib
import asyncpg
import pytest

from gateway.access.keys import Scope
from tests.channels.email.sample_mails import a_mail
from tests.support.certificate import make_certificate
from tests.support.imap_server import PASSWORD, USER, run_imap_server
from tests.support.process import (
    CLOCK,
    choose_size,
    free_port,
    make_key,
    print_figures,
    replicas,
    seeded_random,
    wait_until_true,
)

LISTENING = """
[mail.listener]
host = "127.0.0.1"
port = {port}
[mail.imap.desk]
host = "127.0.0.1"
port = {imap_port}
user = "{user}"
password = "{password}"
authorities = "{authorities}"
poll = "1s"
"""
RECORDS = "SELECT title, count(*) AS n FROM incident GROUP BY title"
ENTRIES = (
    "SELECT count(*) FROM mail m JOIN timeline t ON t.incident_id = m.incident_id "
    "AND t.event = 'opened'"
)
LAPSE = "UPDATE mailbox SET leased_until = now()"
QUIET = (
    "SELECT NOT EXISTS (SELECT FROM mailbox_mail) AND EXISTS (SELECT FROM mailbox "
    "WHERE read_at > now() - interval '1 s')"
)


@pytest.mark.timeout(choose_size(60, 600))
async def test_every_mail_becomes_one_incident_despite_kills(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """Send half of the mails by SMTP, and put the other half into a mailbox."""
    chance, port, count = seeded_random(), free_port(), choose_size(40, 1_500)
    todo, tries, kills = list(range(count)), Counter[str](), 0
    conn = await asyncpg.connect(database_url)
    certificate, _ = make_certificate(tmp_path)
    async with run_imap_server(certificate) as server:
        for number in range(count):
            await server.do(
                "append",
                "INBOX",
                a_mail(subject=f"box {number}", Message_ID=f"<{number}@box.example>"),
            )
        place = {
            "port": port,
            "imap_port": server.tls_port,
            "user": USER,
            "password": PASSWORD,
            "authorities": certificate,
        }
        async with replicas(1, database_url, redis_url, tmp_path, LISTENING.format(**place)) as [
            gateway
        ]:
            address = f"in+{await make_key(database_url, Scope.INGEST)}@gw.example"
            async with asyncio.TaskGroup() as group:
                relays = [group.create_task(relay(port, address, todo, tries)) for _ in range(4)]
                while not all(one.done() for one in relays):
                    await CLOCK.sleep(
                        chance.uniform(0.05, 0.4) if kills else 0.005
                    )  # the first kill comes before all mail is taken
                    if kills < choose_size(1, 30) and todo and tries["taken"]:
                        gateway.kill()
                        await gateway.start()
                        await conn.execute(LAPSE)
                        kills += 1
            await wait_until_true(conn, QUIET, choose_size(20, 200))
        assert await server.do("search", "INBOX", "UNSEEN") == []
    found = {row["title"]: row["n"] for row in await conn.fetch(RECORDS)}
    entries = await conn.fetchval(ENTRIES)
    await conn.close()
    print_figures(mails=2 * count, kills=kills, tries=dict(tries))
    assert found == {f"{way} {number}": 1 for number in range(count) for way in ("mail", "box")}
    assert (entries, kills >= 1, tries["cut"] >= 1) == (2 * count, True, True)


async def relay(port: int, address: str, todo: list[int], tries: Counter[str]) -> None:
    """Send each mail until it is accepted, as relays do."""
    while todo:
        number = todo.pop()
        mail = a_mail(subject=f"mail {number}", Message_ID=f"<{number}@relay.example>")
        while not await taken(port, address, mail, tries):
            await CLOCK.sleep(0.05)


async def taken(port: int, address: str, mail: bytes, tries: Counter[str]) -> bool:
    try:
        async with aiosmtplib.SMTP(
            hostname="127.0.0.1", port=port, start_tls=False, timeout=10
        ) as client:
            await client.sendmail("ann@example.com", [address], mail)
    except (OSError, aiosmtplib.SMTPException) as error:
        tries["later" if isinstance(error, aiosmtplib.SMTPResponseException) else "cut"] += 1
        return False
    tries["taken"] += 1
    return True
