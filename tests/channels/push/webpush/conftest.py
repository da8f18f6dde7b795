"""A gateway whose people subscribe browsers, and their push service."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from aiohttp import ClientResponse

from gateway.settings import Database, load
from gateway.settings.notify import VendorTables
from tests.support.clock import NOON, FakeClock
from tests.support.push_service import FakePushService, fake_push_service
from tests.support.served import RunningGateway, served

JSON = {"Content-Type": "application/json"}


@dataclass
class Pages:
    """Links to the page of browsers, and what a browser sends by them."""

    gateway: RunningGateway
    service: FakePushService
    clock: FakeClock

    async def link(self, login: str = "olga") -> str:
        """Return the path of the page of a person."""
        path = f"/api/v1/people/{login}/push-link"
        answer = await self.gateway.post(path, None, "admin")
        assert answer.status == 201
        return str((await answer.json())["page"])

    async def get(self, path: str, lang: str = "en") -> str:
        answer = await self.gateway.client.get(path, headers={"Accept-Language": lang})
        assert answer.status == 200
        return await answer.text()

    async def server_key(self, path: str) -> str:
        return (await self.get(path)).partition('data-key="')[2].partition('"')[0]

    async def subscribe(self, path: str, name: str = "a", **changed: Any) -> ClientResponse:
        """Subscribe a browser as the script of the page does."""
        posted = self.service.browser.posted(
            f"{self.service.url}/{name}", await self.server_key(path)
        )
        return await self.send(path, posted | changed)

    async def send(
        self, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> ClientResponse:
        """Post as the page does."""
        return await self.gateway.client.post(
            path, json=body, headers=headers, allow_redirects=False
        )

    async def endpoints(self) -> list[tuple[str, str]]:
        """Return the login and the address of every subscription."""
        rows = await self.gateway.pool.fetch(
            "SELECT p.login, s.endpoint FROM push_subscription s "
            "JOIN person p ON p.id = s.person_id ORDER BY s.id"
        )
        return [(row["login"], row["endpoint"].removeprefix(self.service.url)) for row in rows]


async def hire(gateway: RunningGateway, *logins: str) -> None:
    """Create people."""
    for login in logins:
        made = {"login": login, "name": login.title(), "roles": ["service_desk"]}
        assert (await gateway.post("/api/v1/people", made, "admin")).status == 201


@pytest.fixture
async def pages(database_url: str, clock: FakeClock) -> AsyncIterator[Pages]:
    plain = load(None, {})
    settings = msgspec.structs.replace(
        plain,
        database=Database(url=database_url, pool_min=1, pool_max=8),
        server=msgspec.structs.replace(plain.server, external_url="https://gw.example/"),
    )
    settings = msgspec.structs.replace(
        settings, vendors=VendorTables({"webpush": {"allow_private": True}})
    )
    async with fake_push_service(NOON) as service, served(settings, clock=clock) as gateway:
        await hire(gateway, "olga", "ann")
        yield Pages(gateway, service, clock)
