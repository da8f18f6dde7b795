"""Tests of the attachments of records in every kind of file store."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.db.pool import Pool
from gateway.directory.roles import Role
from gateway.files.disk import DiskStore
from gateway.files.s3 import S3Store
from gateway.files.spool import PIECE
from gateway.files.store import ORPHANED, FilePlace, FileStore, FileStores
from tests.api.records.test_attachments import at, fetched, sent
from tests.support.api import QUOTA, Api
from tests.support.clock import FakeClock
from tests.support.object_store import run_object_store

BIG = bytes(range(250)) * 80
AS_BEFORE = (
    "UPDATE attachment SET place = 'row', handle = '', content = $2, size = $3 WHERE id = $1"
)
FAR = datetime(2200, 1, 1, tzinfo=UTC)


@pytest.fixture(params=list(FilePlace)[1:])
async def stores(
    request: pytest.FixtureRequest, pool: Pool, tmp_path: Path, clock: FakeClock
) -> AsyncIterator[FileStores]:
    async with run_object_store() as (_, settings):
        bucket = S3Store(settings, clock)
        outside: dict[FilePlace, FileStore] = {
            FilePlace.DISK: DiskStore(tmp_path / "files"),
            FilePlace.S3: bucket,
        }
        yield FileStores(pool, request.param, outside)
        await bucket.close()


async def test_attachment_is_stored_fetched_and_removed_in_every_store(
    api: Api, stores: FileStores, pool: Pool
) -> None:
    number = (await api.incident())["number"]
    for content in (BIG, b""):
        status, made = await sent(api, number, content)
        assert (status, made["size"]) == (201, len(content))
        answer = await fetched(api, number, made["id"])
        assert (answer.status, await answer.read()) == (200, content)
        assert (answer.headers["Content-Length"], answer.headers["X-Content-Type-Options"]) == (
            str(len(content)),
            "nosniff",
        )
    handle = await pool.fetchval("SELECT handle FROM attachment ORDER BY id LIMIT 1")
    assert await pool.fetchval("SELECT min(place) FROM attachment") == stores.chosen
    assert bool(handle) == (stores.chosen is not FilePlace.PARTS)
    await api.person("im", Role.INCIDENT_MANAGER)
    assert (await api.raw("DELETE", at(number, "/1"), scope="im")).status == 204
    assert (await fetched(api, number, 1)).status == 404
    assert await pool.fetchval("SELECT count(*) FROM attachment_part WHERE attachment_id = 1") == 0
    if handle:
        assert handle not in [
            one async for page in stores.at(stores.chosen).stale(FAR) for one in page
        ]


async def test_refused_attachment_leaves_no_stored_file(api: Api, stores: FileStores) -> None:
    number = (await api.incident())["number"]
    assert [(await sent(api, number))[0] for _ in range(QUOTA.count + 1)] == [201] * QUOTA.count + [
        413
    ]
    if stores.chosen is not FilePlace.PARTS:
        assert sum([len(page) async for page in stores.at(stores.chosen).stale(FAR)]) == QUOTA.count


async def test_missing_stored_content_returns_503(api: Api, pool: Pool) -> None:
    number = (await api.incident())["number"]
    _, made = await sent(api, number)
    await pool.execute("UPDATE attachment SET handle = repeat('0', 32) WHERE handle <> ''")
    await pool.execute("DELETE FROM attachment_part")
    answer = await fetched(api, number, made["id"])
    assert (answer.status, answer.content_type) == (503, "application/problem+json")


async def test_sweep_removes_only_old_orphaned_files(
    api: Api, stores: FileStores, pool: Pool, clock: FakeClock
) -> None:
    if stores.chosen is FilePlace.PARTS:
        assert await stores.sweep(clock.now()) == 0
        return
    number = (await api.incident())["number"]
    made = [(await sent(api, number))[1]["id"] for _ in range(2)]
    await pool.execute(
        "DELETE FROM attachment WHERE id = $1", made[0]
    )  # as if its row had never been committed
    assert await stores.sweep(clock.now() - timedelta(days=3_650)) == 0
    assert await stores.sweep(FAR + ORPHANED) == 1
    assert (await fetched(api, number, made[1])).status == 200


async def test_attachment_of_older_release_is_read_from_its_row(api: Api, pool: Pool) -> None:
    number = (await api.incident())["number"]
    _, made = await sent(api, number, BIG)
    content = os.urandom(2 * PIECE + 5)
    await pool.execute(
        "UPDATE attachment SET place = 'row', handle = '', content = $2, size = $3 WHERE id = $1",
        made["id"],
        content,
        len(content),
    )
    assert await (await fetched(api, number, made["id"])).read() == content
