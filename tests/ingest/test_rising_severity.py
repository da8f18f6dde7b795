"""A worse severity of the same dedup key raises the priority of the record.

A milder one keeps it. Every source whose dedup key is the check is tested.
"""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from gateway.ingest.reading.source import WebhookDelivery
from gateway.receipts.submission import Submission
from gateway.settings import SourceSettings
from tests.ingest.requests import BY_SLUG, FIXTURES
from tests.support.clock import FakeClock
from tests.support.intake import intake_harness, settings

RISES: dict[str, tuple[tuple[str, ...], str, str]] = {
    "alertmanager": (("alerts", "0", "labels", "severity"), "warning", "critical"),
    "azure": (("data", "essentials", "severity"), "Sev2", "Sev0"),
    "cloudevents": (("data", "severity"), "warning", "critical"),
    "datadog": (("alert_priority",), "P3", "P1"),
    "elastic": (("severity",), "warning", "critical"),
    "generic": (("severity",), "warning", "critical"),
    "grafana": (("alerts", "0", "labels", "severity"), "warning", "critical"),
    "icinga": (("state",), "WARNING", "CRITICAL"),
    "nagios": (("state",), "WARNING", "CRITICAL"),
    "newrelic": (("priority",), "HIGH", "CRITICAL"),
    "oncall": (("severity",), "warning", "critical"),
    "opsgenie": (("priority",), "P3", "P1"),
    "pagerduty": (("payload", "severity"), "warning", "critical"),
    "pagerduty_v1": (("details", "severity"), "warning", "critical"),
    "sentry": (("action",), "warning", "critical"),
    "splunk": (("result", "severity"), "Medium", "Critical"),
    "zabbix": (("severity",), "Average", "Disaster"),
}
"""The path of the severity in a body of each source, a milder value of it, and a worse one."""


def firing(slug: str, path: tuple[str, ...], word: str) -> bytes:
    """Return the captured firing of a source with another severity.

    Its dedup key does not depend on the severity.
    """
    body: Any = msgspec.json.decode(
        (FIXTURES / slug / "firing" / "request.http").read_bytes().partition(b"\n\n")[2]
    )
    if slug == "generic":
        body["dedup_key"] = "db-01!disk"
    place = body
    for name in path[:-1]:
        place = place[int(name) if name.isdigit() else name]
    place[path[-1]] = word
    return msgspec.json.encode(body)


def submission(slug: str, body: bytes, clock: FakeClock) -> Submission:
    head = (FIXTURES / slug / "firing" / "request.http").read_bytes().partition(b"\n\n")[0].decode()
    told = (line.partition(": ") for line in head.splitlines()[1:])
    headers = {
        name.lower(): value
        for name, _, value in told
        if name.lower() not in ("webhook-id", "request-id")
    }
    parsed = BY_SLUG[slug].parse(WebhookDelivery(headers, body, clock.at), SourceSettings())
    assert parsed.alerts
    assert not parsed.refused
    return Submission(1, slug, body, headers, parsed.alerts)


@pytest.mark.parametrize("slug", RISES)
async def test_worse_severity_raises_priority_and_milder_one_keeps_it(
    slug: str, database_url: str, clock: FakeClock
) -> None:
    path, milder, worse = RISES[slug]
    async with intake_harness(database_url, clock, settings()) as intake:
        seen = []
        for word in (milder, worse, milder):
            clock.advance(timedelta(seconds=11))
            await intake.take(submission(slug, firing(slug, path, word), clock))
            (row,) = await intake.rows("SELECT priority, lower(severity) AS severity FROM incident")
            seen.append((row["priority"], row["severity"]))
        (first, word), (raised, bad), (last, again) = seen
        assert raised < first
        assert last == raised
        assert again == word != bad
        events = [
            row["event"] for row in await intake.rows("SELECT event FROM timeline ORDER BY seq")
        ]
        assert [event for event in events if event in ("raised", "eased")] == ["raised", "eased"]
