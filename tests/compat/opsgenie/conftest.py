"""Fixtures of an Opsgenie client with only the host changed, and of a whole gateway."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from gateway.settings import Database, Settings, load
from tests.support.served import RunningGateway, served


@dataclass
class Genie:
    """A client that calls with `Authorization: GenieKey` and reads the resulting records."""

    served: RunningGateway

    async def call(
        self, method: str, path: str, body: Any = None, key: str = "ingest", **query: str
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"GenieKey {self.served.keys.get(key, key)}"}
        answer = await self.served.client.request(
            method, path, json=body, headers=headers, params=query
        )
        told = await answer.json()
        assert told["took"] >= 0
        assert answer.headers["X-Request-Id"] == told["requestId"]
        return answer.status, told

    async def create(self, alias: str = "disk", **more: Any) -> dict[str, Any]:
        status, told = await self.call(
            "POST", "/v2/alerts", {"message": "Disk full", "alias": alias} | more
        )
        assert (status, told["result"]) == (202, "Request will be processed")
        return dict(told)

    async def ask(
        self, method: str, word: str, body: Any = None, alias: str = "disk", **query: str
    ) -> dict[str, Any]:
        """Send a request about an alert and return the outcome that the request's status shows."""
        path = f"/v2/alerts/{alias}/{word}".rstrip("/")
        status, told = await self.call(method, path, body, **({"identifierType": "alias"} | query))
        assert (status, told["result"]) == (202, "Request will be processed"), told
        return await self.status(told["requestId"])

    async def status(self, request_id: str) -> dict[str, Any]:
        status, told = await self.call("GET", f"/v2/alerts/requests/{request_id}")
        assert status == 200
        return dict(told["data"])

    async def shown(self, alias: str = "disk") -> dict[str, Any]:
        status, told = await self.call("GET", f"/v2/alerts/{alias}", identifierType="alias")
        assert status == 200, told
        return dict(told["data"])

    async def records(self, **query: str) -> list[dict[str, Any]]:
        _, found = await self.served.get("/api/v1/incidents", key="read", **query)
        return list(found["incidents"])

    async def timeline(self) -> list[tuple[str, str, dict[str, Any]]]:
        [record] = await self.records()
        _, found = await self.served.get(
            f"/api/v1/incidents/{record['number']}/timeline", key="read"
        )
        return [(one["event"], one["actor"], one["facts"]) for one in found["entries"]]


def settings(database_url: str) -> Settings:
    return msgspec.structs.replace(
        load(None, {}), database=Database(url=database_url, pool_min=1, pool_max=8)
    )


@pytest.fixture
async def genie(database_url: str) -> AsyncIterator[Genie]:
    async with served(settings(database_url)) as running:
        yield Genie(running)
