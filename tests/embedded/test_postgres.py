"""The bundled PostgreSQL answers, does not yet, or needs a person."""

import asyncpg
import pytest

from gateway.embedded.postgres import postgres_answers


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
