"""Other products' own clients work with only the address changed.

They send their usual requests and understand every response.
"""

import asyncio
import os
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from gateway.settings import load
from tests.support.certificate import make_certificate
from tests.support.served import RunningGateway, served

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    async with served(load(None, {"DATABASE_URL": database_url})) as running:
        yield running


async def held(gateway: RunningGateway, name: str, url: str, **environment: str) -> dict[str, Any]:
    """Return the output of a session, run in its own process as these clients block and warn."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "ignore",
        "-m",
        f"tests.clients.{name}",
        url,
        gateway.keys["ingest"],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()[-3_000:]
    return dict(msgspec.json.decode(out))


async def by_tls(gateway: RunningGateway, folder: Path) -> tuple[str, str]:
    """Return a TLS address of the same gateway, and the certificate to trust.

    Some clients use nothing but TLS.
    """
    file, _ = make_certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    runner = gateway.client.server.runner
    assert runner is not None
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    return f"https://127.0.0.1:{runner.addresses[-1][1]}", str(file)


async def records(gateway: RunningGateway) -> dict[str, tuple[str, str]]:
    _, found = await gateway.get("/api/v1/incidents", "read")
    return {one["title"]: (one["source"], one["state"]) for one in found["incidents"]}


async def test_pagerduty_client_sends_all_event_types(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    url, certificate = await by_tls(gateway, tmp_path)
    told = await held(
        gateway, "pagerduty_session", url, SSL_CERT_FILE=certificate, REQUESTS_CA_BUNDLE=certificate
    )
    assert (told["named"], told["acknowledged"]) == ("disk", "disk")
    assert told["derived"] == told["resolved"] != "disk"
    assert (told["refused"], told["stranger"]) == (400, 400)
    assert await records(gateway) == {
        "Disk full": ("pagerduty", "in_progress"),
        "Net down": ("pagerduty", "resolved"),
    }
    assert (
        await gateway.pool.fetchval(
            "SELECT count(*) FROM alert_event WHERE reason = 'change_event'"
        )
        == 1
    )


DONE = {
    "created": "Created alert", "acknowledged": "Acknowledged alert", "noted": "Added note",
    "tagged": "Added tags", "untagged": "Removed tags", "detailed": "Added details",
    "undetailed": "Removed details", "prioritised": "Updated priority",
    "retitled": "Updated message", "described": "Updated description", "snoozed": "Snoozed alert",
    "escalated": "Escalated alert", "unacknowledged": "UnAcknowledged alert",
    "closed": "Closed alert",
}  # fmt: skip


async def test_opsgenie_client_performs_all_requests(gateway: RunningGateway) -> None:
    told = await held(gateway, "opsgenie_session", str(gateway.client.make_url("")).rstrip("/"))
    assert {name: told[name][::2] for name in DONE} == {
        name: [True, done] for name, done in DONE.items()
    }
    alias = told["shown"]["alias"]
    assert told["shown"] == {
        "message": "Disk full",
        "alias": alias,
        "status": "open",
        "priority": "P2",
        "entity": "db1",
        "details": {"service": "shop"},
        "tags": ["disk"],
    }
    assert (told["by id"], told["listed"], told["counted"]) == (alias, [alias], 1)
    assert told["changed"] == {
        "message": "Disk is full",
        "description": "/var/log",
        "tags": ["disk", "a"],
        "details": {"service": "shop", "row": "2"},
        "acknowledged": True,
    }
    assert (told["status"], told["missing"]) == ("closed", 404)
    assert (told["ping"], told["heartbeat"]) == ("PONG - Heartbeat received", "nightly")
    assert (told["beats"], told["beat"]) == (["nightly"], "minutes")
    assert await records(gateway) == {"Disk is full": ("opsgenie", "resolved")}
