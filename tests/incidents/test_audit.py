"""Any change of a timeline in the database, past the gateway, is found."""

import random
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from gateway.incidents import audit
from gateway.vocabulary import AlertStatus
from tests.support.clock import FakeClock
from tests.support.intake import IntakeHarness, intake_harness, make_alert

KEY = b"test key"
EDIT = "UPDATE timeline SET facts = '{}' WHERE incident_id = $1 AND seq = 1"
DELETE = "DELETE FROM timeline WHERE incident_id = $1 AND seq = 2"
SWAP = (
    "UPDATE timeline SET seq = CASE seq WHEN 1 THEN 1000 ELSE 1 END "
    "WHERE incident_id = $1 AND seq IN (1, 2)"
)
INSERT = """
INSERT INTO timeline SELECT incident_id, max(seq) + 1, now(), 'me', 'note', '{}', '\\x00'
FROM timeline WHERE incident_id = $1 GROUP BY 1
"""
CUT = (
    "DELETE FROM timeline t USING incident i "
    "WHERE i.id = $1 AND t.incident_id = i.id AND t.seq = i.version"
)
REDATE = "UPDATE timeline SET at = at + interval '1 us' WHERE incident_id = $1 AND seq = 1"
FORGE_HEAD = "UPDATE incident SET version = version - 1 WHERE id = $1"


async def some_history(intake: IntakeHarness) -> list[int]:
    await intake.tell(*(make_alert(f"k{n}") for n in range(20)))
    await intake.tell(*(make_alert(f"k{n}", AlertStatus.RESOLVED) for n in range(20)))
    return [row["id"] for row in await intake.rows("SELECT id FROM incident ORDER BY id")]


async def test_untouched_timelines_verify(database_url: str, clock: FakeClock) -> None:
    async with intake_harness(database_url, clock) as intake:
        await some_history(intake)
        assert await audit.verify_timelines(intake.conn, KEY) == []


@pytest.mark.parametrize("statement", [EDIT, DELETE, SWAP, INSERT, CUT, REDATE, FORGE_HEAD])
async def test_tampered_timelines_are_reported(
    database_url: str, clock: FakeClock, statement: str
) -> None:
    async with intake_harness(database_url, clock) as intake:
        victims = random.Random(statement).sample(await some_history(intake), 15)
        for victim in victims:
            await intake.conn.execute(statement, victim)
        damages = await audit.verify_timelines(intake.conn, KEY)
        assert sorted(damage.incident_id for damage in damages) == sorted(victims)
        assert all(str(damage) for damage in damages)


async def test_wrong_key_verifies_no_timeline(database_url: str, clock: FakeClock) -> None:
    async with intake_harness(database_url, clock) as intake:
        assert len(await some_history(intake)) == len(
            await audit.verify_timelines(intake.conn, b"another key")
        )


async def _cut_cleanly(conn: "asyncpg.Connection[asyncpg.Record]", incident: int) -> None:
    """Remove the newest entry and set the head of the chain back.

    A person with full access to the database could do so.
    """
    await conn.execute(CUT, incident)
    await conn.execute(
        "UPDATE incident i SET version = t.seq, timeline_hash = t.hash FROM timeline t "
        "WHERE i.id = $1 AND t.incident_id = i.id AND t.seq = i.version - 1",
        incident,
    )


async def _remove(conn: "asyncpg.Connection[asyncpg.Record]", incident: int) -> None:
    await conn.execute("DELETE FROM timeline WHERE incident_id = $1", incident)
    await conn.execute("DELETE FROM incident WHERE id = $1", incident)


@pytest.mark.parametrize("tamper", [_cut_cleanly, _remove])
async def test_removed_entries_are_found_by_external_seals(
    database_url: str,
    clock: FakeClock,
    tamper: Callable[["asyncpg.Connection[asyncpg.Record]", int], Awaitable[None]],
) -> None:
    async with intake_harness(database_url, clock) as intake:
        ids = await some_history(intake)
        seals = [
            line
            for _ in range(2)
            if (line := await audit.seal_timelines(intake.conn, KEY, clock.at))
        ]
        assert await audit.verify_timelines(intake.conn, KEY, seals) == []
        await tamper(intake.conn, ids[3])
        assert await audit.verify_timelines(intake.conn, KEY) == []
        assert "seal broken" in str((await audit.verify_timelines(intake.conn, KEY, seals))[0])
