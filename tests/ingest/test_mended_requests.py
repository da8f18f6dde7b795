"""A request with flaws opens a record, and its receipt lists what was mended."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from gateway.settings import MOST_ITEMS, Database, load
from tests.ingest.reading.test_lenient import NUL
from tests.ingest.reading.test_lenient_times import TIMES
from tests.support.served import RunningGateway, served


@pytest.fixture
async def gateway(database_url: str) -> AsyncIterator[RunningGateway]:
    settings = msgspec.structs.replace(
        load(None, {}), database=Database(url=database_url, pool_min=1, pool_max=8)
    )
    async with served(settings) as running:
        yield running


async def post(gateway: RunningGateway, path: str, body: bytes, **headers: str) -> tuple[int, Any]:
    sent = {"Authorization": f"Bearer {gateway.keys['ingest']}", "Content-Type": "application/json"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await gateway.client.post(path, data=body, headers=sent | named)
    return answer.status, await answer.json(
        content_type=None
    ) if "json" in answer.content_type else None


async def receipt(gateway: RunningGateway, answer: Any) -> list[Any]:
    _, shown = await gateway.get(f"/api/v1/receipts/{answer['receipt']}", key="read")
    return [one["mended"] for one in shown["results"]]


async def test_nul_in_annotation_opens_incident_and_is_reported_on_receipt(
    gateway: RunningGateway,
) -> None:
    told = {
        "pointer": "/alerts/0/annotations/lastlog",
        "what": "characters that cannot be kept were replaced by U+FFFD",
    }
    status, answer = await post(gateway, "/ingest/alertmanager", NUL)
    assert (status, answer["results"][0]["outcome"], answer["results"][0]["mended"]) == (
        202,
        "opened",
        [told],
    )
    assert await receipt(gateway, answer) == [[told]]
    status, answer = await post(gateway, "/ingest/alertmanager", NUL)
    assert (answer["results"][0]["outcome"], await receipt(gateway, answer)) == (
        "repeated",
        [[told]],
    )
    _, found = await gateway.get("/api/v1/incidents", key="read")
    assert [(one["priority"], one["occurrences"]) for one in found["incidents"]] == [(1, 2)]


async def test_byte_order_mark_is_removed_at_every_endpoint(gateway: RunningGateway) -> None:
    mark, key = b"\xef\xbb\xbf", gateway.keys["ingest"]
    event = {
        "routing_key": key,
        "event_action": "trigger",
        "payload": {"summary": "disk", "severity": "error", "source": "a"},
    }
    for path, body in (
        ("/ingest/generic", {"title": "backup of ERP failed", "severity": "critical"}),
        ("/v2/enqueue", event),
        (
            "/generic/2010-04-15/create_event.json",
            {"service_key": key, "event_type": "trigger", "description": "disk"},
        ),
        ("/v2/alerts", {"message": "disk"}),
        (
            f"/integrations/v1/grafana/{key}/",
            {"alerts": [{"status": "firing", "labels": {"alertname": "Disk"}}]},
        ),
        (f"/api/v2/generic/incoming?token={key}", {"summary": "disk"}),
    ):
        for coded in (
            mark + msgspec.json.encode(body),
            msgspec.json.encode(body).decode().encode("utf-16"),
        ):
            status, _ = await post(gateway, path, coded)
            assert status in {200, 202, 204}, path
    assert await gateway.pool.fetchval("SELECT count(*) FROM quarantine") == 0
    assert await gateway.pool.fetchval("SELECT count(*) FROM receipt WHERE mended IS NULL") == 0


async def test_no_time_format_refuses_alert(gateway: RunningGateway) -> None:
    for told in [*TIMES, "yesterday"]:
        body = {
            "title": "payments down",
            "severity": "critical",
            "dedup_key": "pay",
            "occurred_at": told,
        }
        status, answer = await post(gateway, "/ingest/generic", msgspec.json.encode(body))
        assert status == 202, told
    assert [one["pointer"] for one in answer["results"][0]["mended"]] == ["/occurred_at"]


async def test_well_formed_alert_reports_no_mends(gateway: RunningGateway) -> None:
    status, answer = await post(gateway, "/ingest/generic", b'{"title":"disk"}')
    assert (status, "mended" in answer["results"][0], await receipt(gateway, answer)) == (
        202,
        False,
        [[]],
    )


async def test_quarantine_keeps_original_bytes_and_problem(gateway: RunningGateway) -> None:
    bodies = [
        ("/ingest/generic", b'\xef\xbb\xbf{"titel": "b\xfcro"}', {}),
        (
            f"/api/v2/generic/incoming?token={gateway.keys['ingest']}",
            FORM,
            {"Content_Type": "multipart/form-data; boundary=b"},
        ),
        ("/ingest/generic", b'[{"title": "a"},  {"titel":  1.50 }]', {}),
    ]
    for path, body, headers in bodies:
        await post(gateway, path, body, **headers)
    kept = await gateway.pool.fetch("SELECT body, problem FROM quarantine ORDER BY id")
    assert [row["body"] for row in kept] == [bodies[0][1], FORM, b'{"titel":  1.50 }']
    assert {row["problem"] for row in kept} == {
        "title is missing or empty",
        "summary is missing or empty",
    }


FORM = b'--b\r\nContent-Disposition: form-data; name="details"\r\n\r\nno summary\r\n--b--\r\n'


async def test_multipart_form_is_read_like_urlencoded_form(gateway: RunningGateway) -> None:
    body = FORM.replace(
        b"no summary\r\n--b--",
        b'x\r\n--b\r\nContent-Disposition: form-data; name="summary"\r\n\r\n[Shop] Down\r\n--b--',
    )
    path = f"/api/v2/generic/incoming?token={gateway.keys['ingest']}"
    assert (await post(gateway, path, body, Content_Type="multipart/form-data; boundary=b"))[
        0
    ] == 204
    assert (
        await post(
            gateway,
            path,
            b"summary=%5BShop%5D+Down&details=x",
            Content_Type="application/x-www-form-urlencoded",
        )
    )[0] == 204
    _, found = await gateway.get("/api/v1/incidents", key="read")
    assert [(one["title"], one["occurrences"]) for one in found["incidents"]] == [
        ("[Shop] Down", 2)
    ]


async def test_key_in_form_body_is_redacted_in_quarantine(gateway: RunningGateway) -> None:
    body = f"details=x&token={gateway.keys['ingest']}".encode()
    await gateway.client.post(
        "/api/v2/generic/incoming",
        data=body,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert (
        await gateway.pool.fetchval("SELECT body FROM quarantine") == b"details=x&token=(the key)"
    )


@pytest.mark.parametrize("path", ["/ingest/generic", "/api/v2/alerts", "/ingest/alertmanager"])
async def test_too_many_items_return_413_and_are_not_quarantined(
    gateway: RunningGateway, path: str
) -> None:
    items = b"[" + b"{}," * MOST_ITEMS + b"{}]"
    status, answer = await post(
        gateway, path, b'{"alerts":%b}' % items if "ingest/alert" in path else items
    )
    assert (status, answer["detail"]) == (
        413,
        f"{MOST_ITEMS + 1} items in one request: send at most 1000",
    )
    assert await gateway.pool.fetchval("SELECT count(*) FROM quarantine") == 0
