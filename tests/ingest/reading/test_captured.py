"""Captured requests of every source go through the whole gateway.

The alert opens a record, and its recovery clears the record.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.ingest.sources import SOURCES
from gateway.settings import load
from tests.ingest import signing
from tests.ingest.requests import FIXTURES, NOW
from tests.support.clock import FakeClock
from tests.support.served import RunningGateway, served


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    async def amazon(_address: str) -> bytes:
        return signing.CERTIFICATE

    async with served(
        load(None, {"DATABASE_URL": database_url}), amazon, FakeClock(NOW)
    ) as running:
        yield running


async def sent(gateway: RunningGateway, slug: str, case: str) -> list[dict[str, Any]]:
    """Post a captured request with an API key of this gateway; return its results.

    A request of Amazon is signed anew, since the tests do not have Amazon's key.
    """
    head, _, body = (FIXTURES / slug / case / "request.http").read_bytes().partition(b"\n\n")
    pairs = [line.partition(": ") for line in head.decode().splitlines()[1:]]
    headers = {name: value for name, _, value in pairs if name not in {"Host", "Authorization"}}
    body = signing.sns("2", body, NOW)[1] if slug == "cloudwatch" else body.removesuffix(b"\n")
    answer = await gateway.client.post(
        f"/ingest/{slug}/{gateway.keys['ingest']}", data=body, headers=headers
    )
    assert answer.status == 202, (slug, case, await answer.text())
    results: list[dict[str, Any]] = (await answer.json())["results"]
    return results


async def test_captured_alert_of_each_source_opens_incident_and_recovery_clears_it(
    gateway: RunningGateway,
) -> None:
    for source in SOURCES:
        (opened,) = await sent(gateway, source.slug, "firing")
        # A record of another source for the same service may be its master:
        # "related" is then as good as "opened".
        assert opened["outcome"] in {"opened", "related", "reopened"}, source.slug
        if source.sends_resolution:
            (cleared,) = await sent(gateway, source.slug, "resolved")
            assert (cleared["outcome"], cleared["incident"]) == ("cleared", opened["incident"]), (
                source.slug
            )


async def test_captured_test_button_requests_open_no_incident(gateway: RunningGateway) -> None:
    cases = sorted(
        path.parent.relative_to(FIXTURES).parts for path in FIXTURES.glob("*/test_*/request.http")
    )
    assert len(cases) >= 4
    for slug, case in cases:
        assert [(one["outcome"], one["incident"]) for one in await sent(gateway, slug, case)] == [
            ("ignored", None)
        ], (slug, case)
    assert await gateway.pool.fetchval("SELECT count(*) FROM incident") == 0
