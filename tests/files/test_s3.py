"""Tests of the file store in an object store."""

from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest

from gateway.errors import Unavailable
from gateway.files.s3 import S3Store
from gateway.files.spool import receive_file
from gateway.settings import S3
from tests.support.clock import NOON, FakeClock
from tests.support.object_store import ObjectStore, run_object_store


@pytest.fixture
async def there() -> AsyncIterator[tuple[ObjectStore, S3]]:
    async with run_object_store() as made:
        yield made


@pytest.fixture
async def bucket(there: tuple[ObjectStore, S3], clock: FakeClock) -> AsyncIterator[S3Store]:
    store = S3Store(there[1], clock)
    yield store
    await store.close()


async def kept(store: S3Store, content: bytes) -> str:
    async def once() -> AsyncIterator[bytes]:
        yield content

    async with receive_file(once(), 10**6, store.directory) as file:
        return await store.keep(file)


async def read(store: S3Store, handle: str) -> bytes:
    return b"".join([piece async for piece in store.read(handle)])


async def test_stored_object_is_readable_until_dropped(
    bucket: S3Store, there: tuple[ObjectStore, S3]
) -> None:
    content = bytes(range(256)) * 2_000
    handle = await kept(bucket, content)
    assert list(there[0].objects) == [f"gw/{handle}"]
    assert await read(bucket, handle) == content
    await bucket.drop(handle)
    await bucket.drop(handle)
    with pytest.raises(Unavailable, match="answered 404"):
        await read(bucket, handle)


async def test_failing_or_unreachable_store_raises_unavailable(
    bucket: S3Store, there: tuple[ObjectStore, S3], clock: FakeClock
) -> None:
    there[0].broken = 500
    with pytest.raises(Unavailable, match="answered 500"):
        await kept(bucket, b"x")
    gone = S3Store(msgspec.structs.replace(there[1], endpoint="http://127.0.0.1:9"), clock)
    with pytest.raises(Unavailable, match="cannot serve now"):
        await kept(gone, b"x")
    await gone.close()


async def test_wrong_secret_raises_unavailable(
    there: tuple[ObjectStore, S3], clock: FakeClock
) -> None:
    wrong = S3Store(msgspec.structs.replace(there[1], secret_key="guessed"), clock)
    with pytest.raises(Unavailable, match="answered 403"):
        await kept(wrong, b"x")
    await wrong.close()


async def test_stale_objects_are_listed_in_pages_without_foreign_ones(
    bucket: S3Store, there: tuple[ObjectStore, S3]
) -> None:
    store = there[0]
    old = sorted([await kept(bucket, b"old") for _ in range(5)])
    store.at += timedelta(days=2)
    await kept(bucket, b"young")
    store.objects |= {
        "gw/notes.txt": (b"", NOON - timedelta(days=9)),
        "elsewhere/" + "a" * 32: (b"", NOON - timedelta(days=9)),
    }
    pages = [handles async for handles in bucket.stale(NOON + timedelta(days=1))]
    assert len(pages) == 4
    assert sorted(handle for page in pages for handle in page) == old
