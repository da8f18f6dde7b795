"""Mail is delivered to a real SMTP server, in one thread for each incident.

Text of a sender cannot inject header fields into it.
"""

import asyncio
import email
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from gateway.channels.email.outbound import ReplyRouting, SmtpChannel, compose
from gateway.notify.message import Delivered, Retry, Undeliverable
from gateway.notify.reply_tokens import ReplyTokens
from gateway.settings import Smtp
from tests.support.messages import message

Relay = Callable[..., Awaitable[tuple["Mailbox", SmtpChannel]]]


class Mailbox:
    """An SMTP mailbox that keeps arriving mail and answers RCPT and DATA with set replies."""

    def __init__(self, rcpt: str = "250 OK", data: str = "250 OK") -> None:
        self.rcpt, self.data = rcpt, data
        self.mails: list[tuple[str, list[str], Any]] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: Any,  # noqa: ARG002
        session: Any,  # noqa: ARG002
        envelope: Any,
        address: Any,
        options: Any,  # noqa: ARG002 - aiosmtpd's name
    ) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802, ARG002 - aiosmtpd's name
        self.mails.append(
            (
                envelope.mail_from,
                envelope.rcpt_tos,
                email.message_from_bytes(envelope.content, policy=default),
            )
        )
        return self.data


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    servers: list[asyncio.Server] = []

    async def start(utf8: bool = False, **answers: str) -> tuple[Mailbox, SmtpChannel]:  # noqa: FBT002
        mailbox = Mailbox(**answers)
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(mailbox, enable_SMTPUTF8=utf8), "127.0.0.1", 0
        )
        servers.append(server)
        return mailbox, SmtpChannel(settings(server.sockets[0].getsockname()[1]))

    yield start
    for server in servers:
        server.close()


def settings(port: int, *, starttls: bool = False, sender: str = "gateway@ops.example.com") -> Smtp:
    return Smtp(
        host="127.0.0.1", port=port, sender=sender, username="", password="", starttls=starttls
    )


async def test_mail_is_delivered_with_latin_and_chinese_text(relay: Relay) -> None:
    mailbox, channel = await relay()
    sent = message(
        "oncall@example.com", subject="[INC-1] P1 已受理：磁盘已满", text="事件编号：INC-1\n"
    )
    assert await channel.send(sent) == Delivered()
    ((mail_from, recipients, mail),) = mailbox.mails
    assert (mail_from, recipients) == ("gateway@ops.example.com", ["oncall@example.com"])
    assert mail["subject"] == "[INC-1] P1 已受理：磁盘已满"
    assert mail.get_content().replace("\r\n", "\n") == "事件编号：INC-1\n"
    assert (mail["auto-submitted"], mail["message-id"]) == (
        "auto-generated",
        f"<{sent.id}@ops.example.com>",
    )


async def test_mails_of_incident_share_thread_and_repeats_keep_message_id(relay: Relay) -> None:
    mailbox, channel = await relay()
    first, second = message("a@example.com"), message("b@example.com")
    for sent in (first, second, first):
        await channel.send(sent)
    mails = [mail for *_, mail in mailbox.mails]
    assert (
        {mail["references"] for mail in mails}
        == {mail["in-reply-to"] for mail in mails}
        == {"<incident-7@ops.example.com>"}
    )
    assert mails[0]["message-id"] == mails[2]["message-id"] != mails[1]["message-id"]
    assert mails[0].as_bytes() == mails[2].as_bytes()


@pytest.mark.parametrize(
    "recipient",
    [
        "a@example.com\r\nBcc: b@example.com",
        "a@example.com, b@example.com",
        "a@example.com\nX: y",
        "<a@example.com>",
        "nobody",
        "",
        "a@",
        "@b",
        "a b@example.com",
        "张 三@example.com",
        "张三@",
        "张三@a..example",
        "张三,李四@example.com",
        "a@example.com\x00",
        "a@example.com;b@example.com",
    ],
)
async def test_invalid_recipient_is_dead(relay: Relay, recipient: str) -> None:
    mailbox, channel = await relay()
    assert isinstance(await channel.send(message(recipient)), Undeliverable)
    assert mailbox.mails == []


@pytest.mark.parametrize(
    "recipient", ["用户@mail.example", "jörg@mail.example", "пользователь@xn--e1afmkfd.example"]
)
async def test_non_ascii_address_is_delivered_by_smtputf8(relay: Relay, recipient: str) -> None:
    mailbox, channel = await relay(utf8=True)
    assert await channel.send(message(recipient)) == Delivered()
    ((_, recipients, mail),) = mailbox.mails
    assert (recipients, mail["to"]) == ([recipient], recipient)


