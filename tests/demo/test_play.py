"""The demo shows newcomers an example of every outcome.

None of its requests is refused.
"""

import msgspec

from gateway.demo.play import play
from gateway.settings import Settings, load
from gateway.timing.clock import SystemClock
from tests.support.served import served

SENT = "SELECT r.source, count(*) FROM receipt r GROUP BY 1"
BECAME = "SELECT DISTINCT outcome FROM alert_event"
OF_ONE = """
SELECT r.source, r.link_reason FROM incident r JOIN incident m ON m.id = r.master_id
WHERE m.title = 'mx-1: SMTP does not answer'
"""
STATES = "SELECT DISTINCT state FROM incident"


def settings(database_url: str) -> Settings:
    shipped = load(None, {})
    return msgspec.structs.replace(
        shipped, database=msgspec.structs.replace(shipped.database, url=database_url)
    )


async def test_demo_has_no_failures_and_shows_every_outcome(database_url: str) -> None:
    async with served(settings(database_url)) as gateway:
        url = str(gateway.client.make_url("")).rstrip("/")
        for _ in ("first", "again, over what is there already"):
            stage = await play(
                url, gateway.keys["ingest"], gateway.keys["admin"], SystemClock(), pace=0
            )
            assert stage.failed == []
        sources = {row["source"] for row in await gateway.pool.fetch(SENT)}
        assert sources >= {
            "alertmanager",
            "grafana",
            "zabbix",
            "pagerduty",
            "generic",
            "email",
            "ping",
            "phone",
            "app",
        }
        told = [tuple(row) for row in await gateway.pool.fetch(OF_ONE)]
        assert {source for source, _ in told} == {"email", "phone", "app"}
        assert [reason[:13] for _, reason in told] == ["correlation: "] * len(told)
        outcomes = {row["outcome"] for row in await gateway.pool.fetch(BECAME)}
        assert outcomes >= {"opened", "repeated", "cleared", "related", "reopened", "quarantined"}
        assert {row["state"] for row in await gateway.pool.fetch(STATES)} >= {
            "logged",
            "in_progress",
            "resolved",
        }
