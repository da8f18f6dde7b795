"""Nothing that can be sent makes the gateway answer 5xx, stall, or stop serving the next one."""

import asyncio
import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.operations.keys import Scope
from tests.ingest.requests import FIXTURES
from tests.support.process import FULL, chosen, make_key, replicas, report, seeded

AT_ONCE = 16
ALERT = {"title": "t", "severity": "critical", "labels": {"a": "b"}, "dedup_key": "k", "occurred_at": "2026-03-02T12:00:00Z"}
WEBHOOK = {"version": "4", "alerts": [{"status": "firing", "labels": {"alertname": "x"}, "startsAt": "2026-03-02T12:00:00Z"}]}
EVENT = {"routing_key": "k", "event_action": "trigger", "payload": {"summary": "s", "source": "h", "severity": "error"}}
CLOUD = {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data": {"title": "t"}}
INBOUND = {"From": "a@b.example", "Subject": "s", "TextBody": "t", "Headers": [{"Name": "Date", "Value": "x"}], "Attachments": []}
REPORT = {
    "title": "t",
    "reporter": {"id": "u", "email": "a@b.example"},
    "client": {"app": "a"},
    "occurred_at": ALERT["occurred_at"],
}
STORY = {
    "policy": "itil-minutes",
    "priority": 1,
    "events": [{"at": "2026-03-02T12:00:00Z", "event": "record"}],
    "at": "2026-03-02T13:00:00Z",
}
NUMBER = "INC-20260302-000001"
ONE = f"/api/v1/incidents/{NUMBER}"

VENDORS = ("azure", "github", "google_cloud", "grafana", "sentry", "standard_webhooks")
"""Sources that need no certificate, for which they would ask the world."""


def captured(slug: str) -> Any:
    return json.loads((FIXTURES / slug / "firing" / "request.http").read_bytes().partition(b"\n\n")[2])


STEPS = [
    {"do": "rename", "from": "/a/*/b", "to": "/a/*/c"}, {"do": "copy", "from": "/d", "to": "/e"},
    {"do": "constant", "to": "/f", "value": 1}, {"do": "values", "at": "/g", "values": {"x": "y"}, "otherwise": "z"},
]  # fmt: skip

CALL = {
    "id": "1",
    "CallSid": "CA1",
    "conversation_uuid": "CON-1",
    "LINKEDID": "1",
    "status": "answered",
    "From": "1",
    "finishtype": "Missed",
}
CONTACT = {
    "time": "2026-03-02T12:00:00Z",
    "detail": {"eventType": "DISCONNECTED", "contactId": "c", "agentInfo": {}, "recordings": []},
}

TARGETS: list[tuple[str, str, Any]] = [
    ("POST", "/ingest/generic", ALERT),
    ("POST", "/ingest/generic", [ALERT, ALERT]),
    ("POST", "/ingest/alertmanager", WEBHOOK),
    ("POST", "/ingest/alertmanager_v2", WEBHOOK["alerts"]),
    ("POST", "/api/v2/alerts", WEBHOOK["alerts"]),
    ("POST", "/ingest/pagerduty", EVENT),
    ("POST", "/v2/enqueue", EVENT),
    ("POST", "/ingest/cloudevents", CLOUD),
    ("POST", "/ingest/email/raw", EVENT),
    ("POST", "/ingest/email/postmark", INBOUND),
    ("POST", "/ingest/email/mailgun", INBOUND),
    ("POST", "/ingest/email/sendgrid", INBOUND),
    *(
        ("POST", f"/ingest/phone/{event}", CALL)
        for event in ("twilio/status", "vonage/answer", "asterisk/hangup", "threecx/event")
    ),
    ("POST", "/ingest/phone/connect/contact", CONTACT),
    ("POST", "/ingest/app", REPORT),
    *(("POST", f"/ingest/{slug}", captured(slug)) for slug in VENDORS),
    ("POST", "/api/v1/incidents", {"title": "t", "impact": "group", "urgency": "high"}),
    ("PATCH", ONE, {"title": "t", "priority": 2}),
    ("POST", ONE + "/assign", {"group": "g", "tier": 2}),
    ("POST", ONE + "/hold", {"reason": "awaiting_user", "until": "2026-03-02T13:00:00Z"}),
    ("POST", ONE + "/resolve", {"resolution": "solved"}),
    ("POST", ONE + "/link", {"master": NUMBER}),
    ("POST", ONE + "/refuse_link", {"master": NUMBER}),
    ("PUT", ONE + "/refs/snow", {"id": "1"}),
    ("POST", "/api/v1/incidents/bulk", {"numbers": [NUMBER], "action": "note", "note": "n"}),
    ("POST", "/api/v1/sla/simulate", STORY),
    ("POST", "/api/v1/keys", {"name": "k", "scopes": ["read"]}),
    ("POST", "/api/v1/quarantine/1/replay", None),
    ("POST", "/api/v1/quarantine/1/drop", {"reason": "r"}),
    ("POST", "/api/v1/quarantine/replay", {"source": "generic", "limit": 3}),
    ("POST", "/api/v1/quarantine/try", {"integration": "default", "source": "generic", "steps": STEPS, "limit": 20}),
    ("PUT", "/api/v1/mappings/default/pagerduty", {"steps": STEPS, "note": "n"}),
    ("GET", "/api/v1/quarantine/1", None),
    ("GET", "/api/v1/quarantine/counts", None),
    ("GET", "/api/v1/incidents", None),
    ("GET", "/api/v1/changes", None),
    ("GET", "/api/v1/quarantine", None),
    ("GET", "/api/v2/alerts", None),
    ("GET", "/ingest/app/mine", None),
]

ODD: list[Any] = [
    None, True, -1, 2**63, 2**70, 1e308, "", "\0", "\ud800", "x" * 5_000, "9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z",
    "0001-01-01", 1e18, [], {}, [[]], {"a": {"a": []}}, "\u202eevil", "'; DROP TABLE incident; --", "\r\nX: y", ["a"] * 300,
    {str(n): n for n in range(300)},
]  # fmt: skip

RAW: list[bytes] = [
    b"", b"\0", b"{", b"[" * 50_000, b'{"a":' * 20_000, b"NaN", b'{"title": 1e999}', b'{"title": "\\ud800"}',
    b'{"title": "\\u0000"}', '{"title": "x"}'.encode("utf-16"), b"\xff\xfe",
    b"null", b"0", b'"text"', b"[null]", b"{}" * 3, b"x=1&y=2", b"9" * 5_000,
    b'{"title":"a","title":"b"}', gzip.compress(b'{"title": "x"}'), b"[" + b'{"title":"x"},' * 1_200 + b'{"title":"x"}]',
]  # fmt: skip

QUERIES = (
    "", "?limit=0", "?limit=x", "?cursor=%00", "?cursor=AAAA", "?after=1.2", "?after=%ff", "?wait=-1", "?priority=9", "?before=x",
    "?q=%25%00",
    "?state=x", "?sort=drop", "?updated_since=9999999999999", "?reporter=%00", "?key=gwk_x", "?filter=a%3D~%22(((%22",
)  # fmt: skip

HEADERS: tuple[dict[str, str], ...] = (
    {}, {}, {}, {"If-Match": "x"}, {"If-Match": '"999999999999"'}, {"Idempotency-Key": "k" * 300}, {"Idempotency-Key": "ü"},
    {"Content-Encoding": "gzip"}, {"Content-Encoding": "br"}, {"Content-Type": "text/plain; charset=utf-16"},
    {"User-Agent": "\udcff"},
    {"webhook-id": "x" * 3_000}, {"Authorization": "Basic !!"}, {"Authorization": "Bearer \udcff"}, {"X-Api-Key": "gwk_"},
)  # fmt: skip


def twisted(value: Any, chance: random.Random) -> Any:
    """The value with something in it, anywhere, replaced by something odd."""
    if chance.random() < 0.25 or not isinstance(value, dict | list) or not value:
        return chance.choice(ODD)
    if isinstance(value, list):
        at = chance.randrange(len(value))
        return [twisted(one, chance) if n == at else one for n, one in enumerate(value)]
    name = chance.choice([*value, "odd"])
    return value | {name: twisted(value.get(name), chance)}


def requests(count: int, chance: random.Random) -> Iterator[tuple[str, str, bytes | None, dict[str, str]]]:
    for _ in range(count):
        method, path, body = chance.choice(TARGETS)
        if method == "GET":
            data = None
        elif chance.random() < 0.3:
            data = chance.choice(RAW)
        else:
            data = json.dumps(twisted(body, chance)).encode("utf-8", "replace")
        yield method, path + chance.choice(QUERIES), data, chance.choice(HEADERS)


@pytest.mark.timeout(1200 if FULL else 60)
async def test_malformed_requests_over_all_routes_never_get_a_5xx_nor_hold_up_the_loop(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    chance = seeded()
    todo = list(requests(chosen(1_200, 50_000), chance))
    found = Found()
    async with replicas(1, database_url, redis_url, tmp_path) as (gateway,), aiohttp.ClientSession(gateway.url) as session:
        keys = {scope: await make_key(database_url, scope) for scope in Scope}
        await asyncio.gather(*(send(session, todo, keys, chance, found) for _ in range(AT_ONCE)))
        counts = await lags(session)
        sent = {"Authorization": f"Bearer {keys[Scope.INGEST]}"}
        async with session.post("/ingest/generic", json={"title": "still here"}, headers=sent) as answer:
            assert answer.status == 202
        assert "Traceback" not in gateway.log.read_text()
    report(answers=dict(found.answers), held_over_100_ms=counts["+Inf"] - counts["0.1"], loop_lag_at_most=counts)
    assert found.failed == []
    assert counts["+Inf"] > 10
    if FULL:  # on a machine that does nothing else; what everybody runs beside other work asserts no timing
        assert counts["+Inf"] == counts["0.1"], "the loop was held up"


@dataclass
class Found:
    answers: Counter[int] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)


async def send(
    session: aiohttp.ClientSession, todo: list[Any], keys: dict[Scope, str], chance: random.Random, found: Found
) -> None:
    while todo:
        method, path, body, headers = todo.pop()
        suited = Scope.INGEST if path.startswith(("/ingest", "/v2", "/api/v2")) else Scope.ADMIN
        sent = {"Authorization": f"Bearer {keys[chance.choice((suited,) * 9 + (Scope.READ,))]}"} | headers
        async with session.request(method, path, data=body, headers=sent) as answer:
            text = await answer.text()
        found.answers[answer.status] += 1
        if answer.status >= 500 or "Traceback" in text or "asyncpg" in text:
            found.failed.append(f"{method} {path} {body[:200] if body else b''!r} {headers} -> {answer.status} {text[:300]}")


async def lags(session: aiohttp.ClientSession) -> dict[str, int]:
    """How many sleepers of the gateway's loop were woken at most so many seconds late, since it started serving."""
    async with session.get("/metrics") as answer:
        lines = (await answer.text()).splitlines()
    found = [re.match(r'gateway_loop_lag_seconds_bucket\{le="([^"]+)"\} (\d+)', line) for line in lines]
    return {match[1]: int(match[2]) for match in found if match}
