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
async def test_a_server_in_trouble_does_not_answer_yet(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    async def connect(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(asyncpg, "connect", connect)
    assert not await postgres_answers("postgresql://h/d")


async def test_what_time_does_not_mend_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    async def connect(*_: object, **__: object) -> None:
        raise asyncpg.InvalidCatalogNameError("no such database")

    monkeypatch.setattr(asyncpg, "connect", connect)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await postgres_answers("postgresql://h/d")
