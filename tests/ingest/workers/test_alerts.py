"""Long requests of monitoring systems are read by a worker process, with the same result.

No request blocks the event loop or kills a worker twice.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from typing import Any

import msgspec
import pytest

from gateway.errors import GatewayError, TooLarge
from gateway.ingest.reading.lenient import read_leniently, read_strictly
from gateway.ingest.reading.source import ParsedDelivery, WebhookDelivery
from gateway.ingest.workers import alerts, process
from gateway.ingest.workers.alerts import MAX_STRICT_BYTES, AlertReader, is_moderate
from gateway.ingest.workers.process import SHORT, ParseWorker, compute_cpu_limit, is_short
from gateway.ingest.workers.protocol import TooCostly
from gateway.quarantine.mapping import Rename
from gateway.settings import MOST_ITEMS, Database, SourceSettings, load
from gateway.timing.clock import SystemClock
from tests.ingest.requests import BY_SLUG, CASES, FIXTURES, NOW
from tests.support import hostile
from tests.support.forker import FORKER
from tests.support.served import RunningGateway, served

GROUP = b'{"orgId":1,"externalURL":"http://g.example/","groupKey":"k","alerts":'
LISTS = {
    "alertmanager": (b'{"version":"4","alerts":', b"}"),
    "alertmanager_v2": (b"", b""),
    "generic": (b"", b""),
    "cloudevents": (b"", b""),
    "grafana": (GROUP, b"}"),
}
"""The bytes before and after the list of items, by source."""

ALERT = {
    "status": "firing",
    "startsAt": "2026-11-21T04:00:00Z",
    "annotations": {"summary": "x" * 200},
}


@pytest.fixture
async def reader() -> AsyncIterator[AlertReader]:
    made = AlertReader(ParseWorker("alerts", FORKER, waiting_each=4))
    yield made
    await made.reader.close()


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    settings = msgspec.structs.replace(
        load(None, {}), database=Database(url=database_url, pool_min=1, pool_max=8)
    )
    async with served(settings) as running:
        yield running


def request(case: str) -> WebhookDelivery:
    head, _, body = (FIXTURES / case / "request.http").read_bytes().partition(b"\n\n")
    pairs = (line.partition(": ") for line in head.decode().splitlines()[1:])
    return WebhookDelivery({name: value for name, _, value in pairs}, body.removesuffix(b"\n"), NOW)


def many(count: int, labels: int = 0) -> bytes:
    more = {f"label{number}": "x" for number in range(labels)}
    found = [
        ALERT
        | {
            "fingerprint": f"f{number}",
            "labels": {"alertname": "disk", "host": f"h{number}"} | more,
        }
        for number in range(count)
    ]
    return msgspec.json.encode({"version": "4", "alerts": found})


async def said(reader: AlertReader, slug: str, delivery: WebhookDelivery, sender: str = "1") -> Any:
    try:
        return await reader(sender, BY_SLUG[slug], SourceSettings(), (), delivery)
    except GatewayError as error:
        return type(error), error.detail, error.flaws


def at_once(slug: str, delivery: WebhookDelivery) -> Any:
    try:
        return read_leniently(BY_SLUG[slug], SourceSettings(), (), delivery)
    except GatewayError as error:
        return type(error), error.detail, error.flaws


async def test_worker_reading_equals_direct_reading(reader: AlertReader) -> None:
    read = [case for case in CASES if case.partition("/")[0] in BY_SLUG]
    for case in read:
        slug, delivery = case.partition("/")[0], request(case)
        lower = {name.lower(): value for name, value in delivery.headers.items()}
        longer = replace(delivery, body=delivery.body + b" " * MAX_STRICT_BYTES)
        assert await said(reader, slug, longer) == at_once(slug, replace(longer, headers=lower)), (
            case
        )
    assert reader.reader.started


async def test_five_thousand_alerts_are_read_in_one_request(reader: AlertReader) -> None:
    body = many(5_000)
    assert 1_500_000 < len(body) < 2_097_152
    parsed = await said(reader, "alertmanager", WebhookDelivery({}, body, NOW))
    assert parsed == at_once("alertmanager", WebhookDelivery({}, body, NOW))
    assert (len(parsed.alerts), parsed.refused) == (5_000, ())


async def test_one_bad_alert_among_thousand_is_mended(reader: AlertReader) -> None:
    body = many(999)[:-2] + b',{"labels":{"alertname":"x","size":7},"status":"firing"}]}'
    parsed = await said(reader, "alertmanager", WebhookDelivery({}, body, NOW, most_items=1_000))
    assert (len(parsed.alerts), parsed.refused) == (1_000, ())
    assert [one.pointer for one in parsed.mended] == ["/alerts/999/labels/size"]


async def test_mapping_applies_to_long_request(reader: AlertReader) -> None:
    step = Rename(source="/name", to="/title")
    delivery = WebhookDelivery(
        {}, msgspec.json.encode({"name": "disk", "description": "x" * MAX_STRICT_BYTES}), NOW
    )
    parsed = await reader("1", BY_SLUG["generic"], SourceSettings(), (step,), delivery)
    assert [alert.title for _, alert in parsed.alerts] == ["disk"]


async def test_slow_mending_falls_back_to_unmended_reading_and_is_remembered(
    reader: AlertReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = many(2_000)[:-2] + b',{"labels":{"alertname":7}}]}'
    asked: list[str] = []
    call = reader.reader.call

    async def counted(sender: str, seconds: float, function: Any, *given: Any) -> Any:
        asked.append(function.__name__)
        return await call(
            sender, 0.0001 if function is read_leniently else seconds, function, *given
        )

    monkeypatch.setattr(reader.reader, "call", counted)
    for _ in range(2):
        parsed = await said(reader, "alertmanager", WebhookDelivery({}, body, NOW))
        assert isinstance(parsed, ParsedDelivery)
        assert (len(parsed.alerts), [one.item for one in parsed.refused]) == (2_000, [2_000])
    assert asked == ["read_leniently", "read_unmended", "read_unmended"]


async def test_too_costly_body_is_not_read_again_while_remembered(
    reader: AlertReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[str] = []

    async def costly(_sender: str, _seconds: float, function: Any, *_: Any) -> Any:
        killed.append(function.__name__)
        raise TooCostly("too much")

    monkeypatch.setattr(reader.reader, "call", costly)
    monkeypatch.setattr(alerts, "REMEMBERED", 2)
    bodies = [b"[" + b"0," * MAX_STRICT_BYTES + b"%d]" % number for number in range(3)]
    for body in (bodies[0], bodies[0], bodies[1], bodies[2]):
        assert (await said(reader, "generic", WebhookDelivery({}, body, NOW)))[0] is TooCostly
    assert killed == ["read_leniently", "read_unmended"] * 3
    await said(reader, "generic", WebhookDelivery({}, bodies[0], NOW))
    assert len(killed) == 8  # the oldest is forgotten


@pytest.mark.parametrize("slug", sorted(LISTS))
async def test_items_beyond_maximum_are_refused_in_worker(reader: AlertReader, slug: str) -> None:
    before, after = LISTS[slug]
    for size, read in ((MAX_STRICT_BYTES, at_once), (2_000_000, None)):
        delivery = WebhookDelivery(
            {}, hostile.filled(before + b"[", b"{},", b"{}]" + after, size), NOW, most_items=1_000
        )
        told = await said(reader, slug, delivery)
        assert told[0] is TooLarge
        assert "send at most 1000" in told[1]
        assert read is None or read(slug, delivery) == told


@pytest.mark.parametrize("slug", sorted(LISTS))
async def test_hostile_body_does_not_block_event_loop(reader: AlertReader, slug: str) -> None:
    before, after = LISTS[slug]
    bodies = [*hostile.any_json(2_000_000), *hostile.values(2_000_000, before, after)]
    await said(reader, slug, WebhookDelivery({}, b" " * MAX_STRICT_BYTES + b"{}", NOW))
    worst = [
        await longest_turn(said(reader, slug, WebhookDelivery({}, body, NOW, most_items=1_000)))
        for _, body in bodies[::11]
    ]
    assert max(worst) < 0.1


async def longest_turn(work: Any) -> float:
    """Return the longest processor time between two turns of the event loop while `work` runs."""
    task, longest, before = asyncio.create_task(work), 0.0, time.thread_time()
    while not task.done():
        await SystemClock().sleep(0.001)
        now = time.thread_time()
        longest, before = max(longest, now - before), now
    return longest


@pytest.mark.parametrize("slug", sorted(BY_SLUG))
def test_short_bodies_are_read_directly_within_limit(slug: str) -> None:
    before, after = LISTS.get(slug, (b'{"description":', b"}"))
    for size, read in ((SHORT, read_leniently), (MAX_STRICT_BYTES, read_strictly)):
        bodies = [*hostile.any_json(size), *hostile.values(size, before, after)]
        quick = is_moderate if read is read_strictly else is_short
        for name, body in (one for one in bodies if quick(one[1])):
            delivery = WebhookDelivery({}, body, NOW, most_items=1_000)
            took = min(seconds(read, slug, delivery) for _ in range(1))
            if took > 0.1:
                took = min(seconds(read, slug, delivery) for _ in range(3))
            assert took < 0.1, f"{slug}: {name} of {size} bytes"


def seconds(read: Any, slug: str, delivery: WebhookDelivery) -> float:
    began = time.thread_time()
    with suppress(GatewayError):
        read(BY_SLUG[slug], SourceSettings(), (), delivery)
    return time.thread_time() - began


async def test_body_that_times_out_is_quarantined_and_gateway_continues(
    gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerts, "compute_cpu_limit", lambda _: 0.0001)
    body = many(1_000, labels=60)  # which takes many ticks of the processor's clock
    for _ in range(2):
        status, told = await sent(gateway, body)
        assert status == 400
        assert "more time or memory" in told["detail"]
    kept = await gateway.pool.fetch("SELECT problem, body FROM quarantine")
    assert {(row["problem"], row["body"]) for row in kept} == {
        ("it takes more time or memory to read than it may", body)
    }
    assert (await gateway.post("/ingest/generic", {"title": "disk"})).status == 202


async def sent(gateway: RunningGateway, body: bytes) -> tuple[int, Any]:
    """Post a body as an Alertmanager does; return the status and the body of the response."""
    headers = {"Authorization": f"Bearer {gateway.keys['ingest']}"}
    answer = await gateway.client.post("/ingest/alertmanager", data=BytesIO(body), headers=headers)
    return answer.status, await answer.json()


async def test_body_of_empty_alerts_always_returns_413(gateway: RunningGateway) -> None:
    body = hostile.filled(b'{"version":"4","alerts":[', b"{},", b"{}]}", 2_097_000)
    for _ in range(2):
        assert (await sent(gateway, body))[0] == 413
    assert (await gateway.get("/healthz", key=None))[0] == 200


def test_reading_limits_are_consistent() -> None:
    assert SHORT < MAX_STRICT_BYTES
    assert 3 * compute_cpu_limit(b" " * 2_097_152) < process.CALL_TIMEOUT_S
    assert MOST_ITEMS >= 5_000
