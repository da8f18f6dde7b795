"""Senders' keys are in no table, index, log or response, however they were received."""

import base64
import io
import logging
from collections.abc import AsyncIterator
from contextlib import redirect_stderr
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import redis.asyncio as valkey

from gateway.observe.logs import configure
from gateway.quarantine.old_keys import mask_old_keys
from tests.scenarios.conftest import Telling
from tests.scenarios.mail import LISTENING, a_mail, send
from tests.support.story import Story

TABLES = """
SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'public'
ORDER BY 1
"""

BODIES: dict[str, Any] = {
    "generic": {
        "title": "disk full {}",
        "labels": {"key": "{}"},
        "description": "{}",
        "links": [{"href": "https://x/{}"}],
    },
    "alertmanager": {
        "version": "4",
        "alerts": [{"status": "firing", "labels": {"alertname": "a {}", "k": "{}"}}],
    },
    "grafana": {
        "alerts": [
            {"status": "firing", "labels": {"alertname": "b {}"}, "annotations": {"summary": "{}"}}
        ]
    },
    "zabbix": {"event": "{}", "nothing": "of ours"},
    "cloudevents": {
        "specversion": "1.0",
        "id": "1",
        "source": "/x/{}",
        "type": "t",
        "data": {"title": "{}"},
    },
    "datadog": {"id": "{}", "title": "{}"},
    "uptime_kuma": {
        "heartbeat": {"status": 0, "msg": "{}"},
        "monitor": {"name": "m {}"},
        "msg": "{}",
    },
    "sentry": "no JSON {}",
}


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    async with telling(LISTENING) as begun:
        yield begun


def planted(body: Any, key: str) -> bytes:
    text = body if isinstance(body, str) else msgspec.json.encode(body).decode()
    return text.replace("{}", key).encode()


async def dumped(story: Story, redis_url: str) -> bytes:
    """Return every value of every table, and everything in Redis, as bytes."""
    found: list[bytes] = []
    for table in await story.gateway.pool.fetch(TABLES):
        for row in await story.gateway.pool.fetch(f"SELECT t FROM {table['name']} t"):  # noqa: S608 - names from the catalogue
            found += [
                value if isinstance(value, bytes) else str(value).encode()
                for value in row["t"].values()
            ]
    client = valkey.from_url(redis_url)
    async for name in client.scan_iter():
        found += [name, str(await client.dump(name)).encode()]
    await client.aclose()
    return b"\n".join(found)


async def through_every_source(story: Story, key: str) -> list[str]:
    """Post to every source with the key in the path, a header and the body.

    Return the responses.
    """
    told = []
    basic = base64.b64encode(f"x:{key}".encode()).decode()
    ways: list[tuple[str, dict[str, str]]] = [
        ("/{}", {}),
        ("", {"Authorization": "Bearer {}"}),
        ("", {"X-Api-Key": "{}"}),
        ("", {"Authorization": f"Basic {basic}"}),
        ("", {"Authorization": "GenieKey {}"}),
    ]
    for place, (source, body) in enumerate(BODIES.items()):
        path, headers = ways[place % len(ways)]
        sent = {name: value.replace("{}", key) for name, value in headers.items()} | {
            "User-Agent": key,
            "X-Odd": key,
        }
        answer = await story.client.post(
            f"/ingest/{source}{path.replace('{}', key)}", data=planted(body, key), headers=sent
        )
        told.append(await answer.text())
    return told


async def through_other_products(story: Story, key: str) -> list[str]:
    event = {
        "routing_key": key,
        "event_action": "trigger",
        "dedup_key": key,
        "payload": {"summary": f"down {key}", "source": "x", "severity": "critical"},
    }
    older = {"service_key": key, "event_type": "trigger", "description": f"down {key}"}
    asked: list[tuple[str, Any, dict[str, str]]] = [
        ("/v2/enqueue", event, {}),
        ("/v2/enqueue", event | {"payload": {"summary": 1}}, {}),
        ("/v2/change/enqueue", {"routing_key": key, "payload": {"summary": key}}, {}),
        ("/generic/2010-04-15/create_event.json", older, {}),
        ("/generic/2010-04-15/create_event.json", older | {"event_type": 3}, {}),
        (
            "/v2/alerts",
            {"message": f"m {key}", "description": key},
            {"Authorization": f"GenieKey {key}"},
        ),
        ("/api/v2/alerts", [{"labels": {"alertname": key}}], {"X-Api-Key": key}),
        (f"/integrations/v1/formatted_webhook/{key}/", {"alert_uid": "1", "title": key}, {}),
        (f"/ping/{key}/nightly?create=1", {"note": key}, {}),
        ("/ingest/app", {"title": f"app {key}", "description": key}, {"X-Api-Key": key}),
    ]
    told = []
    for path, body, headers in asked:
        answer = await story.client.post(path, json=body, headers=headers)
        told.append(await answer.text())
    return told


