"""Watchers of an incident are told of its shelving if they may see it."""

from dataclasses import replace

import pytest

from gateway.access.permissions import visibility_of
from gateway.access.principal import principal_of_person
from gateway.db.pool import Pool
from gateway.directory.roles import Role
from gateway.incidents import writing
from gateway.incidents.announcements.watchers import messages_about_shelving
from gateway.incidents.record import Incident, Notice, Revision
from gateway.vocabulary import State
from tests.sla.stories import an_incident, ledger_of, minute

OPEN = an_incident(ledger_of([(0, "record", 3)]), contact="p-reporter@example.com")
SAID = {"until": minute(60), "reason": "waits", "cause": "time"}
PERSON = """
INSERT INTO person (login, name, email, roles, created_at, updated_at)
VALUES ($1, $1, $1 || '@example.com', $2, now(), now())
"""
WATCH = """
INSERT INTO subscription (incident_id, target, subscribed_at, subscribed_by)
VALUES ($1, $2, now(), 'x')
"""


def change(incident: Incident, event: str, actor: str = "gateway", *told: Notice) -> Revision:
    return Revision(after=incident, actor=actor, events=((event, SAID),), notices=told)


async def watched(pool: Pool, incident: Incident, *targets: str) -> Incident:
    """Store the incident and the subscriptions, and return the incident."""
    async with pool.acquire() as conn, conn.transaction():
        opened = Revision(after=incident, actor="x", events=(("opened", {}),))
        (written,) = await writing.open_new(conn, b"k", [opened], minute(0))
        await conn.executemany(WATCH, [(incident.id, target) for target in targets])
    return written.incident


async def told(pool: Pool, revision: Revision) -> list[str]:
    async with pool.acquire() as conn:
        found = await messages_about_shelving(conn, [revision])
    return [notice.target for _, notice in found]


@pytest.mark.parametrize("security", [False, True])
async def test_watchers_are_told_exactly_if_they_may_see_incident(
    pool: Pool, *, security: bool
) -> None:
    async with pool.acquire() as conn:
        await conn.executemany(PERSON, [(f"p-{role}", [role]) for role in Role])
    outside = ["smtp:out@example.com"]
    people = [f"person:p-{role}" for role in Role]
    incident = await watched(pool, replace(OPEN, security=security), *people, *outside)
    allowed = [
        f"person:p-{role}"
        for role in Role
        if visibility_of(
            principal_of_person(f"p-{role}", f"p-{role}@example.com", "", [role])
        ).sees(incident)
    ]
    expected = allowed + ([] if security else outside)
    assert await told(pool, change(incident, "shelved")) == expected


async def test_one_who_shelves_or_is_told_anyway_gets_no_second_message(pool: Pool) -> None:
    async with pool.acquire() as conn:
        await conn.executemany(PERSON, [("ann", ["tier2"]), ("ben", ["tier2"])])
    incident = await watched(pool, OPEN, "person:ann", "person:ben", "smtp:out@example.com")
    sent = Notice(
        cause="unshelved#2", target="person:ben", role="handler", template="unshelved", facts={}
    )
    assert await told(pool, change(incident, "unshelved", "ann", sent)) == ["smtp:out@example.com"]
    assert await told(pool, change(incident, "note")) == []


async def test_watchers_are_told_until_when_and_why_it_returned_but_no_reason(pool: Pool) -> None:
    incident = await watched(pool, replace(OPEN, state=State.ASSIGNED), "smtp:out@example.com")
    async with pool.acquire() as conn:
        ((_, put_off),) = await messages_about_shelving(conn, [change(incident, "shelved")])
        ((_, back),) = await messages_about_shelving(conn, [change(incident, "unshelved")])
    assert put_off.facts["shelved_until"] == minute(60).isoformat()
    assert back.facts["returned_because"] == "time"
    assert not {"reason", "description"} & (put_off.facts.keys() | back.facts.keys())
