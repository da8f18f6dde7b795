"""All credentials of a person end at once when their access is revoked.

Every table that refers to people and every label of signed texts is classified.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import gateway
from gateway.access.credentials import is_revoked
from gateway.access.keys import KeyRing
from gateway.access.staff_links import ReaderKind, StaffLink, StaffLinks
from gateway.channels.speakers import find_by_login
from gateway.db.pool import Pool
from gateway.directory import chat_accounts
from gateway.errors import Unauthenticated
from tests.api.test_login import GOOD, ME, OWN, person, session
from tests.support.api import Api
from tests.support.clock import NOON, FakeClock
from tests.support.push_service import FakeBrowser

ROOT = Path(gateway.__file__).parent
REVOKED_WITHIN = timedelta(seconds=5)

ENDED, NO_RIGHT = "ended", "gives no right"
TABLES: Mapping[str, str] = {
    "api_key": ENDED,
    "chat_code": ENDED,
    "chat_identity": ENDED,
    "contact_method": NO_RIGHT,
    "absence": NO_RIGHT,
    "person_calendar": NO_RIGHT,
    "calendar_feed": ENDED,
    "notification_rule": NO_RIGHT,
    "person_pause": NO_RIGHT,
    "push_subscription": ENDED,
    "staff_group_member": NO_RIGHT,
    "article": NO_RIGHT,
    "shift": NO_RIGHT,
}
"""Tables that refer to people, and whether revocation ends what they hold.

Administrators change the contact methods and the groups of a person.
"""

LABELS: Mapping[str, str] = {
    "staff link v1": ENDED,
    "phone call v1": ENDED,
    "push link v1": ENDED,
    "calendar feed v1": ENDED,
    "staff form v1": ENDED,
    "reporter link v1": NO_RIGHT,
    "mail reply v1": NO_RIGHT,
    "contact code v1": NO_RIGHT,
    "chat button v1": NO_RIGHT,
    "form ticket v1": NO_RIGHT,
    "push topic v1": NO_RIGHT,
}
"""Labels of signed texts, and whether revocation ends the texts.

