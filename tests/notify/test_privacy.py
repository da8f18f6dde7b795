"""A notification about a security incident is checked at the time of sending.

It shows only what its recipient may see then.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from gateway.db.pool import Pool, acquire
from gateway.directory import people
from gateway.incidents import writing
from gateway.incidents.announcements.notices import queue_notices
from gateway.incidents.record import Revision
from gateway.incidents.timeline import GENESIS
from gateway.notify.message import Message
from gateway.notify.privacy import privy_addresses
from gateway.notify.runner import NotificationRunner
from gateway.notify.texts.templates import Template
from gateway.observe.metrics import Metrics
from tests.incidents.test_lifecycle import an_incident
from tests.notify.test_withholding import SECRET, everything_said
from tests.support.clock import NOON, FakeClock
from tests.support.messages import ScriptedChannel, notice

LISTED: Mapping[str, tuple[str, ...]] = {
    "security": ("smtp:soc@example.com", "slack:C1"),
    "incident_manager": ("voice:lena",),
    "leader": ("smtp:boss@example.com",),
}
SEEN = (
    "person:mona",
    "sms:mona",
    "smtp:Mona@example.com",
    "smtp:soc@example.com",
    "slack:C1",
    "slack:C1/=17.2",
)
UNSEEN = (
    "person:lena",
    "voice:lena",
    "smtp:lena@example.com",
    "smtp:boss@example.com",
    "slack:C2",
    "webhook:https://h.example",
)
PERSON = {"zone": "UTC", "skills": [], "locale": "en", "active": True, "phone": ""}
FLAG = "UPDATE incident SET security = true WHERE number = $1"


async def opened(pool: Pool, incident_id: int, **fields: Any) -> str:
    """Open an incident and return its number."""
    number = f"INC-20260302-{incident_id:06}"
    new = replace(
        an_incident(**fields), id=incident_id, number=number, version=0, timeline_hash=GENESIS
    )
    async with acquire(pool) as conn, conn.transaction():
        await writing.open_new(
            conn, b"key", [Revision(after=new, actor="ann", events=(("opened", {}),))], NOON
        )
    return number


@pytest.fixture
async def number(pool: Pool) -> str:
    """The number of an incident; Mona is an incident manager and Lena a leader."""
    async with acquire(pool) as conn, conn.transaction():
        for login, role in (("mona", "incident_manager"), ("lena", "leader")):
            fields = {
                "login": login,
                "name": login,
                "email": f"{login}@example.com",
                "roles": [role],
            }
            await people.create(conn, PERSON | fields, None)
    return await opened(pool, 41)


async def sent(
    pool: Pool,
    clock: FakeClock,
    number: str,
    targets: tuple[str, ...],
    facts: Mapping[str, Any] | None = None,
    **more: str,
) -> list[Message]:
    """Queue a message about the incident for each recipient, send all and return them."""
    channels = {name: ScriptedChannel() for name in ("smtp", "sms", "voice", "slack", "webhook")}
    runner = NotificationRunner(
        pool=pool,
        channels=channels,
        metrics=Metrics(CollectorRegistry()),
        clock=clock,
        privy=lambda: privy_addresses(LISTED),
        opens=lambda *_: "https://gateway.example/r/link",
    )
    async with pool.acquire() as conn:
        incident_id = await conn.fetchval("SELECT id FROM incident WHERE number = $1", number)
        said: dict[str, Any] = {
            "number": number,
            "title": "insider",
            "priority": 1,
            **(facts or {}),
        }
        await queue_notices(
            conn,
            [(incident_id, replace(notice(target=to), facts=said, **more)) for to in targets],
            NOON,
        )
    await runner.run_once(NOON)
    return [message for channel in channels.values() for message in channel.sent]


def shows(message: Message) -> bool:
    """Return whether the message shows the incident in any way."""
    return "insider" in repr(message) or "INC-" in repr(message) or "/r/link" in repr(message)


async def test_message_queued_before_security_flag_hides_incident_from_outsiders(
    pool: Pool, clock: FakeClock, number: str
) -> None:
    await pool.execute(FLAG, number)
    told = await sent(pool, clock, number, SEEN + UNSEEN)
    assert len(told) == len(SEEN + UNSEEN)
    assert [shows(one) for one in told].count(True) == len(SEEN)
    for one in told:
        unseen = one.recipient in {target.partition(":")[2] for target in UNSEEN}
        assert shows(one) is not unseen
        assert one.urgency == 1
        assert unseen is one.subject.startswith("P1 restricted incident")


async def test_no_message_shows_security_incident_to_outsiders(
    pool: Pool, clock: FakeClock, number: str
) -> None:
    await pool.execute(FLAG, number)
    said = everything_said() | {"number": number, "related": number}
    told: list[Message] = []
    about_it = set(Template) - {Template.BUNDLE, Template.CONTACT_CODE}
    for template, role in product(about_it, ("leader", "handler", "subscriber", "chat")):
        notices = {"template": template, "role": role, "cause": f"{template}/{role}"}
        told += await sent(pool, clock, number, UNSEEN, said, **notices)
    assert len(told) == len(about_it) * 4 * len(UNSEEN)
    assert [
        one for one in told if SECRET in repr(one) or number in repr(one) or "/r/link" in repr(one)
    ] == []
    assert {one.incident_id is not None for one in told if one.recipient != "lena"} == {False}


async def test_message_about_ordinary_incident_shows_everything(
    pool: Pool, clock: FakeClock, number: str
) -> None:
    assert all(shows(one) for one in await sent(pool, clock, number, SEEN + UNSEEN))


async def test_message_does_not_name_other_security_incident_to_outsiders(
    pool: Pool, clock: FakeClock, number: str
) -> None:
    hidden = await opened(pool, 42, security=True)
    listed = [{"number": hidden, "priority": 1, "state": "logged", "title": "phishing"}]
    told = await sent(
        pool,
        clock,
        number,
        ("smtp:lena@example.com", "smtp:mona@example.com"),
        {"raised_by": hidden, "listed": listed},
    )
    assert {one.recipient: hidden in repr(one) or "phishing" in repr(one) for one in told} == {
        "lena@example.com": False,
        "mona@example.com": True,
    }
    assert all("insider" in one.text for one in told)


async def test_call_about_security_incident_is_still_made(
    pool: Pool, clock: FakeClock, number: str
) -> None:
    await pool.execute(FLAG, number)
    (call,) = await sent(pool, clock, number, ("voice:lena",))
    assert call.incident_id is not None
