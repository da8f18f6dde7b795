"""Fixtures of a gateway with a web form."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from gateway.settings import Database, load
from tests.support.clock import FakeClock
from tests.support.served import RunningGateway, served


@pytest.fixture
async def gateway(database_url: str, clock: FakeClock) -> AsyncIterator[RunningGateway]:
    plain = load(None, {})
    form = msgspec.structs.replace(
        plain.form,
        services=("mail", "unknown"),
        contact="call 400",
        per_service=6,
        max_bytes=300_000,
        at_once=1,
    )
    database = Database(url=database_url, pool_min=1, pool_max=8)
    smtp = msgspec.structs.replace(plain.notify.smtp, host="127.0.0.1", port=1)
    notify, server = (
        msgspec.structs.replace(plain.notify, smtp=smtp),
        msgspec.structs.replace(plain.server, external_url="https://gw.example/"),
    )
    settings = msgspec.structs.replace(
        plain, database=database, form=form, notify=notify, server=server
    )
    async with served(settings, clock=clock) as running:
        for slug, name in (("mail", "Mail & more"), ("vpn", "VPN")):
            assert (
                await running.post("/api/v1/services", {"slug": slug, "name": name}, "admin")
            ).status == 201
        yield running
