"""Fixtures of a mailbox on a real IMAP server, and of a gateway that reads it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from gateway.app import Gateway, run_replica
from gateway.channels.email.imap.setup import mailbox_readers
from gateway.channels.email.intake import MailIntake
from gateway.settings import Database, Imap, load
from gateway.timing.clock import SystemClock
from tests.channels.email.imap.mailbox import SOON, Reading
from tests.conftest import Servers
from tests.support.certificate import make_certificate
from tests.support.forker import FORKER
from tests.support.imap_server import PASSWORD, USER, ImapServer, run_imap_server


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ImapServer]:
    certificate, _ = make_certificate(tmp_path_factory.mktemp("imap"))
    async with run_imap_server(certificate) as started:
        yield started


@pytest.fixture
async def folder(server: ImapServer) -> AsyncIterator[str]:
    """A new folder of the mailbox."""
    name = f"box-{uuid4().hex[:8]}"
    await server.do("create_folder", name)
    yield name
    server.cut_at, server.hides = b"", ()
    server.cut()


@pytest.fixture(scope="module")
async def gateway(servers: Servers) -> AsyncIterator[Gateway]:
    """A gateway shared by all tests of a module; each test sets up the mailboxes to read."""
    plain = load(None, {})
    mail = msgspec.structs.replace(plain.mail, max_bytes=100_000)
    database = Database(url=servers.database_url, pool_min=1, pool_max=4)
    own = msgspec.structs.replace(plain, mail=mail, database=database)
    async with run_replica(own, SystemClock(), allow_unsafe=True, forker=FORKER) as begun:
        yield begun


@pytest.fixture
async def conn(gateway: Gateway, database_url: str) -> AsyncIterator[Any]:  # noqa: ARG001 - starts before the database is emptied
    """A connection to the database, which is emptied while the gateway runs."""
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def reading(gateway: Gateway, server: ImapServer, folder: str) -> Reading:
    """A function that reads the folder as one replica does, while its context is open."""

    @asynccontextmanager
    async def begin(
        name: str = "desk", intake: MailIntake = gateway.mail, **changes: Any
    ) -> AsyncIterator[None]:
        own: dict[str, Any] = {
            "port": server.tls_port,
            "folder": folder,
            "poll": SOON,
            "password": PASSWORD,
        }
        imap = Imap("127.0.0.1", USER, **own | {"authorities": str(server.certificate)} | changes)
        mail = msgspec.structs.replace(gateway.mail.mail, imap={name: imap})
        (reader,) = mailbox_readers(gateway.pool, replace(intake, mail=mail)).values()
        task = asyncio.create_task(reader())
        yield
        task.cancel()
        await asyncio.wait({task})

    return begin
