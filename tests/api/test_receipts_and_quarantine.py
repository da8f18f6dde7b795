from datetime import timedelta
from uuid import UUID, uuid4

from gateway.db.pool import Pool
from gateway.receipts.receipt_id import receipt_ids
from tests.support.api import Api
from tests.support.clock import NOON

INSERT_RECEIPT = """
INSERT INTO receipt (id, received_at, integration_id, source, items, body_bytes)
VALUES ($1, $2, 1, 'generic', 1, 2)
"""
INSERT_EVENT = """
INSERT INTO alert_event (receipt_id, item, received_at, dedup_key, status, outcome, reason)
VALUES ($1, 0, $2, 'disk', 'firing', 'opened', 'new')
"""
INSERT_QUARANTINE = """
INSERT INTO quarantine (receipt_id, item, integration_id, source, received_at, headers, body,
    problem, pointer)
VALUES ($1, -1, 1, 'generic', $2, '{"user-agent": "x"}', $3, 'no JSON', '')
"""


async def test_receipt_lists_outcome_of_every_item(api: Api, pool: Pool) -> None:
    receipt = receipt_ids(NOON, 1)[0]
    await pool.execute(INSERT_RECEIPT, receipt, NOON)
    await pool.execute(INSERT_EVENT, receipt, NOON)
    status, shown = await api.call("GET", f"/api/v1/receipts/{receipt}")
    assert (status, shown["receipt"], shown["items"]) == (200, str(receipt), 1)
    assert [(item["dedup_key"], item["outcome"]) for item in shown["results"]] == [
        ("disk", "opened")
    ]


async def test_unknown_receipt_and_invalid_receipt_id_are_refused(api: Api) -> None:
    for known in (receipt_ids(NOON, 1)[0], uuid4(), UUID(int=0), UUID(int=2**128 - 1)):
        assert (await api.call("GET", f"/api/v1/receipts/{known}"))[0] in {400, 404}
    assert (await api.call("GET", "/api/v1/receipts/x"))[0] == 400


async def test_numeric_time_in_query_returns_400(api: Api) -> None:
    assert (await api.call("GET", "/api/v1/incidents?updated_since=0.5"))[0] == 400
    assert (await api.call("GET", "/api/v1/incidents?updated_since=2026-11-29T02:00:00Z"))[0] == 200
    assert (await api.call("GET", "/api/v1/quarantine?since=2026-11-29T02:00:00Z"))[0] == 200


async def test_quarantine_is_paged_newest_first(api: Api, pool: Pool) -> None:
    for n in range(5):
        at = NOON + timedelta(seconds=n)
        await pool.execute(
            INSERT_QUARANTINE, receipt_ids(at, 1)[0], at, b"\xff" * 20_000 if n == 4 else b"{"
        )
    seen, before = [], ""
    while True:
        status, page = await api.call("GET", f"/api/v1/quarantine?limit=2{before}")
        assert status == 200
        seen += page["quarantine"]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert [entry["id"] for entry in seen] == sorted((entry["id"] for entry in seen), reverse=True)
    assert len(seen) == 5
    assert (seen[0]["bytes"], len(seen[0]["body"]), seen[0]["headers"]) == (
        20_000,
        16_384,
        {"user-agent": "x"},
    )
    assert (await api.call("GET", "/api/v1/quarantine?state=replayed"))[1] == {
        "quarantine": [],
        "next": None,
    }


async def test_invalid_quarantine_query_returns_400(api: Api) -> None:
    for query in (
        "limit=0",
        "before=0",
        "since=0.5",
        "since=1795918015",
        "before=99999999999999999999",
        "state=x",
        "unknown=1",
    ):
        status, problem = await api.call("GET", f"/api/v1/quarantine?{query}")
        assert (status, problem["type"]) == (400, "/problems/malformed")
