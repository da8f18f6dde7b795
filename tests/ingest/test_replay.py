"""A body that cannot be read is kept in quarantine, shown, and replayed once it can be read."""

import pytest

from tests.support.served import RunningGateway

BAD = {"version": "4", "alerts": [{"status": "firing", "labels": "on fire", "fingerprint": "ab"}]}


async def test_unreadable_body_returns_400_and_is_quarantined(gateway: RunningGateway) -> None:
    answer = await gateway.post("/ingest/alertmanager", BAD)
    assert answer.status == 400
    _, listed = await gateway.get("/api/v1/quarantine", "admin")
    (kept,) = listed["quarantine"]
    assert (kept["source"], kept["item"], kept["pointer"]) == (
        "alertmanager",
        0,
        "/alerts/0/labels",
    )


async def test_replay_of_unmended_entry_returns_400(gateway: RunningGateway) -> None:
    await gateway.post("/ingest/alertmanager", BAD)
    assert (await gateway.post("/api/v1/quarantine/1/replay", {}, "admin")).status in {400, 404}
    _, listed = await gateway.get("/api/v1/quarantine", "admin")
    again = await gateway.post(
        f"/api/v1/quarantine/{listed['quarantine'][0]['id']}/replay", {}, "admin"
    )
    assert again.status == 400
    assert len((await gateway.get("/api/v1/quarantine", "admin"))[1]["quarantine"]) == 1


async def test_mended_entry_opens_incident_once(gateway: RunningGateway) -> None:
    await gateway.post("/ingest/alertmanager", BAD)
    _, listed = await gateway.get("/api/v1/quarantine", "admin")
    kept = listed["quarantine"][0]["id"]
    async with gateway.pool.acquire() as conn:
        await conn.execute(
            "UPDATE quarantine SET body = convert_to(replace(convert_from(body, 'UTF8'), "
            "'\"on fire\"', '{}'), 'UTF8') "
            "WHERE id = $1",
            kept,
        )
    first = await gateway.post(f"/api/v1/quarantine/{kept}/replay", {}, "admin")
    assert first.status == 202
    assert [result["outcome"] for result in (await first.json())["results"]] == ["opened"]
    assert (await gateway.post(f"/api/v1/quarantine/{kept}/replay", {}, "admin")).status == 409


@pytest.mark.parametrize("name", ["0", "x", "9" * 30])
async def test_replay_of_unknown_entry_returns_404(gateway: RunningGateway, name: str) -> None:
    assert (await gateway.post(f"/api/v1/quarantine/{name}/replay", {}, "admin")).status == 404
