"""The bundled PostgreSQL answers, does not answer yet, or fails and needs a person's help."""

from pathlib import Path

import asyncpg
import pytest

from gateway.embedded.launcher import EmbeddedServers
from gateway.embedded.postgres import postgres_answers
from gateway.errors import Misconfigured


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(),
        TimeoutError(),
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.DiskFullError("no room"),
        asyncpg.ConnectionDoesNotExistError("closed in the middle"),
        asyncpg.CrashShutdownError("another process crashed"),
    ],
)
async def test_transient_connection_error_counts_as_not_answering(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def connect(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(asyncpg, "connect", connect)
    assert not await postgres_answers("postgresql://h/d")


async def test_permanent_connection_error_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    async def connect(*_: object, **__: object) -> None:
        raise asyncpg.InvalidCatalogNameError("no such database")

    monkeypatch.setattr(asyncpg, "connect", connect)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await postgres_answers("postgresql://h/d")


async def test_data_of_other_major_version_is_refused_and_kept(state: Path) -> None:
    async with EmbeddedServers(state, fast=True):
        pass
    (state / "pg" / "PG_VERSION").write_text("14\n")
    with pytest.raises(Misconfigured, match="was made by PostgreSQL 14 and this is"):
        await EmbeddedServers(state, fast=True).start()
    assert (state / "pg" / "global").is_dir()
