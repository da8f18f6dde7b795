"""Messages to a person in the database: steps until somebody accepts, bundles, pauses, limits."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from gateway.db.pool import Pool, acquire
from gateway.directory import people
from gateway.directory.contact_method import PersonContactMethod
from gateway.directory.contact_methods import methods_of, replace_methods
from gateway.directory.notification_rules import NORMAL, replace_rules
from gateway.directory.pauses import set_do_not_disturb, set_quiet_hours
from gateway.directory.quiet_hours import DoNotDisturb, Pauses, QuietSpan
from gateway.directory.reach import RuleStep
from gateway.directory.roles import Role
from gateway.incidents.announcements.notices import queue_notices
from gateway.notify import dispatching, outbox, runner
from gateway.notify.message import Delivered, Message, Result, Retry, Undeliverable
from gateway.notify.runner import NotificationRunner
from gateway.observe.metrics import Metrics
from gateway.operations.rounds.undelivered import note_undelivered
from gateway.settings.pacing import PacingSettings
from gateway.timing.durations import Duration
from tests.support.api import Api
from tests.support.clock import NOON, FakeClock
from tests.support.messages import ScriptedChannel, notice

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ROWS = """
SELECT state, template, channel, step, reached, last_error, held_for, held_until, created_at
FROM outbox ORDER BY created_at, step, template, id
"""


class World:
    """Ann, who gets a text message and then a mail, and the channels that reach her."""

    def __init__(self, api: Api, clock: FakeClock) -> None:
        self.api, self.pool, self.clock = api, api.uow.pool, clock
        self.sms, self.mail = ScriptedChannel(), ScriptedChannel()
        self.pacing = PacingSettings(
            urgent=2,
            step_after=Duration(minutes=2),
            bundle_within=Duration(minutes=1),
            per_hour={"sms": 3},
        )

    def runner(self) -> NotificationRunner:
        """Return a notifier as it is after a start: it remembers nothing."""
        return NotificationRunner(
            pool=self.pool,
            channels={"sms": self.sms, "smtp": self.mail},
            metrics=Metrics(CollectorRegistry()),
            clock=self.clock,
            pacing=self.pacing,
            opens=lambda row, _: f"https://gateway.example.com/{row.incident_id}",
        )

    async def run(self) -> None:
        """Send all that is due."""
        while await self.runner().run_once(self.clock.at):
            pass

    async def later(self, wait: timedelta) -> None:
        """Move the clock and send what became due."""
        self.clock.advance(wait)
        await self.run()

    async def opened(self, **fields: Any) -> tuple[str, int]:
        """Return number and id of a record that is assigned to Ann's group."""
        made = await self.api.incident(**fields)
        body = {"group": "dba", "note": "look"}
        path = f"/api/v1/incidents/{made['number']}/assign"
        status, told = await self.api.call("POST", path, body)
        assert status == 200, told
        await self.pool.execute("DELETE FROM outbox")
        incident_id = await self.pool.fetchval(
            "SELECT id FROM incident WHERE number = $1", made["number"]
        )
        return made["number"], incident_id

    async def tell(
        self, incident_id: int, template: str = "assigned", priority: int = 1, **facts: Any
    ) -> None:
        """Queue a message to Ann about a record."""
        said = {"number": f"INC-{incident_id}", "title": "disk full", "priority": priority}
        one = replace(
            notice(target="person:ann", template=template, cause=f"{template}{self.clock.at}"),
            facts=said | facts,
            role="handler",
        )
        async with acquire(self.pool) as conn:
            await queue_notices(conn, [(incident_id, one)], self.clock.at)

    async def rows(self) -> list[dict[str, Any]]:
        """Return the outbox in order."""
        return [dict(row) for row in await self.pool.fetch(ROWS)]

    async def states(self) -> list[str]:
        """Return the states of the outbox in order."""
        return [row["state"] for row in await self.rows()]

    def sent(self) -> list[str]:
        """Return who was reached, in order of the channels."""
        return [f"{one.template}" for one in (*self.sms.sent, *self.mail.sent)]


def always(result: Result) -> Callable[[Message], Result]:
    return lambda _: result


