"""Alertmanager's receivers for other products work with only the address changed.

Firing alerts open incidents, and cleared ones resolve them.
"""

from typing import Any

import pytest

from tests.e2e.conftest import Site
from tests.e2e.monitoring import WEBHOOK
from tests.e2e.processes import until

pytestmark = pytest.mark.e2e

WANTED = {
    "opsgenie": {"severity": "P2", "service": "bus-webhook", "priority": 2},
    "pagerduty": {"severity": "critical", "service": "", "priority": 1},
}


async def wait_for_incident(site: Site, source: str, state: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        found = await site.incidents(source=source)
        assert len(found) <= 1, "one alert, one incident"
        return (
            found[0]
            if found and found[0]["state"] == state and found[0]["occurrences"] > 1
            else None
        )

    return await until(f"the record of {source} is {state}", look)


async def test_opsgenie_and_pagerduty_receivers_open_and_resolve_incidents(site: Site) -> None:
    site.gauges[WEBHOOK, "Forwarded"] = 1
    for source, wanted in WANTED.items():
        record = await wait_for_incident(site, source, "logged")
        assert {name: record[name] for name in wanted} == wanted
        assert record["title"].startswith("[FIRING:1] Forwarded")
    assert (await wait_for_incident(site, "opsgenie", "logged"))["labels"]["tags"] == "prod, disk"
    site.gauges[WEBHOOK, "Forwarded"] = 0
    for source in WANTED:
        assert (await wait_for_incident(site, source, "resolved"))["resolution"] == "vanished"
    assert await failures(site) == {"opsgenie": 0.0, "pagerduty": 0.0}


async def failures(site: Site) -> dict[str, float]:
    """Return the number of notifications that Alertmanager failed to deliver, by receiver."""
    async with site.http.get(f"{site.addresses['alertmanager']}/metrics") as answer:
        lines = [
            line
            for line in (await answer.text()).splitlines()
            if "notifications_failed_total{" in line
        ]
    counted = dict.fromkeys(WANTED, 0.0)
    for line in lines:
        for source in WANTED:
            if f'integration="{source}"' in line:
                counted[source] += float(line.rpartition(" ")[2])
    return counted
