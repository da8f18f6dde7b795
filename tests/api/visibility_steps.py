"""Steps of the tests of the visibility of records."""

from typing import Any

from tests.support.api import Api

INCIDENTS = "/api/v1/incidents"


async def numbers(api: Api, key: str, query: str = "") -> set[str]:
    status, page = await api.call("GET", INCIDENTS + query, scope=key)
    assert status == 200, page
    return {one["number"] for one in page["incidents"]}


async def flagged(api: Api, **fields: Any) -> str:
    return str((await api.incident(security=True, title="Phishing", **fields))["number"])