@pytest.fixture
async def world(api: Api, clock: FakeClock) -> World:
    await api.person("ann", Role.TIER2, email="ann@example.com", phone="+8613800138000")
    await api.hire("dba", "ann")
    one = World(api, clock)
    async with acquire(one.pool) as conn, conn.transaction():
        await replace_methods(
            conn, "ann", [PersonContactMethod("sms"), PersonContactMethod("mail")]
        )
    return one


async def test_urgent_record_is_told_by_the_next_method_until_accepted(world: World) -> None:
    _, incident_id = await world.opened()
    await world.tell(incident_id)
    await world.run()
    assert (len(world.sms.sent), len(world.mail.sent)) == (1, 0)
    await world.later(2 * MINUTE - SECOND)
    assert len(world.mail.sent) == 0
    await world.later(SECOND)
    assert (len(world.sms.sent), len(world.mail.sent)) == (1, 1)
    await world.later(timedelta(hours=1))
    assert (len(world.sms.sent), len(world.mail.sent)) == (1, 1)
    assert await world.states() == ["sent", "sent"]
    assert world.mail.sent[0].text.splitlines()[0] == world.sms.sent[0].text.splitlines()[0]


@pytest.mark.parametrize("action", ["acknowledge", "assign", "resolve"])
async def test_sequence_ends_when_the_record_is_accepted_given_away_or_ended(
    world: World, action: str
) -> None:
    number, incident_id = await world.opened()
    await world.tell(incident_id)
    await world.run()
    world.clock.advance(MINUTE)
    await world.api.hire("net", "bob")
    body = {"assign": {"group": "net", "note": "theirs"}, "resolve": {"solution": "done"}}
    path = f"/api/v1/incidents/{number}/{action}"
    scope = "ann" if action == "acknowledge" else "admin"
    status, said = await world.api.call("POST", path, body.get(action, {}), scope=scope)
    assert status == 200, said
    await world.pool.execute("DELETE FROM outbox WHERE step = 0 AND created_at > $1", NOON)
    await world.later(timedelta(hours=1))
    assert (len(world.sms.sent), len(world.mail.sent)) == (1, 0)
    rows = await world.rows()
    assert [row["state"] for row in rows] == ["sent", "cancelled"]
    assert "accepted" in rows[1]["last_error"]


async def taken(world: World) -> tuple[str, int]:
    """Return number and id of a record that Ann accepted a minute ago."""
    number, incident_id = await world.opened()
    status, said = await world.api.call(
        "POST", f"/api/v1/incidents/{number}/acknowledge", {}, scope="ann"
    )
    assert status == 200, said
    await world.pool.execute("DELETE FROM outbox")
    world.clock.advance(MINUTE)
    return number, incident_id


@pytest.mark.parametrize("template", ["forgotten", "raised", "reopened"])
async def test_sequence_goes_on_about_a_record_that_was_accepted_before(
    world: World, template: str
) -> None:
    _, incident_id = await taken(world)
    await world.tell(incident_id, template)
    await world.run()
    await world.later(2 * MINUTE)
    assert (len(world.sms.sent), len(world.mail.sent)) == (1, 1)


@pytest.mark.parametrize(("template", "calls"), [("forgotten", 1), ("raised", 2)])
async def test_any_work_on_a_forgotten_record_ends_its_sequence(
    world: World, template: str, calls: int
) -> None:
    number, incident_id = await taken(world)
    await world.tell(incident_id, template)
    await world.run()
    world.clock.advance(MINUTE)
    status, said = await world.api.call(
        "POST", f"/api/v1/incidents/{number}/note", {"note": "on it"}, scope="ann"
    )
    assert status == 200, said
    await world.later(MINUTE)
    assert len(world.sms.sent) + len(world.mail.sent) == calls


async def test_sequence_ends_when_the_person_is_told_anew(world: World) -> None:
    _, incident_id = await world.opened()
    await world.tell(incident_id)
    await world.run()
    world.clock.advance(MINUTE)
    await world.tell(incident_id, "raised")
    await world.run()
    await world.later(MINUTE)
    assert (len(world.sms.sent), len(world.mail.sent)) == (2, 0)
    await world.later(MINUTE)
    assert (len(world.sms.sent), len(world.mail.sent)) == (2, 1)
    assert sorted(await world.states()) == ["cancelled", "sent", "sent", "sent"]