Texts that give no right belong to a record and not to a person: their user acts with their own
rights.
"""

REFERRING = """
SELECT DISTINCT c.conrelid::regclass::text AS name FROM pg_constraint c
WHERE c.contype = 'f' AND c.confrelid = 'person'::regclass ORDER BY 1
"""


async def test_every_table_referring_to_people_is_classified(pool: Pool) -> None:
    found = {row["name"] for row in await pool.fetch(REFERRING)}
    assert found <= TABLES.keys(), found - TABLES.keys()
    assert {name for name, kind in TABLES.items() if kind == ENDED} <= found


def test_every_signed_text_label_is_classified() -> None:
    found = {
        label
        for path in ROOT.rglob("*.py")
        for label in re.findall(
            r'^(?:[A-Z_]+ = b")([a-z ]+ v\d+)"', path.read_text("utf-8"), re.MULTILINE
        )
    }
    assert found == LABELS.keys()


class Issued:
    """Every kind of credential that can be issued to Ann, and checks whether each is accepted."""

    def __init__(self, api: Api, pool: Pool, clock: FakeClock) -> None:
        self.api, self.pool, self.clock = api, pool, clock
        self.rings = [KeyRing(pool, clock), KeyRing(pool, clock)]

    async def make(self) -> None:
        await person(self.api, "ann", "tier2", "administrator")
        self.clock.advance(timedelta(minutes=1))
        self.called_at = self.clock.at
        number = (await self.api.incident())["number"]
        incident_id = await self.pool.fetchval("SELECT id FROM incident WHERE number = $1", number)
        self.session = await session(self.api)
        self.key = await self._key()
        self.link = StaffLinks(self.api.links).make(
            StaffLink(incident_id, ReaderKind.PERSON, "ann"), self.called_at
        )
        async with self.pool.acquire() as conn:
            person_id = await conn.fetchval("SELECT id FROM person WHERE login = 'ann'")
            await chat_accounts.link(conn, person_id, "slack", "T1", "U1", NOON)
            self.code, _ = await chat_accounts.new_code(conn, person_id, NOON)
        browser = FakeBrowser()
        await browser.subscribe(self.pool, "ann", "https://push.example.net/1", browser.p256dh)

    async def _key(self) -> str:
        answer = await self.api.client.post(
            OWN, json={"name": "k", "scopes": ["admin"]}, headers=self.session
        )
        return str((await answer.json())["key"])

    async def good(self) -> set[str]:
        """Return the names of the credentials that are still accepted."""
        token = self.session["Authorization"].partition(" ")[2]
        ways: dict[str, Callable[[], Awaitable[Any]]] = {
            "session": lambda: self._status(ME, self.session),
            "key": lambda: self._status(ME, {"X-Api-Key": self.key}),
            "link": lambda: self._status(f"/r/{self.link}", {}),
            "session elsewhere": lambda: self._recognised(self.rings[0], token),
            "key elsewhere": lambda: self._recognised(self.rings[1], self.key),
            "chat": self._chat,
            "call": self._call,
            "browser": self._browser,
        }
        return {name for name, way in ways.items() if await way()}

    async def _status(self, path: str, headers: dict[str, str]) -> bool:
        return (await self.api.client.get(path, headers=headers)).status == 200

    async def _recognised(self, ring: KeyRing, text: str) -> bool:
        try:
            return (await ring.recognise(text)).name == "ann"
        except Unauthenticated:
            return False

    async def _chat(self) -> bool:
        async with self.pool.acquire() as conn:
            return await chat_accounts.find_account_owner(conn, "slack", "T1", "U1") is not None

    async def _call(self) -> bool:
        async with self.pool.acquire() as conn:
            return await find_by_login(conn, "ann", self.called_at) is not None

    async def _browser(self) -> bool:
        return bool(await self.pool.fetchval("SELECT count(*) FROM push_subscription"))

    async def code_is_good(self) -> bool:
        async with self.pool.acquire() as conn:
            return await chat_accounts.take_code(conn, self.code, NOON) is not None


@pytest.fixture
async def issued(api: Api, pool: Pool, clock: FakeClock) -> Issued:
    made = Issued(api, pool, clock)
    await made.make()
    assert await made.good() == {
        "session",
        "key",
        "link",
        "session elsewhere",
        "key elsewhere",
        "chat",
        "call",
        "browser",
    }
    return made


ENDINGS: Mapping[str, tuple[str, str, Any]] = {
    "a password set by an administrator": (
        "PUT",
        "/api/v1/people/ann/password",
        {"new": "another sentence then"},
    ),
    "a forgotten identity": ("DELETE", "/api/v1/people/ann/identity", None),
    "deactivation": ("DELETE", "/api/v1/people/ann", None),
    "deactivation by a change": ("PATCH", "/api/v1/people/ann", {"active": False}),
    "the loss of a role": ("PATCH", "/api/v1/people/ann", {"roles": ["tier2"]}),
}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_revocation_ends_all_credentials_on_every_replica_in_five_seconds(
    issued: Issued, ending: str
) -> None:
    method, path, given = ENDINGS[ending]
    issued.clock.advance(timedelta(minutes=1))
    assert (await issued.api.call(method, path, given))[0] in (200, 204)
    issued.clock.advance(REVOKED_WITHIN)
    assert await issued.good() == set()
    assert not await issued.code_is_good()
    await issued.api.call(
        "PATCH", "/api/v1/people/ann", {"active": True, "roles": ["tier2", "administrator"]}
    )
    issued.clock.advance(REVOKED_WITHIN)
    assert await issued.good() == set()


async def test_credentials_issued_after_revocation_are_accepted(issued: Issued) -> None:
    issued.clock.advance(timedelta(minutes=1))
    await issued.api.call("PUT", "/api/v1/people/ann/password", {"new": GOOD})
    issued.clock.advance(REVOKED_WITHIN)
    sent = await session(issued.api)
    assert (await issued.api.client.get(ME, headers=sent)).status == 200
    opened = StaffLinks(issued.api.links).read(issued.link, issued.clock.at)
    later = StaffLinks(issued.api.links).make(opened, issued.clock.at)
    assert (await issued.api.client.get(f"/r/{later}")).status == 200


async def test_own_password_change_ends_all_but_current_session(issued: Issued) -> None:
    issued.clock.advance(timedelta(minutes=1))
    change = {"old": GOOD, "new": "another sentence then"}
    assert (
        await issued.api.client.put(f"{ME}/password", json=change, headers=issued.session)
    ).status == 204
    issued.clock.advance(REVOKED_WITHIN)
    assert await issued.good() == {"session", "session elsewhere"}


async def test_gained_role_or_new_name_revokes_no_key(issued: Issued) -> None:
    await issued.api.call(
        "PATCH",
        "/api/v1/people/ann",
        {"roles": ["tier2", "administrator", "leader"], "name": "Anna"},
    )
    issued.clock.advance(REVOKED_WITHIN)
    assert "key" in await issued.good()


def test_is_ended_covers_credentials_issued_at_or_before_the_end() -> None:
    assert [is_revoked(NOON + timedelta(seconds=late), NOON) for late in (-1, 0, 1)] == [
        True,
        True,
        False,
    ]
    assert not is_revoked(NOON, None)
