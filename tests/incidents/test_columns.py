"""An incident and its row."""

from dataclasses import replace

from gateway.db.pool import Pool
from gateway.incidents import store, writing
from gateway.incidents.columns import NAMES
from gateway.incidents.record import Revision
from gateway.incidents.sight import EVERYTHING
from gateway.incidents.timeline import GENESIS
from gateway.incidents.writing import CHANGED, OPENED, TOLD
from tests.incidents.test_lifecycle import an_incident
from tests.support.clock import NOON


async def test_a_row_is_read_by_a_release_that_does_not_know_all_of_its_columns(pool: Pool) -> None:
    await pool.expire_connections()  # those that were used before know the table without the column
    first = replace(an_incident(), version=0, timeline_hash=GENESIS, fields={"room": "4.11"}, scope="all")
    async with pool.acquire() as conn:
        change = conn.transaction()
        await change.start()
        await conn.execute("ALTER TABLE incident ADD COLUMN later text NOT NULL DEFAULT 'x'")
        [made] = await writing.open_new(conn, b"key", [Revision(after=first, actor="ann", events=(("opened", {}),))], NOON)
        assert await store.by_number(conn, first.number, EVERYTHING) == made.incident
        await change.rollback()
    await pool.expire_connections()


def test_what_alerts_never_say_costs_their_records_no_column() -> None:
    assert set(TOLD).isdisjoint(OPENED)
    kept_as_said = {"claimed_impact", "claimed_urgency", "recorded_by"}
    assert set(TOLD) - kept_as_said <= set(CHANGED)
    assert {*OPENED, *TOLD, *CHANGED} <= set(NAMES)
