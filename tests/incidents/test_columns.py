"""An incident and its row."""

from dataclasses import replace

from gateway.db.pool import Pool
from gateway.incidents import store, writing
from gateway.incidents.columns import NAMES
from gateway.incidents.record import Revision
from gateway.incidents.timeline import GENESIS
from gateway.incidents.visibility import EVERYTHING
from gateway.incidents.writing import CHANGED, COLUMNS_OF_PEOPLE, OPENED
from gateway.vocabulary import Kind, RequestCategory
from tests.incidents.test_lifecycle import an_incident
from tests.support.clock import NOON


async def test_incident_row_with_unknown_column_is_read(pool: Pool) -> None:
    await pool.expire_connections()  # those that were used before know the table without the column
    first = replace(
        an_incident(), version=0, timeline_hash=GENESIS, fields={"room": "4.11"}, scope="all"
    )
    async with pool.acquire() as conn:
        change = conn.transaction()
        await change.start()
        await conn.execute("ALTER TABLE incident ADD COLUMN later text NOT NULL DEFAULT 'x'")
        [made] = await writing.open_new(
            conn, b"key", [Revision(after=first, actor="ann", events=(("opened", {}),))], NOON
        )
        assert await store.by_number(conn, first.number, EVERYTHING) == made.incident
        await change.rollback()
    await pool.expire_connections()


async def test_unknown_request_category_is_read_and_kept(pool: Pool) -> None:
    later = "UPDATE incident SET request_category = 'telephony' WHERE id = $1"
    kept = "SELECT request_category, title FROM incident WHERE id = $1"
    async with pool.acquire() as conn:
        first = replace(
            an_incident(),
            version=0,
            timeline_hash=GENESIS,
            kind=Kind.SERVICE_REQUEST,
            request_category=RequestCategory.ACCESS,
        )
        opened = Revision(after=first, actor="ann", events=(("opened", {}),))
        [made] = await writing.open_new(conn, b"key", [opened], NOON)
        change = conn.transaction()
        await change.start()
        await conn.execute("ALTER TABLE incident DROP CONSTRAINT incident_request_category_check")
        await conn.execute(later, made.incident.id)
        read = await store.by_number(conn, first.number, EVERYTHING)
        assert read is not None
        assert read.request_category == "telephony"
        changed = Revision(
            after=replace(read, title="a desk telephone"),
            actor="ann",
            events=(("changed", {}),),
            before=read,
        )
        await writing.write_changed(conn, b"key", [changed], NOON)
        assert tuple(await conn.fetchrow(kept, read.id) or ()) == ("telephony", "a desk telephone")
        await change.rollback()


def test_column_groups_are_disjoint_and_known() -> None:
    assert set(COLUMNS_OF_PEOPLE).isdisjoint(OPENED)
    kept_as_said = {"claimed_impact", "claimed_urgency", "recorded_by"}
    assert set(COLUMNS_OF_PEOPLE) - kept_as_said <= set(CHANGED)
    assert {*OPENED, *COLUMNS_OF_PEOPLE, *CHANGED} <= set(NAMES)
