"""Daily partitions are created and dropped in time, by any number of replicas."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from gateway.db.partitions import PartitionChanges, maintain
from gateway.db.pool import Connection, Pool
from gateway.settings import Retention
from gateway.timing.durations import Duration

NOON = datetime(2031, 5, 10, 12, tzinfo=UTC)
KEPT = Retention(
    receipts=Duration(days=3),
    alerts=Duration(days=5),
    quarantine=Duration(days=3),
    set_aside=Duration(days=3),
    deliveries=Duration(days=4),
    idempotency=Duration(days=4),
    chats=Duration(days=4),
)
SELECT_PARTITIONS = (
    "SELECT relname FROM pg_class WHERE relispartition AND relname ~ '_203[0-9]{5}$' ORDER BY 1"
)
SELECT_PLACES = "SELECT tableoid::regclass::text AS place FROM receipt ORDER BY received_at"
INSERT_RECEIPT = """
INSERT INTO receipt (id, received_at, integration_id, source, items, body_bytes)
VALUES (gen_random_uuid(), $1, 1, 'generic', 1, 2)
"""


@pytest.fixture
async def connection(pool: Pool) -> AsyncIterator[Connection]:
    async with pool.acquire() as connection:
        yield connection
        for row in await connection.fetch(SELECT_PARTITIONS):
            await connection.execute(f"DROP TABLE {row['relname']}")


async def partitions(connection: Connection) -> list[str]:
    return [row["relname"] for row in await connection.fetch(SELECT_PARTITIONS)]


async def places(connection: Connection) -> list[str]:
    return [row["place"] for row in await connection.fetch(SELECT_PLACES)]


async def test_partitions_are_created_for_today_and_next_week(connection: Connection) -> None:
    done = await maintain(connection, NOON, KEPT)
    assert len(done.created) == 16
    assert await partitions(connection) == sorted(done.created)
    assert done.created[0] == "receipt_20310510"
    assert done.created[-1] == "alert_event_20310517"
    assert await maintain(connection, NOON, KEPT) == PartitionChanges()


async def test_row_is_stored_in_partition_of_its_utc_day(connection: Connection) -> None:
    await maintain(connection, NOON, KEPT)
    await connection.execute(INSERT_RECEIPT, datetime(2031, 5, 10, 23, 59, 59, 999999, tzinfo=UTC))
    await connection.execute(INSERT_RECEIPT, datetime(2031, 5, 11, tzinfo=UTC))
    assert await places(connection) == ["receipt_20310510", "receipt_20310511"]


async def test_row_in_default_partition_is_moved_to_new_partition(connection: Connection) -> None:
    await connection.execute(INSERT_RECEIPT, NOON)
    assert await places(connection) == ["receipt_default"]
    await maintain(connection, NOON, KEPT)
    assert await places(connection) == ["receipt_20310510"]


async def test_partition_is_dropped_when_whole_day_exceeds_retention(
    connection: Connection,
) -> None:
    await maintain(connection, NOON, KEPT)
    midnight = datetime(2031, 5, 14, tzinfo=UTC)
    assert (await maintain(connection, midnight - timedelta(microseconds=1), KEPT)).dropped == ()
    assert (await maintain(connection, midnight, KEPT)).dropped == ("receipt_20310510",)
    assert (await maintain(connection, midnight + timedelta(days=2), KEPT)).dropped == (
        "receipt_20310511",
        "receipt_20310512",
        "alert_event_20310510",
    )


async def test_expired_rows_are_deleted_from_default_partition(connection: Connection) -> None:
    await connection.execute(INSERT_RECEIPT, NOON - timedelta(days=3, microseconds=1))
    await connection.execute(INSERT_RECEIPT, NOON - timedelta(days=2))
    await maintain(connection, NOON, KEPT)
    assert await places(connection) == ["receipt_default"]


@pytest.mark.usefixtures("connection")
async def test_concurrent_replicas_create_each_partition_once(pool: Pool) -> None:
    async def replica() -> PartitionChanges:
        async with pool.acquire() as connection:
            return await maintain(connection, NOON, KEPT)

    done = await asyncio.gather(*(replica() for _ in range(4)))
    created = [name for one in done for name in one.created]
    assert len(created) == len(set(created)) == 16


async def test_maintenance_without_time_uses_database_clock(connection: Connection) -> None:
    transaction = connection.transaction()
    await transaction.start()
    today = await connection.fetchval(
        "SELECT 'receipt_' || to_char(statement_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD')"
    )
    await connection.execute(
        f"DROP TABLE IF EXISTS {today}"
    )  # a gateway of another test may have made it
    done = await maintain(connection, None, KEPT)
    assert today in done.created
    await transaction.rollback()
