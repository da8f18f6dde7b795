"""A person is mailed to the address and in the language they have when the message is sent."""

import pytest

from gateway.db.pool import Pool, acquire
from gateway.notify.channels.person import PersonChannel
from gateway.notify.message import Dead, Delivered
from gateway.oncall import people
from tests.support.telling import ScriptedChannel, message

FIELDS = {"name": "Ann", "phone": "", "zone": "UTC", "roles": [], "skills": []}


@pytest.fixture
def mail() -> ScriptedChannel:
    return ScriptedChannel()


@pytest.fixture
async def channel(pool: Pool, mail: ScriptedChannel) -> PersonChannel:
    """Ann reads Chinese, Mute has no address, Gone has gone."""
    somebody = (("ann", "ann@example.com", True), ("mute", "", True), ("gone", "gone@example.com", False))
    async with acquire(pool) as conn:
        for login, email, active in somebody:
            fields = FIELDS | {"login": login, "email": email, "active": active, "locale": "zh-CN"}
            await people.create(conn, fields, None)
    return PersonChannel(pool, mail, "https://gateway.example.com")


async def test_a_person_is_mailed_in_their_own_language(channel: PersonChannel, mail: ScriptedChannel) -> None:
    assert await channel.send(message("ann")) == Delivered()
    (sent,) = mail.sent
    assert (sent.recipient, "已受理" in sent.subject, "优先级:1" in sent.text) == ("ann@example.com", True, True)


@pytest.mark.parametrize(("login", "why"), [("mute", "address"), ("gone", "login"), ("nobody", "login")])
async def test_whom_no_mail_can_reach_is_given_up(channel: PersonChannel, mail: ScriptedChannel, login: str, why: str) -> None:
    answer = await channel.send(message(login))
    assert isinstance(answer, Dead)
    assert why in answer.reason
    assert mail.sent == []
