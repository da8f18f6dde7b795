"""Tests of the file store in a directory."""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.errors import Misconfigured, Unavailable
from gateway.files.disk import DiskStore
from gateway.files.spool import receive_file
from tests.support.clock import NOON


async def once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def kept(store: DiskStore, content: bytes) -> str:
    async with receive_file(once(content), 10**6, store.directory) as file:
        return await store.keep(file)


async def read(store: DiskStore, handle: str) -> bytes:
    return b"".join([piece async for piece in store.read(handle)])


async def test_stored_file_is_readable_until_dropped(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "files")
    handle = await kept(store, bytes(300_000))
    assert await read(DiskStore(tmp_path / "files"), handle) == bytes(300_000)
    assert list(store.directory.iterdir()) == []
    await store.drop(handle)
    await store.drop(handle)
    with pytest.raises(Unavailable):
        await read(store, handle)


async def test_file_and_directories_are_synced_around_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, steps = DiskStore(tmp_path), list[str]()
    fsync, rename = os.fsync, Path.rename

    def told_fsync(at: int) -> None:
        steps.append(str(Path(f"/proc/self/fd/{at}").readlink()))
        fsync(at)

    def told_rename(path: Path, to: Path) -> Path:
        steps.append("rename")
        return rename(path, to)

    monkeypatch.setattr(os, "fsync", told_fsync)
    monkeypatch.setattr(Path, "rename", told_rename)
    handle = await kept(store, b"x")
    assert steps[0].startswith(str(store.directory))
    assert steps[1:] == [str(tmp_path), "rename", str(tmp_path / handle[:2])]


async def test_failed_disk_write_raises_unavailable(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    (tmp_path / "incoming").chmod(0o700)
    async with receive_file(once(b"x"), 10, store.directory) as file:
        Path(file.file.name).unlink()
        with pytest.raises(Unavailable, match="cannot be kept now"):
            await store.keep(file)


async def test_stale_files_are_listed_and_incomplete_ones_removed(tmp_path: Path) -> None:
    store = DiskStore(tmp_path)
    old, young = await kept(store, b"old"), await kept(store, b"young")
    half, foreign = store.directory / "half", tmp_path / old[:2] / "notes.txt"
    for path in (half, foreign, tmp_path / "README"):
        path.write_text("x")
    for path, age in (
        (tmp_path / old[:2] / old, 25),
        (half, 25),
        (foreign, 25),
        (tmp_path / young[:2] / young, 23),
    ):
        os.utime(path, times=((NOON - timedelta(hours=age)).timestamp(),) * 2)
    assert [handles async for handles in store.stale(NOON - timedelta(hours=24))] == [[old]]
    assert (half.exists(), foreign.exists()) == (False, True)


def test_uncreatable_directory_raises_misconfigured(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Misconfigured) as refused:
        DiskStore(tmp_path / "file")
    assert [flaw.pointer for flaw in refused.value.flaws] == ["/attachments/path"]
