"""A sender's time in the year 9999 breaks no timer, no list and no key."""

import redis.asyncio

from gateway.vocabulary import TimerKind
from tests.support.story import Story

FOREVER = "9999-12-31T23:59:59.999999Z"
RECORDS = "SELECT count(*) FROM incident WHERE state = 'logged'"


async def timers_stay_healthy(story: Story) -> bool:
    """Run the timers of this replica for half a minute of the story's clock.

    Return whether they are healthy.
    """
    for _ in range(8):
        await story.gateway.timers.run_once()
        await story.until((story.clock.monotonic() + 4) / 60)
    return story.gateway.timers.healthy and not story.gateway.timers.broken


async def test_never_ending_alert_keeps_timers_running_after_index_loss(
    story: Story, redis_url: str
) -> None:
    alert = {"labels": {"alertname": "x"}, "endsAt": FOREVER}
    answer = await story.client.post("/api/v2/alerts", json=[alert], headers=story.as_key("ingest"))
    assert answer.status == 200
    client = redis.asyncio.from_url(redis_url)
    await client.flushall()
    await client.aclose()
    assert await timers_stay_healthy(story)
    assert await story.gateway.pool.fetchval(RECORDS) == 1
    lapses = await story.gateway.pool.fetchval(
        "SELECT due_at FROM timer WHERE kind = $1", int(TimerKind.ALERT_EXPIRY)
    )
    assert lapses.year == 2200
    listed = await story.client.get("/api/v2/alerts", headers=story.as_key("ingest"))
    assert [one["endsAt"] for one in await listed.json()] == ["2200-01-01T00:00:00.000Z"]


async def test_never_ending_silence_is_capped_and_listed(story: Story) -> None:
    matcher = {"name": "service", "value": "crm", "isRegex": False}
    asked = {
        "matchers": [matcher],
        "startsAt": "0001-01-01T00:00:00Z",
        "endsAt": FOREVER,
        "createdBy": "ann",
        "comment": "x",
    }
    answer = await story.client.post("/api/v2/silences", json=asked, headers=story.as_key("ingest"))
    assert answer.status == 200
    listed = await story.client.get("/api/v2/silences", headers=story.as_key("ingest"))
    assert [one["endsAt"] for one in await listed.json()] == ["2200-01-01T00:00:00.000Z"]
