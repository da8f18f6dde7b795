"""Alerts of a real Prometheus fire, repeat, relate to another one, and clear.

The gateway follows on both ways of delivery: by Alertmanager, and straight.
"""

from typing import Any

import pytest

from tests.e2e.conftest import Site
from tests.e2e.monitoring import DIRECT, WEBHOOK
from tests.e2e.processes import until

pytestmark = pytest.mark.e2e

SOURCES = {WEBHOOK: "alertmanager", DIRECT: "alertmanager_v2"}


async def wait_for_incident(site: Site, name: str, service: str, **wanted: str) -> dict[str, Any]:
    """Return the only incident of an alert once it has the wanted values."""

    async def look() -> dict[str, Any] | None:
        found = [
            one
            for one in await site.incidents(service=service)
            if one["title"].startswith(f"{name} at")
        ]
        assert len(found) <= 1, "one alert, one incident"
        return (
            found[0]
            if found and all(found[0][field] == value for field, value in wanted.items())
            else None
        )

    return await until(f"{name} of {service} is {wanted or 'open'}", look)


@pytest.mark.parametrize("way", [WEBHOOK, DIRECT])
async def test_prometheus_rule_opens_repeats_relates_and_resolves_incident(
    site: Site, way: str
) -> None:
    service = f"crm-{way}"
    site.gauges[way, "DiskFull"] = 1
    opened = await wait_for_incident(site, "DiskFull", service)
    assert (opened["source"], opened["severity"], opened["state"]) == (
        SOURCES[way],
        "critical",
        "logged",
    )
    assert opened["labels"]["alertname"] == "DiskFull"

    async def repeated() -> bool:
        now = await wait_for_incident(site, "DiskFull", service)
        return bool(
            now["occurrences"] > opened["occurrences"] and now["last_seen"] > opened["last_seen"]
        )

    await until("the alert is counted again", repeated)

    site.gauges[way, "HighErrors"] = 1
    follower = await wait_for_incident(site, "HighErrors", service, master=opened["number"])
    assert follower["link_reason"] == "rule: same service"

    told = await site.items(SOURCES[way], "cleared")
    site.gauges[way, "DiskFull"] = site.gauges[way, "HighErrors"] = 0
    for name in ("DiskFull", "HighErrors"):
        settled = await wait_for_incident(site, name, service, state="resolved")
        assert settled["resolution"] == "vanished"
    assert await site.items(SOURCES[way], "cleared") == told + 2, (
        "because the sender said so, not because it fell silent"
    )


async def test_same_alert_by_webhook_and_direct_is_one_incident(site: Site) -> None:
    site.gauges["any", "Both"] = 1
    incident = await wait_for_incident(site, "Both", "mail")

    async def both_told() -> bool:
        counted = await site.prometheus(
            DIRECT,
            "query",
            query='sum by (source) (gateway_intake_items_total{outcome!="quarantined"})',
        )
        accepted = {
            one["metric"]["source"] for one in counted["result"] if float(one["value"][1]) > 0
        }
        firing = [
            one["labels"]["alertname"]
            for way in (WEBHOOK, DIRECT)
            for one in (await site.prometheus(way, "alerts"))["alerts"]
            if one["state"] == "firing"
        ]
        return accepted >= set(SOURCES.values()) and firing.count("Both") == 2

    await until("both Prometheis told of it", both_told)
    alerts = await site.get(f"{site.url}/api/v1/incidents/{incident['number']}/alerts", "admin")
    assert len(alerts["alerts"]) == 1
    site.gauges["any", "Both"] = 0
    await wait_for_incident(site, "Both", "mail", state="resolved")


async def test_prometheus_delivers_to_both_addresses_without_errors(site: Site) -> None:
    addresses = {f"{site.url}/ingest/alertmanager/<key>/api/v2/alerts", f"{site.url}/api/v2/alerts"}

    async def sent_to_both() -> bool:
        sent = await site.prometheus_metric(DIRECT, "prometheus_notifications_sent_total")
        return {address for address, alerts in sent.items() if alerts > 0} == addresses

    site.gauges[DIRECT, "Fleeting"] = 1
    await wait_for_incident(site, "Fleeting", "search-direct")
    await until("Prometheus has told both addresses", sent_to_both)
    errors = await site.prometheus_metric(DIRECT, "prometheus_notifications_errors_total")
    assert errors == dict.fromkeys(addresses, 0.0)
    site.gauges[DIRECT, "Fleeting"] = 0
    await wait_for_incident(site, "Fleeting", "search-direct", state="resolved")
