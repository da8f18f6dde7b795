"""Tests of the message log over the API."""

from datetime import timedelta
from uuid import uuid4

from prometheus_client import CollectorRegistry

from gateway.db.pool import Pool
from gateway.directory.roles import Role
from gateway.incidents.announcements.notices import queue_notices
from gateway.notify.message import Delivered, Result, Retry, Undeliverable
from gateway.notify.runner import NotificationRunner
from gateway.observe.metrics import Metrics
from tests.support.api import Api
from tests.support.clock import FakeClock
from tests.support.messages import ScriptedChannel, notice

MESSAGES = "/api/v1/messages"


async def sent(
    api: Api, pool: Pool, clock: FakeClock, *results: Result, security: bool = False
) -> str:
    """Let a message about a record be tried once for each result; return the record's number."""
    incident = await api.incident(title="disk full", security=security)
    record = await pool.fetchval("SELECT id FROM incident WHERE number = $1", incident["number"])
    await pool.execute("DELETE FROM outbox")
    async with pool.acquire() as conn:
        await queue_notices(conn, [(record, notice())], clock.at)
    await tried(pool, clock, *results)
    return str(incident["number"])


async def tried(pool: Pool, clock: FakeClock, *results: Result) -> None:
    script = iter(results)
    channel = ScriptedChannel(lambda _: next(script))
    runner = NotificationRunner(
        pool=pool,
        channels={"webhook": channel},
        metrics=Metrics(CollectorRegistry(), channels=["webhook"]),
        clock=clock,
    )
    for _ in results:
        assert await runner.run_once(clock.at) == 1
        clock.advance(timedelta(hours=1))


async def test_message_is_listed_and_read_with_every_attempt(
    api: Api, pool: Pool, clock: FakeClock
) -> None:
    number = await sent(api, pool, clock, Retry("busy"), Delivered(handle="msg-7", parts=2))
    _, listed = await api.call("GET", f"{MESSAGES}?incident={number}", scope="read")
    [one] = listed["messages"]
    assert (one["state"], one["template"], one["cause"], one["attempts"]) == (
        "sent",
        "opened",
        notice().cause,
        2,
    )
    _, read = await api.call("GET", f"{MESSAGES}/{one['id']}", scope="read")
    assert [
        (each["outcome"], each["error"], each["vendor_id"], each["parts"]) for each in read["tries"]
    ] == [("retry", "busy", "", 1), ("sent", "", "msg-7", 2)]
    for query, found in (
        ("state=dead", 0),
        ("state=sent&channel=webhook", 1),
        ("recipient=nobody", 0),
        (f"before={one['id']}", 0),
    ):
        assert len((await api.call("GET", f"{MESSAGES}?{query}"))[1]["messages"]) == found


async def test_message_that_was_given_up_is_sent_again_under_its_own_id(
    api: Api, pool: Pool, clock: FakeClock
) -> None:
    await sent(api, pool, clock, Undeliverable("no such address"))
    [one] = (await api.call("GET", f"{MESSAGES}?state=dead"))[1]["messages"]
    assert one["last_error"] == "no such address"
    status, again = await api.call("POST", f"{MESSAGES}/{one['id']}/resend", scope="write")
    assert (status, again["id"]) == (202, one["id"])
    assert (await api.call("POST", f"{MESSAGES}/{one['id']}/resend"))[0] == 409
    await tried(pool, clock, Delivered())
    _, read = await api.call("GET", f"{MESSAGES}/{one['id']}")
    assert (read["state"], [each["outcome"] for each in read["tries"]]) == (
        "sent",
        ["dead", "sent"],
    )


async def test_message_that_arrived_is_sent_again_under_a_new_id(
    api: Api, pool: Pool, clock: FakeClock
) -> None:
    await sent(api, pool, clock, Delivered())
    [one] = (await api.call("GET", MESSAGES))[1]["messages"]
    _, again = await api.call("POST", f"{MESSAGES}/{one['id']}/resend")
    assert again["id"] != one["id"]
    assert len((await api.call("GET", MESSAGES))[1]["messages"]) == 2


async def test_messages_about_security_incidents_are_for_those_who_may_see_them(
    api: Api, pool: Pool, clock: FakeClock
) -> None:
    await sent(api, pool, clock, Delivered(), security=True)
    [one] = (await api.call("GET", MESSAGES))[1]["messages"]
    await api.person("dora", Role.SERVICE_DESK)
    assert (await api.call("GET", MESSAGES, scope="dora"))[1]["messages"] == []
    assert (await api.call("GET", f"{MESSAGES}/{one['id']}", scope="dora"))[0] == 404
    assert (await api.call("POST", f"{MESSAGES}/{one['id']}/resend", scope="dora"))[0] == 404


async def test_unknown_message_is_not_found(api: Api) -> None:
    for unknown in (str(uuid4()), "-" * 36):
        assert (await api.call("GET", f"{MESSAGES}/{unknown}"))[0] == 404
        assert (await api.call("POST", f"{MESSAGES}/{unknown}/resend"))[0] == 404
