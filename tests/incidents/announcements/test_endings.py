"""Resolution, closure and reopening are announced to all who were notified of the incident."""

from dataclasses import replace

import pytest

from gateway.db.pool import Pool
from gateway.incidents.announcements.endings import (
    AnnouncedChange,
    announced_change_of,
    messages_about_endings,
)
from gateway.incidents.record import Notice, Revision
from gateway.vocabulary import State
from tests.sla.stories import an_incident, ledger_of

OPEN = an_incident(ledger_of([(0, "record", 1)]))


@pytest.mark.parametrize(
    ("was", "now", "turn"),
    [
        (State.LOGGED, State.ASSIGNED, None),
        (State.IN_PROGRESS, State.RESOLVED, AnnouncedChange.RESOLVED),
        (State.LOGGED, State.REJECTED, AnnouncedChange.CLOSED),
        (State.RESOLVED, State.CLOSED, AnnouncedChange.CLOSED),
        (State.RESOLVED, State.IN_PROGRESS, AnnouncedChange.REOPENED),
        (State.RESOLVED, State.RESOLVED, None),
    ],
)
def test_resolution_closure_and_reopening_are_turns(
    was: State, now: State, turn: AnnouncedChange | None
) -> None:
    assert announced_change_of(replace(OPEN, state=was), replace(OPEN, state=now)) is turn


def test_opening_is_not_turn() -> None:
    assert announced_change_of(None, OPEN) is None


TOLD = """
INSERT INTO outbox
  (id, incident_id, channel, recipient, role, template, facts, created_at, next_attempt_at)
VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $6, now(), now())
"""


def changed(was: State, now: State, event: str, actor: str = "ann", **facts: object) -> Revision:
    before, after = replace(OPEN, state=was), replace(OPEN, state=now)
    return Revision(after=after, actor=actor, events=((event, facts),), before=before)


RESOLVED = changed(State.IN_PROGRESS, State.RESOLVED, "resolved")
CLOSED = changed(State.RESOLVED, State.CLOSED, "closed", closure="confirmed")
REOPENED = changed(State.RESOLVED, State.IN_PROGRESS, "reopened")


async def told(pool: Pool, *rows: tuple[str, str, str, str]) -> None:
    """Store messages as sent before: the channel, recipient, role and template of each."""
    async with pool.acquire() as conn:
        for channel, recipient, role, template in rows:
            facts = '{"locale": "zh", "opened": "true", "old": 1}'
            await conn.execute(TOLD, OPEN.id, channel, recipient, role, template, facts)


async def messages(pool: Pool, *revisions: Revision) -> list[tuple[str, str, str]]:
    async with pool.acquire() as conn:
        found = await messages_about_endings(conn, revisions)
    return [(notice.target, notice.role, notice.template) for _, notice in found]


async def test_resolution_is_announced_to_all_who_were_notified(pool: Pool) -> None:
    await told(
        pool,
        ("smtp", "boss@example.com", "management", "escalated"),
        ("smtp", "boss@example.com", "management", "sla_breached"),
        ("webhook", "https://a.example/hook", "webhook", "opened"),
        ("smtp", "rep@example.com", "reporter", "received"),
    )
    assert await messages(pool, RESOLVED) == [
        ("smtp:rep@example.com", "reporter", "resolved"),
        ("smtp:boss@example.com", "management", "resolved"),
        ("webhook:https://a.example/hook", "webhook", "resolved"),
    ]


async def test_actor_of_change_gets_no_message_about_it(pool: Pool) -> None:
    await told(pool, ("person", "ann", "tier2", "assigned"), ("person", "bob", "tier2", "assigned"))
    assert await messages(pool, RESOLVED) == [("person:bob", "tier2", "resolved")]


async def test_closing_of_resolved_incident_is_sent_to_webhooks_only(pool: Pool) -> None:
    await told(
        pool,
        ("smtp", "boss@example.com", "management", "escalated"),
        ("webhook", "https://a.example/hook", "webhook", "opened"),
    )
    assert await messages(pool, CLOSED) == [("webhook:https://a.example/hook", "webhook", "closed")]


async def test_reopening_skips_recipients_that_it_notifies_itself(pool: Pool) -> None:
    await told(pool, ("person", "bob", "tier2", "assigned"), ("person", "cy", "tier2", "assigned"))
    own = Notice(cause="again", target="person:bob", role="tier2", template="assigned", facts={})
    assert await messages(pool, replace(REOPENED, notices=(own,))) == [
        ("person:cy", "tier2", "reopened")
    ]


async def test_reporter_message_keeps_language_of_acknowledgement(pool: Pool) -> None:
    await told(pool, ("smtp", "rep@example.com", "reporter", "received"))
    async with pool.acquire() as conn:
        ((_, notice),) = await messages_about_endings(conn, [REOPENED])
    assert (notice.facts["locale"], notice.facts["number"]) == ("zh", OPEN.number)
    assert "old" not in notice.facts


async def test_reporter_with_card_gets_no_message_about_assignee(pool: Pool) -> None:
    taken_up = changed(State.LOGGED, State.ASSIGNED, "assigned")
    await told(pool, ("slack", "C1", "reporter", "chat"), ("smtp", "r@a.example", "", "received"))
    assert await messages(pool, taken_up) == [("smtp:r@a.example", "reporter", "taken_up")]


async def test_change_that_nobody_hears_of_has_no_messages(pool: Pool) -> None:
    await told(pool, ("smtp", "boss@example.com", "management", "escalated"))
    assert await messages(pool, changed(State.LOGGED, State.ASSIGNED, "note")) == []
