"""A sender's time is returned as it was sent.

Only the order of events is decided by a bounded time.
"""

from tests.support.story import Story

LONG_AGO, LATER = "2019-05-06T07:08:09Z", "2019-05-06T08:00:00Z"


async def tell(story: Story, status: str, at: str) -> str:
    body = {
        "title": "disk full",
        "dedup_key": "disk",
        "severity": "warning",
        "status": status,
        "occurred_at": at,
    }
    answer = await story.client.post("/ingest/generic", json=body, headers=story.as_key("ingest"))
    result = (await answer.json())["results"][0]
    return str(result["outcome"] if status == "resolved" else result["incident"])


async def test_years_old_occurrence_time_is_kept(story: Story) -> None:
    number = await tell(story, "firing", LONG_AGO)
    assert (await story.record(number))["occurred_at"] == LONG_AGO
    kept = await story.gateway.pool.fetchval("SELECT event_time FROM alert_event")
    assert kept.isoformat() == LONG_AGO.replace("Z", "+00:00")


async def test_later_recovery_of_old_alert_resolves_incident(story: Story) -> None:
    number = await tell(story, "firing", LONG_AGO)
    await story.until(10)
    assert await tell(story, "resolved", LATER) == "cleared"
    assert (await story.record(number))["state"] == "resolved"