async def through_mail(story: Story, key: str) -> None:
    to = f"in+{key}@gw.example"
    await send(story, a_mail(f"my key is {key}", To=to, Subject=f"help {key}", Message_ID="<k1@x>"))
    await send(story, a_mail("away", To=to, Message_ID="<k2@x>", Auto_Submitted="auto-replied"))
    await send(story, f"hello {key}".encode(), to)
    sealed = (
        f"From: a@b.example\r\nTo: {to}\r\nMessage-ID: <k3@x>\r\nContent-Type: "
        "application/pkcs7-mime\r\n\r\nMIIB"
    )
    await send(story, sealed.encode(), to)
    folded = f"my key is {key[:30]}=\r\n{key[30:]}"
    head = (
        "From: a@b.example\r\nMessage-ID: <k4@x>\r\nContent-Transfer-Encoding: "
        f"quoted-printable\r\nDelivered-To: {to}\r\n\r\n"
    )
    await send(story, (head + folded).encode(), to)


async def through_people(story: Story, key: str) -> list[str]:
    number = await story.report(f"title {key}", description=key)
    await story.act(number, "note", note=f"the key is {key}")
    await story.act(number, "resolve", resolution="solved", category="x", solution=key)
    refused = await story.client.post(
        f"/api/v1/incidents?x={key}", json={"title": key, key: 1}, headers=story.as_key("admin")
    )
    return [await refused.text()]


async def test_no_sender_key_is_stored_answered_or_logged(story: Story, redis_url: str) -> None:
    key = story.keys["ingest"]
    lines = io.StringIO()
    with redirect_stderr(lines):
        configure(level="debug")
        told = await through_every_source(story, key)
        told += await through_other_products(story, key)
        told += await through_people(story, key)
        await through_mail(story, key)
        logging.getLogger("aiohttp.server").error("bad request: /ingest/generic/%s", key)
    kept = await dumped(story, redis_url)
    secret = key.split("_", 2)[2]
    assert secret.encode() not in kept.replace(b"=\r\n", b"")
    assert secret not in lines.getvalue()
    assert not [answer for answer in told if secret in answer]
    assert await story.gateway.pool.fetchval("SELECT count(*) FROM quarantine") >= 5
    assert b"***" in kept


async def test_quarantined_mail_with_masked_key_is_replayed_to_its_integration(
    story: Story,
) -> None:
    key = story.keys["ingest"]
    await send(story, f"hello {key}".encode(), f"in+{key}@gw.example")
    (row,) = await story.gateway.pool.fetch("SELECT id, integration_id, body FROM quarantine")
    assert key.encode() not in row["body"]
    mail = a_mail("Help.").as_bytes()
    await story.gateway.pool.execute("UPDATE quarantine SET body = $1", mail)
    await story.call("POST", f"quarantine/{row['id']}/replay")
    assert (
        await story.gateway.pool.fetchval(
            "SELECT integration_id FROM receipt WHERE flag = 'replay'"
        )
        == row["integration_id"]
    )


BEGUN = """
INSERT INTO keys_masked (relation, after_id, until) VALUES
  ('receipt', '00000000-0000-0000-0000-000000000000', $1), ('quarantine', '0', $1),
    ('set_aside', '0', $1)
"""
OLD = """
WITH r AS (UPDATE receipt SET body = $1), q AS (UPDATE quarantine SET body = $1, problem = $2)
UPDATE set_aside SET body = $1, subject = $2, recipients = ARRAY[$2]
"""


async def test_keys_stored_by_older_release_are_masked(story: Story, redis_url: str) -> None:
    key = story.keys["ingest"]
    await through_mail(story, key)
    await story.gateway.pool.execute(OLD, f"body {key}".encode(), f"text {key}")
    assert key.encode() in await dumped(story, redis_url)
    await story.gateway.pool.execute(BEGUN, story.clock.at + timedelta(days=1))
    assert await mask_old_keys(story.gateway.pool, story.clock) == 5 + 1 + 1
    assert key.encode() not in await dumped(story, redis_url)
    assert await story.gateway.pool.fetchval("SELECT count(*) FROM keys_masked") == 3
    story.clock.at += timedelta(days=2)
    assert await mask_old_keys(story.gateway.pool, story.clock) == 0
    assert await story.gateway.pool.fetchval("SELECT count(*) FROM keys_masked") == 0