async def test_step_that_fails_is_followed_at_once_and_not_repeated_later(world: World) -> None:
    world.sms.answer = always(Undeliverable("no telephone"))
    _, incident_id = await world.opened()
    await world.tell(incident_id)
    await world.run()
    assert len(world.mail.sent) == 1
    await world.later(timedelta(hours=1))
    assert (len(world.sms.sent), len(world.mail.sent)) == (1, 1)


async def test_step_that_fails_later_is_tried_again_by_its_own_method(world: World) -> None:
    _, incident_id = await world.opened()
    await world.tell(incident_id)
    await world.run()
    world.mail.answer = always(Retry("mail server down"))
    await world.later(2 * MINUTE)
    world.mail.answer = always(Delivered())
    await world.later(10 * SECOND)
    assert (len(world.sms.sent), len(world.mail.sent)) == (1, 2)
    assert len({one.id for one in world.mail.sent}) == 1


async def test_crash_between_send_and_settle_loses_and_doubles_no_step(world: World) -> None:
    _, incident_id = await world.opened()
    await world.tell(incident_id)
    for _ in range(2):
        async with acquire(world.pool) as conn:
            (row,) = await outbox.claim(conn, world.clock.at, 10)
        verdict = (await world.runner().attempt(row)).settlement
        world.clock.advance(outbox.VISIBILITY)
    await world.run()
    assert len({one.id for one in world.sms.sent}) == 1
    async with acquire(world.pool) as conn:
        assert await outbox.settle(conn, world.clock.at, [verdict]) == 0
    await world.later(2 * MINUTE)
    assert len(world.mail.sent) == 1
    assert await world.states() == ["sent", "sent"]


async def test_normal_record_takes_one_method_unless_a_rule_says_more(world: World) -> None:
    _, incident_id = await world.opened()
    await world.tell(incident_id, priority=3)
    await world.run()
    await world.later(timedelta(hours=1))
    assert world.sent() == ["assigned"]
    async with acquire(world.pool) as conn, conn.transaction():
        sms, mail = await methods_of(conn, "ann")
        steps = [RuleStep(mail.id, timedelta()), RuleStep(sms.id, timedelta(minutes=15))]
        await replace_rules(conn, "ann", {NORMAL: steps})
    await world.tell(incident_id, priority=3)
    await world.run()
    await world.later(timedelta(minutes=15))
    assert (len(world.sms.sent), len(world.mail.sent)) == (2, 1)


async def test_method_that_is_not_verified_is_not_used(world: World) -> None:
    async with acquire(world.pool) as conn, conn.transaction():
        typed = [PersonContactMethod("mail", "typed@example.com")]
        await replace_methods(conn, "ann", typed)
    _, incident_id = await world.opened()
    await world.tell(incident_id)
    await world.run()
    assert [one.recipient for one in world.mail.sent] == ["ann@example.com"]


async def test_twenty_messages_of_a_minute_are_two(world: World) -> None:
    ids = [(await world.opened())[1] for _ in range(20)]
    await world.tell(ids[0], "opened", 3)
    await world.run()
    for incident_id in ids[1:]:
        world.clock.advance(SECOND)
        await world.tell(incident_id, "opened", 3)
        await world.run()
    assert len(world.sms.sent) == 1
    held = [row for row in await world.rows() if row["state"] == "pending"]
    assert {row["held_for"] for row in held} == {"minute"}
    await world.later(MINUTE)
    first, bundle = world.sms.sent
    assert (first.template, bundle.template) == ("opened", "bundle")
    assert bundle.subject == "19 messages, the most urgent P3"
    assert all(f"[INC-{one}] P3 opened: disk full" in bundle.text for one in ids[1:])
    assert f"https://gateway.example.com/{ids[1]}" in bundle.text
    rows = await world.rows()
    assert {row["state"] for row in rows} == {"sent"}
    assert {row["reached"] for row in rows} == {"sms:ann"}
    await world.later(timedelta(hours=1))
    assert len(world.sms.sent) == 2


async def test_bundle_is_mailed_to_whoever_is_called_first(world: World) -> None:
    async with acquire(world.pool) as conn, conn.transaction():
        methods = [PersonContactMethod("voice"), PersonContactMethod("mail")]
        await replace_methods(conn, "ann", methods)
    for incident_id in [(await world.opened())[1] for _ in range(2)]:
        await world.tell(incident_id, "opened", 3)
    await world.run()
    assert [one.template for one in world.mail.sent] == ["bundle"]


