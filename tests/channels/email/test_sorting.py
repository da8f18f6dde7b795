"""A mail is sorted into alerts, mail of people, and mail to ignore or set aside."""

from typing import Any

import msgspec
import pytest

from gateway.channels.email.parsing.letter import WriterKind
from gateway.channels.email.sorting import (
    HandleMail,
    IgnoreMail,
    MailDecision,
    MakeAlert,
    SetMailAside,
    decide_on_mail,
    language,
)
from gateway.settings import MailRule, load
from tests.channels.email.sample_mails import a_letter
from tests.support.clock import NOON

RULES = (
    MailRule(name="cron", subjects=("Cron *",)),
    MailRule(name="spam", make="ignore", senders=("*@spam.example",)),
    MailRule(name="hr", make="report", senders=("hr@example.com",)),
)
MAIL = msgspec.structs.replace(load(None, {}).mail, rules=RULES)
OWN = "gateway@ops.example.com"
UUID_ID = "b1f0a7de-5d5e-4b6c-9c0c-0a6d6f1f5c11@ops.example.com"


def sorted_as(**letter: Any) -> MailDecision:
    return decide_on_mail(a_letter(**letter), MAIL, OWN, NOON)


@pytest.mark.parametrize(
    ("letter", "reason"),
    [
        ({"passed": (OWN,)}, "own mail"),
        ({"message_id": UUID_ID, "nature": WriterKind.MACHINE}, "own mail"),
        ({"message_id": UUID_ID, "nature": WriterKind.AUTO_REPLY}, "own mail"),
        ({"passed": (OWN,), "subject": "Cron job"}, "own mail"),
        ({"sender": "x@spam.example"}, "rule: spam"),
    ],
)
def test_own_mail_and_ignored_mail_go_to_nobody(letter: dict[str, Any], reason: str) -> None:
    assert sorted_as(**letter) == IgnoreMail(reason)


@pytest.mark.parametrize(
    ("letter", "reason"),
    [
        ({"nature": WriterKind.BOUNCE}, "bounce"),
        ({"nature": WriterKind.AUTO_REPLY, "sender": "hr@example.com"}, "auto_reply"),
        ({"null_sender": True, "nature": WriterKind.MACHINE}, "bounce"),
        ({"null_sender": True, "nature": WriterKind.LIST}, "bounce"),
    ],
)
def test_bounces_and_auto_replies_are_set_aside(letter: dict[str, Any], reason: str) -> None:
    assert sorted_as(**letter) == SetMailAside(reason)


@pytest.mark.parametrize(
    "subject",
    [
        "Out of office message cannot be switched off in Outlook",
        "自动回复关不掉",
        "Automatic reply: help",
        "failure notice",
        "退信",
    ],
)
def test_auto_reply_subject_alone_is_not_set_aside(subject: str) -> None:
    assert sorted_as(subject=subject) == HandleMail(None)


def test_rule_applies_to_mail_with_null_sender() -> None:
    assert isinstance(
        sorted_as(null_sender=True, nature=WriterKind.MACHINE, subject="Cron job"), MakeAlert
    )
    assert isinstance(
        sorted_as(null_sender=True, nature=WriterKind.MACHINE, sender="hr@example.com"), HandleMail
    )


def test_alert_rule_precedes_nature_of_mail() -> None:
    for nature in WriterKind:
        assert isinstance(sorted_as(subject="Cron job failed", nature=nature), MakeAlert)


@pytest.mark.parametrize("nature", [WriterKind.PERSON, WriterKind.MACHINE, WriterKind.LIST])
def test_other_mail_goes_to_people(nature: WriterKind) -> None:
    assert sorted_as(nature=nature) == HandleMail(None)
    ruled = sorted_as(nature=nature, sender="hr@example.com")
    assert isinstance(ruled, HandleMail)
    assert ruled.match is not None
    assert ruled.match.rule.name == "hr"


def test_uppercase_uuid_message_id_at_own_domain_is_not_own_mail() -> None:
    assert sorted_as(message_id=UUID_ID.upper()) == HandleMail(None)


def test_uuid_message_id_at_other_domain_is_not_own_mail() -> None:
    assert sorted_as(message_id="b1f0a7de-5d5e-4b6c-9c0c-0a6d6f1f5c11@example.com") == HandleMail(
        None
    )
    assert decide_on_mail(a_letter(passed=("",)), MAIL, "", NOON) == HandleMail(None)


@pytest.mark.parametrize(
    ("text", "locale"),
    [("磁盘满了", "zh-CN"), ("CRM 系统打不开了 error 500", "zh-CN"), ("the disk is full", "en"),
     ("ディスクが満杯です", "en"), ("", "en"), ("磁碟滿了", "zh-CN"),
     ("Der Server läuft nicht, siehe wiki/磁盘", "en")],
)  # fmt: skip
def test_language_is_detected_from_script(text: str, locale: str) -> None:
    assert language(a_letter(subject="", text=text)) == locale
