"""kill -9 of the gateway while mail comes in: every mail became one record, however often its relay had to send it."""

import asyncio
from collections import Counter
from pathlib import Path

import aiosmtplib
import asyncpg
import pytest

from gateway.operations.keys import Scope
from tests.ingest.mail.writing import a_mail
from tests.support.process import CLOCK, chosen, free_port, make_key, replicas, report, seeded

LISTENING = '[mail.listener]\nhost = "127.0.0.1"\nport = {port}\n'
RECORDS = "SELECT title, count(*) AS n FROM incident GROUP BY title"
ENTRIES = "SELECT count(*) FROM mail m JOIN timeline t ON t.incident_id = m.incident_id AND t.event = 'opened'"


@pytest.mark.timeout(chosen(60, 600))
async def test_every_mail_becomes_one_record_whatever_is_killed(database_url: str, redis_url: str, tmp_path: Path) -> None:
    chance, port, count = seeded(), free_port(), chosen(80, 3_000)
    todo, tries = list(range(count)), Counter[str]()
    async with (
        replicas(1, database_url, redis_url, tmp_path, LISTENING.format(port=port)) as [gateway],
        asyncio.TaskGroup() as group,
    ):
        address = f"in+{await make_key(database_url, Scope.INGEST)}@gw.example"
        relays = [group.create_task(relay(port, address, todo, tries)) for _ in range(4)]
        kills = 0
        while not all(one.done() for one in relays):
            await CLOCK.sleep(chance.uniform(0.05, 0.4))
            if kills < chosen(1, 30) and todo:
                gateway.kill()
                await gateway.start()
                kills += 1
    conn = await asyncpg.connect(database_url)
    try:
        found = {row["title"]: row["n"] for row in await conn.fetch(RECORDS)}
        entries = await conn.fetchval(ENTRIES)
    finally:
        await conn.close()
    report(mails=count, kills=kills, tries=dict(tries))
    assert found == {f"mail {number}": 1 for number in range(count)}
    assert (entries, kills >= 1, tries["cut"] >= 1) == (count, True, True)


async def relay(port: int, address: str, todo: list[int], tries: Counter[str]) -> None:
    """Sends each mail until it is taken, as relays do."""
    while todo:
        number = todo.pop()
        mail = a_mail(subject=f"mail {number}", Message_ID=f"<{number}@relay.example>")
        while not await taken(port, address, mail, tries):
            await CLOCK.sleep(0.05)


async def taken(port: int, address: str, mail: bytes, tries: Counter[str]) -> bool:
    try:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False, timeout=10) as client:
            await client.sendmail("ann@example.com", [address], mail)
    except (OSError, aiosmtplib.SMTPException) as error:
        tries["later" if isinstance(error, aiosmtplib.SMTPResponseException) else "cut"] += 1
        return False
    tries["taken"] += 1
    return True