async def test_row_that_cannot_be_read_is_dead_and_others_are_sent(world: World) -> None:
    ids = [(await world.opened())[1] for _ in range(2)]
    for incident_id in ids:
        await world.tell(incident_id, "opened", 3)
    await world.pool.execute("UPDATE outbox SET facts = '7' WHERE incident_id = $1", ids[0])
    await world.run()
    assert sorted(await world.states()) == ["dead", "sent"]


async def test_urgent_messages_are_never_bundled_or_held(world: World) -> None:
    ids = [(await world.opened())[1] for _ in range(5)]
    for incident_id in ids:
        await world.tell(incident_id, "opened", 1)
    await world.run()
    assert [one.template for one in world.sms.sent] == ["opened"] * 5
    await world.tell(ids[0], "raised", 3)
    await world.run()
    assert len(world.sms.sent) == 6


async def test_crash_after_a_bundle_was_sent_sends_it_again_under_its_id(world: World) -> None:
    for incident_id in [(await world.opened())[1] for _ in range(3)]:
        await world.tell(incident_id, "opened", 3)
    await world.runner().run_once(world.clock.at)
    async with acquire(world.pool) as conn:
        (row,) = await outbox.claim(conn, world.clock.at, 10)
    await world.runner().attempt(row)
    await world.later(outbox.VISIBILITY)
    assert [one.template for one in world.sms.sent] == ["bundle", "bundle"]
    assert len({one.id for one in world.sms.sent}) == 1
    assert set(await world.states()) == {"sent"}


async def test_messages_of_a_bundle_that_fails_are_given_up_with_it(world: World) -> None:
    world.sms.answer = world.mail.answer = always(Undeliverable("gone"))
    ids = [(await world.opened())[1] for _ in range(2)]
    for incident_id in ids:
        await world.tell(incident_id, "opened", 3)
    await world.run()
    rows = await world.rows()
    assert [row["state"] for row in rows] == ["dead"] * 3
    assert {row["last_error"] for row in rows} == {"gone"}


async def test_replicas_bundle_and_send_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "BATCH", 3)
    for incident_id in [(await world.opened())[1] for _ in range(6)]:
        await world.tell(incident_id, "opened", 3)
    replicas = [world.runner(), world.runner()]
    claimed = await asyncio.gather(*(one.run_once(world.clock.at) for one in replicas))
    assert claimed == [3, 3]
    await world.run()
    assert len(world.sms.sent) == 1
    await world.later(MINUTE)
    listed = [one["number"] for sent in world.sms.sent for one in sent.facts["listed"]]
    assert (len(world.sms.sent), len(listed), len(set(listed))) == (2, 6, 6)


async def test_dispatch_waits_for_that_of_another_replica(world: World) -> None:
    _, incident_id = await world.opened()
    await world.tell(incident_id, "opened", 3)
    async with acquire(world.pool) as conn:
        person_id = await conn.fetchval("SELECT id FROM person WHERE login = 'ann'")
        await conn.execute("INSERT INTO person_pause (person_id) VALUES ($1)", person_id)
        async with conn.transaction():
            await conn.fetchval(dispatching.PACE, person_id)
            here = asyncio.ensure_future(world.runner().run_once(NOON))
            blocked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            async with asyncio.timeout(5):
                while not (here.done() or await conn.fetchval(blocked)):
                    await asyncio.sleep(0)  # noqa: TID251 - one turn of the loop, no time
            await conn.execute(dispatching.PACED, person_id, NOON)
    await here
    assert world.sms.sent == []
    assert {row["held_for"] for row in await world.rows()} == {"minute"}


async def test_limit_of_an_address_holds_back_what_is_not_urgent(world: World) -> None:
    ids = [(await world.opened())[1] for _ in range(6)]
    for incident_id in ids[:3]:
        await world.tell(incident_id, "opened", 3)
        await world.run()
        world.clock.advance(MINUTE)
    for incident_id in ids[3:5]:
        await world.tell(incident_id, "opened", 3)
    await world.run()
    assert len(world.sms.sent) == 3
    assert {row["held_for"] for row in await world.rows() if row["state"] == "pending"} == {"rate"}
    await world.tell(ids[5], "opened", 1)
    await world.run()
    assert len(world.sms.sent) == 4
    await world.later(timedelta(minutes=20))
    assert [one.template for one in world.sms.sent][4:] == ["bundle"]