async def test_non_ascii_address_is_dead_when_relay_lacks_smtputf8(relay: Relay) -> None:
    mailbox, channel = await relay()
    ended = await channel.send(message("用户@mail.example"))
    assert ended == Undeliverable(
        "the relay takes no SMTPUTF8, which the address 用户@mail.example needs"
    )
    assert mailbox.mails == []


async def test_non_ascii_domain_is_sent_as_punycode(relay: Relay) -> None:
    mailbox, channel = await relay()
    assert await channel.send(message("user@bücher.example")) == Delivered()
    assert mailbox.mails[0][1] == ["user@xn--bcher-kva.example"]


@pytest.mark.parametrize(
    "subject",
    ["x\r\nBcc: evil@example.com", "x\nBcc: evil@example.com", "x\rBcc: evil@example.com"],
)
async def test_subject_with_line_break_is_dead(relay: Relay, subject: str) -> None:
    mailbox, channel = await relay()
    assert isinstance(await channel.send(message("a@example.com", subject=subject)), Undeliverable)
    assert mailbox.mails == []


async def test_lone_dot_in_text_does_not_end_mail(relay: Relay) -> None:
    mailbox, channel = await relay()
    assert (
        await channel.send(message("a@example.com", text="one\n.\nRCPT TO:<evil@example.com>\n"))
        == Delivered()
    )
    assert [recipients for _, recipients, _ in mailbox.mails] == [["a@example.com"]]
    assert (
        mailbox.mails[0][2].get_content().replace("\r\n", "\n")
        == "one\n.\nRCPT TO:<evil@example.com>\n"
    )


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"rcpt": "550 5.1.1 no such user"}, Undeliverable),
        ({"rcpt": "451 4.7.1 greylisted"}, Retry),
        ({"data": "554 5.7.1 spam"}, Undeliverable),
        ({"data": "452 4.3.1 full"}, Retry),
    ],
)
async def test_smtp_5xx_is_dead_and_4xx_is_retried(
    relay: Relay, answers: dict[str, str], kind: Any
) -> None:
    _, channel = await relay(**answers)
    result = await channel.send(message("a@example.com"))
    assert isinstance(result, kind)
    assert not getattr(result, "down", False)


async def test_unreachable_relay_is_retried_as_down(unused_tcp_port: int) -> None:
    result = await SmtpChannel(settings(unused_tcp_port)).send(message("a@example.com"))
    assert isinstance(result, Retry)
    assert result.down


async def test_mail_is_not_sent_when_required_starttls_is_missing(relay: Relay) -> None:
    mailbox, channel = await relay()
    guarded = SmtpChannel(settings(channel.settings.port, starttls=True))
    result = await guarded.send(message("a@example.com"))
    assert isinstance(result, Retry)
    assert mailbox.mails == []


async def test_dropped_smtp_connection_is_retried_as_down() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    result = await SmtpChannel(settings(server.sockets[0].getsockname()[1])).send(
        message("a@example.com")
    )
    server.close()
    assert isinstance(result, Retry)
    assert result.down


def test_invalid_sender_address_is_refused() -> None:
    with pytest.raises(ValueError, match="not a mail address"):
        compose(message("a@example.com"), "gateway")


async def test_mail_carries_reply_tag_and_answer_references_original_mail(relay: Relay) -> None:
    mailbox, channel = await relay()
    replying = SmtpChannel(
        channel.settings, ReplyRouting(ReplyTokens((b"secret",)), "desk@example.com")
    )
    tokens = ReplyTokens((b"secret",))
    told = message("ann@example.com")
    tag = tokens.make(7, told.created_at)
    answer = replace(told, facts={"answers": "1@example.com", "locale": "zh-CN"})
    for sent in (told, answer):
        assert await replying.send(sent) == Delivered()
    first, second = (mail for *_, mail in mailbox.mails)
    assert {mail["reply-to"] for mail in (first, second)} == {f"desk+{tag}@example.com"}
    assert {mail["x-loop"] for mail in (first, second)} == {"gateway@ops.example.com"}
    assert (second["in-reply-to"], second["auto-submitted"]) == ("<1@example.com>", "auto-replied")
    assert (
        second["references"]
        == f"<1@example.com> <incident-7@ops.example.com> <{tag}@ops.example.com>"
    )
    lines = second.get_content().split()
    assert ("请在此行上方回复" in lines[1], lines[-1]) == (True, f"[{tag}]")


@pytest.mark.parametrize("role", ["reporter", "subscriber"])
def test_tag_of_mail_to_outsiders_has_no_moment(role: str) -> None:
    tokens = ReplyTokens((b"secret",))
    mail = compose(
        replace(message("ann@example.com"), role=role),
        "gateway@ops.example.com",
        ReplyRouting(tokens, "desk@example.com"),
    )
    assert mail["reply-to"] == f"desk+{tokens.make(7)}@example.com"
