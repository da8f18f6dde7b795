"""A week on call ends in exactly the expected messages.

None is missing, comes twice or early, or goes to the wrong person.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from gateway.db.migrate import migrate
from gateway.embedded.launcher import EmbeddedServers
from tests.channels.contract.fake_service import Call, fake_service
from tests.channels.contract.vendors.twilio import CONTRACT, TOKEN
from tests.scenarios import a_week
from tests.scenarios.mail import send
from tests.scenarios.test_mail_replies import reply
from tests.scenarios.test_mail_senders import AUTHENTICATING
from tests.support.clock import FakeClock
from tests.support.servers import restart_postgres
from tests.support.story import Story, run_story
from tests.support.week import Week, differences, minute, read_messages, read_week

TWILIO = """
[phone.providers.twilio]
secrets = ["{TOKEN}"]
[notify.twilio]
account = "AC1"
token = "{TOKEN}"
sender = "+15550100000"
key = "gwk_x"
api = "{api}"
"""
MAIL = "{}@corp.example"


class AnsweredWeek(Week):
    """A week in which people also answer mails, over a server that they have logged in to."""

    async def _replies(self, who: str, name: str, facts: dict[str, str]) -> None:
        mail: EmailMessage = self.mails[who, self.numbers[name]]
        stamp = f"mx.corp.example; auth=pass smtp.auth={MAIL.format(who)}"
        fields = {"Message_ID": f"<{name}@corp.example>", "Authentication_Results": stamp}
        await send(self.story, reply(mail, facts["text"], MAIL.format(who), **fields))


async def staff(story: Story) -> None:
    """Make the people, groups, services, schedules and policies of the week."""
    for login, (role, zone, locale) in a_week.PEOPLE.items():
        phone = {"phone": a_week.PHONES[login]} if login in a_week.PHONES else {}
        mail = MAIL.format(login)
        await story.join(login, role, email=mail, zone=zone, locale=locale, **phone)
        methods = [{"channel": "mail", "address": mail}]
        methods += [{"channel": "sms", "address": ""}] if phone else []
        await story.call("PUT", f"people/{login}/methods", {"methods": methods})
    for login, quiet in a_week.QUIET.items():
        await story.call("PUT", f"people/{login}/quiet-hours", quiet)
    for slug in a_week.SERVICES:
        await story.call("POST", "services", {"slug": slug, "name": slug})
    for slug, members in a_week.GROUPS.items():
        group = {"slug": slug, "name": slug, "tier": "tier2", "members": members}
        await story.call("POST", "groups", group)
        zone, layer = a_week.SCHEDULES[slug]
        schedule = {"slug": slug, "name": slug, "zone": zone, "layers": [layer | {"name": "all"}]}
        await story.call("POST", "schedules", schedule)
        await story.call("POST", "policies", {"slug": slug, "name": slug, **a_week.POLICIES[slug]})
    await story.gateway.uow.catalogue.refresh(story.gateway.pool, story.clock.stamp())


@pytest.fixture
async def own_servers() -> AsyncIterator[EmbeddedServers]:
    """Provide servers that the week may crash."""
    async with EmbeddedServers() as servers:
        await migrate(servers.database_url)
        yield servers


async def test_week_on_call_ends_in_exactly_the_expected_messages(
    own_servers: EmbeddedServers, tmp_path: Path, clock: FakeClock
) -> None:
    weeks: list[Week] = []

    async def judge(call: Call) -> str:
        case = CONTRACT.judge(call)
        await weeks[0].take_text(call.body["To"], call.body["Body"])
        return str(case)

    async with fake_service("twilio", replace(CONTRACT, judge=judge)) as vendor:
        configuration = "\n".join(
            (
                AUTHENTICATING,
                TWILIO.format(TOKEN=TOKEN, api=vendor.url),
                a_week.CONFIGURATION,
                '[server]\nexternal_url = "https://gw.example"',
            )
        )
        servers = own_servers.database_url, own_servers.redis_url
        async with run_story(*servers, tmp_path, clock, configuration) as story:
            await staff(story)
            phones = {number: login for login, number in a_week.PHONES.items()}
            week = AnsweredWeek(story, lambda: restart_postgres(own_servers), phones)
            weeks.append(week)
            await week.play(read_week(a_week.HAPPENS))
            await week.until(minute("Mon+-12:00"))
        assert vendor.faults == []
    found = differences(read_messages(a_week.MESSAGES), week.messages())
    assert not found, "\n".join(found)