async def test_quiet_hours_hold_what_is_not_urgent_until_they_end(world: World) -> None:
    async with acquire(world.pool) as conn, conn.transaction():
        quiet = Pauses(quiet=(QuietSpan(frozenset(range(7)), 0, 13 * 60),))
        await set_quiet_hours(conn, "ann", quiet, NOON)
    ids = [(await world.opened())[1] for _ in range(4)]
    for incident_id, priority in zip(ids, (3, 4, 2, 1), strict=True):
        await world.tell(incident_id, "opened", priority)
    await world.run()
    assert [one.incident_id for one in world.sms.sent] == [ids[3]]
    dead = [row for row in await world.rows() if row["state"] == "dead"]
    assert [row["last_error"] for row in dead] == ["quiet hours until 2026-03-02T13:00Z"]
    await world.later(timedelta(minutes=59))
    assert [one.template for one in world.sms.sent] == ["opened"]
    await world.later(MINUTE)
    assert [one.template for one in world.sms.sent] == ["opened", "bundle"]


async def test_urgent_message_that_may_not_pass_calls_the_next_role_and_says_why(
    world: World,
) -> None:
    await world.api.person("dora", Role.SERVICE_DESK, email="dora@example.com")
    number, incident_id = await world.opened(impact="business", urgency="urgent")
    async with acquire(world.pool) as conn, conn.transaction():
        asleep = DoNotDisturb(NOON + timedelta(hours=8), absolute=True)
        await set_do_not_disturb(conn, "ann", asleep, NOON)
    await world.tell(incident_id)
    await world.run()
    assert world.sent() == []
    await note_undelivered(world.api.uow)
    await world.run()
    assert [(one.template, one.recipient) for one in world.mail.sent] == [
        ("undelivered", "dora@example.com")
    ]
    _, story = await world.api.call("GET", f"/api/v1/incidents/{number}/timeline")
    reasons = [one["facts"]["reason"] for one in story["entries"] if one["event"] == "undelivered"]
    assert reasons == ["do not disturb until 2026-03-02T20:00Z"]


async def test_messages_that_wait_go_when_the_pause_is_ended(world: World) -> None:
    async with acquire(world.pool) as conn, conn.transaction():
        disturb = DoNotDisturb(NOON + timedelta(days=30))
        await set_do_not_disturb(conn, "ann", disturb, NOON)
    _, incident_id = await world.opened()
    await world.tell(incident_id, "opened", 3)
    await world.run()
    assert world.sent() == []
    world.clock.advance(timedelta(days=20))
    async with acquire(world.pool) as conn, conn.transaction():
        await set_do_not_disturb(conn, "ann", None, world.clock.at)
    world.sms.answer = always(Retry("busy"))
    world.mail.answer = always(Retry("busy"))
    await world.run()
    assert await world.states() == ["pending"]
    world.sms.answer = always(Delivered())
    await world.later(MINUTE)
    assert await world.states() == ["sent"]


async def test_waiting_messages_do_not_look_like_a_stuck_outbox(world: World) -> None:
    async with acquire(world.pool) as conn, conn.transaction():
        await set_do_not_disturb(conn, "ann", DoNotDisturb(NOON + timedelta(days=3)), NOON)
    _, incident_id = await world.opened()
    await world.tell(incident_id, "opened", 3)
    await world.run()
    async with acquire(world.pool) as conn:
        assert await outbox.depth(conn, NOON + timedelta(days=1)) == []
        (late,) = await outbox.depth(conn, NOON + timedelta(days=3, minutes=1))
    assert (late.rows, late.oldest_s) == (1, 60.0)


async def test_nobody_with_the_login_is_given_up(world: World, pool: Pool) -> None:
    _, incident_id = await world.opened()
    await world.tell(incident_id)
    async with acquire(pool) as conn, conn.transaction():
        await people.change(conn, "ann", {"active": False}, None)
    await world.run()
    rows = await world.rows()
    assert [(row["state"], row["last_error"]) for row in rows] == [
        ("dead", "nobody has this login")
    ]
