"""The mail listener refuses mail that it cannot accept, temporarily or for good."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiosmtplib
import pytest

from tests.scenarios.conftest import Telling
from tests.scenarios.mail import LISTENING, a_mail, arrived, records, send
from tests.support.certificate import make_certificate
from tests.support.story import Story


@pytest.fixture
async def story(telling: Telling) -> AsyncIterator[Story]:
    async with telling(LISTENING) as begun:
        yield begun


async def test_unknown_recipient_is_refused_and_configured_mailbox_needs_no_key(
    story: Story,
) -> None:
    for address in (
        "desk@other.example",
        "in+gwk_wrong@example.com",
        f"in+{story.keys['read']}@gw.example",
    ):
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await send(story, a_mail(), to=address)
        assert refused.value.recipients[0].code == 550
    assert (await send(story, a_mail(), to="Alerts@Example.com")).startswith("2.0.0")
    assert (await send(story, a_mail(Message_ID="<2@x>"), to="alerts+disk@example.com")).startswith(
        "2.0.0"
    )
    assert len(await records(story)) == 2


async def test_unconfigured_mailbox_gets_temporary_refusal(story: Story) -> None:
    for address in ("desk@example.com", "Alert@Example.com", "desk+r1-aaaa@example.com"):
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await send(story, a_mail(), to=address)
        assert refused.value.recipients[0].code == 451


async def test_configured_mailbox_creates_its_integration(telling: Telling) -> None:
    async with telling(LISTENING.replace('= "ours"', '= "not-made-yet"')) as story:
        for number in range(2):
            assert (
                await send(story, a_mail(Message_ID=f"<{number}@x>"), to="alerts@example.com")
            ).startswith("2.0.0")
        query = (
            "SELECT DISTINCT g.slug, g.name FROM receipt r "
            "JOIN integration g ON g.id = r.integration_id"
        )
        assert [tuple(row) for row in await story.gateway.pool.fetch(query)] == [
            ("not-made-yet", "not-made-yet")
        ]


async def test_internationalised_sender_address_is_accepted_and_answered(story: Story) -> None:
    mail = (
        "From: 用户 <用户@mail.example>\r\nSubject: 打印机坏了\r\nMessage-ID: "
        "<u@x>\r\n\r\n请修理\r\n"
    ).encode()
    assert (
        await send(story, mail, to="alerts@example.com", sender="用户@mail.example")
    ).startswith("2.0.0")
    ((record),) = await records(story)
    assert record["contact"] == "用户@mail.example"
    assert (await arrived(story))["to"] == "用户@mail.example"


async def test_oversized_mail_and_excess_sessions_are_refused(telling: Telling) -> None:
    async with telling(LISTENING.replace("[mail]", "[mail]\nmax_bytes = 20000", 1)) as story:
        with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
            await send(story, a_mail("x" * 70 + "\n" + "y\n" * 30_000))
        assert refused.value.code == 552
        port = story.gateway.smtp[0][1]
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
        greetings = [(await reader.readline())[:3] for reader, _ in held]
        assert greetings == [b"220", b"220", b"220", b"421"]
        for _, writer in held:
            writer.close()
            await writer.wait_closed()


async def test_idle_client_and_address_guesser_are_disconnected(telling: Telling) -> None:
    async with telling(
        LISTENING.replace("[mail.listener]", '[mail.listener]\nidle_within = "1s"')
    ) as story:
        port = story.gateway.smtp[0][1]
        silent, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await silent.read()).startswith(b"220 ")
        writer.close()
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            await client.ehlo()
            await client.mail("ann@example.com")
            codes: list[int] = []
            while len(codes) < 20:
                with pytest.raises(aiosmtplib.SMTPRecipientRefused) as refused:
                    await client.rcpt(f"in+{len(codes)}@gw.example")
                codes.append(refused.value.code)
        assert codes == [550] * 19 + [421]


async def test_client_input_is_not_logged(story: Story, caplog: pytest.LogCaptureFixture) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", story.gateway.smtp[0][1])
    writer.write(b"EVIL \x1b[31m\r\nQUIT\r\n")
    assert [line[:3] for line in (await reader.read()).splitlines()] == [b"220", b"500", b"221"]
    writer.close()
    assert [record for record in caplog.records if record.name == "mail.log"] == []


async def test_mail_beyond_memory_budget_is_refused_temporarily(story: Story) -> None:
    places = story.gateway.mail.places
    places.hold(places.most_bytes - 50_000)
    with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
        await send(story, a_mail("x\n" * 40_000))
    assert refused.value.code == 452
    raw = await story.client.post(
        "/ingest/email/raw", data=b"x" * 60_000, headers=story.as_key("ingest")
    )
    assert raw.status == 503
    assert (await send(story, a_mail())).startswith("2.0.0")
    assert places.held == places.most_bytes - 50_000


async def test_failed_commit_returns_temporary_error(telling: Telling) -> None:
    async with telling(LISTENING) as story:
        await send(story, a_mail(Message_ID="<0@x>"))
        await story.gateway.pool.execute("ALTER TABLE mail RENAME TO away")
        try:
            with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
                await send(story, a_mail(Message_ID="<9@x>"))
            assert refused.value.code == 451
        finally:
            await story.gateway.pool.execute("ALTER TABLE away RENAME TO mail")
        assert (await send(story, a_mail(Message_ID="<9@x>"))).startswith("2.0.0")
        assert len(await records(story)) == 2


async def test_starttls_is_required_when_enabled(telling: Telling, tmp_path: Path) -> None:
    file, trusting = make_certificate(tmp_path)
    asked = f'certificate = "{file}"\nstarttls = true\n'
    async with telling(
        LISTENING.replace("[mail.listener]\n", "[mail.listener]\n" + asked)
    ) as story:
        host, port = story.gateway.smtp[0][:2]
        with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
            await send(story, a_mail())
        assert refused.value.code == 530
        async with aiosmtplib.SMTP(
            hostname=host, port=port, start_tls=True, tls_context=trusting
        ) as client:
            await client.sendmail(
                "ann@example.com", [f"in+{story.keys['ingest']}@gw.example"], a_mail().as_bytes()
            )
        assert len(await records(story)) == 1
