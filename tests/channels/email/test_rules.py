"""Mails of monitoring tools become alerts by configured rules."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.email.rules import alert_of, find_rule, match_pattern
from gateway.errors import Misconfigured
from gateway.incidents.alert import Alert
from gateway.settings import MailRule, load, mail_flaws
from gateway.timing.durations import Duration
from gateway.vocabulary import AlertStatus
from tests.channels.email.sample_mails import a_letter
from tests.support.clock import NOON

ZABBIX = MailRule(
    name="zabbix",
    senders=("*@zabbix.example.com",),
    subjects=("Problem: {title}", "故障: {title}"),
    cleared=("Resolved in *: {title}", "恢复: {title}"),
    lines=("Host: {ci}", "Severity: {severity}"),
    key="{ci}/{title}",
    service="billing",
)
RAID = MailRule(name="raid", subjects=("[{status}] array {key} on *",), lapses=Duration(hours=2))


def told(rule: MailRule, **letter: Any) -> Alert | None:
    received = a_letter(**letter)
    match = find_rule([rule], received)
    return None if match is None else alert_of(match, received, NOON)


def test_problem_and_recovery_mails_share_dedup_key() -> None:
    text = "Host: web-01\nSeverity: High\nmore"
    fire = told(ZABBIX, sender="z@zabbix.example.com", subject="Problem: disk full", text=text)
    clear = told(
        ZABBIX, sender="z@zabbix.example.com", subject="Resolved in 5m: disk full", text=text
    )
    assert fire is not None
    assert clear is not None
    assert (fire.dedup_key, fire.title, fire.service, fire.ci, fire.severity) == (
        "web-01/disk full",
        "disk full",
        "billing",
        "web-01",
        "High",
    )
    assert (fire.status, clear.status, clear.dedup_key) == (
        AlertStatus.FIRING,
        AlertStatus.RESOLVED,
        fire.dedup_key,
    )
    assert fire.labels == {
        "mail_from": "z@zabbix.example.com",
        "ci": "web-01",
        "severity": "High",
        "title": "disk full",
    }


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("FAIL", AlertStatus.FIRING),
        ("OK", AlertStatus.RESOLVED),
        ("Recovered", AlertStatus.RESOLVED),
    ],
)
def test_status_word_in_subject_sets_alert_status(word: str, status: AlertStatus) -> None:
    alert = told(RAID, subject=f"[{word}] array md0 on web-01")
    assert alert is not None
    assert (alert.status, alert.dedup_key, alert.title) == (
        status,
        "md0",
        f"[{word}] array md0 on web-01",
    )
    assert (alert.ends_at is not None) is (status is AlertStatus.FIRING)


@pytest.mark.parametrize(
    ("letter"),
    [
        {"sender": "z@zabbix.example.com.evil.example", "subject": "Problem: x"},
        {"sender": "z@zabbix.example.com", "subject": "Re: Problem: x"},
        {"sender": "z@zabbix.example.com", "subject": "Problem: "},
    ],
)
def test_similar_mail_does_not_match_rule(letter: dict[str, str]) -> None:
    assert told(ZABBIX, **letter) is None


def test_alert_without_captured_fields_has_rule_key() -> None:
    rule = MailRule(name="ups", senders=("ups@example.com",), cleared=("*on line*",))
    fire, clear = (
        told(rule, sender="ups@example.com", subject="on battery"),
        told(rule, sender="ups@example.com", subject="UPS on line"),
    )
    assert fire is None
    assert clear is not None
    assert clear.dedup_key == "rule:ups"


PATTERN = st.lists(st.sampled_from(["a", "b", "*", "{x}", " ", "("]), max_size=6).map("".join)


@given(PATTERN, st.text("ab (", max_size=20))
def test_pattern_matches_only_text_it_reproduces(pattern: str, text: str) -> None:
    found = match_pattern(pattern, text)
    if found is not None and "*" not in pattern and pattern.count("{x}") == 1:
        assert "".join(pattern.replace("{x}", found["x"]).split()) == "".join(text.split())


@pytest.mark.timeout(10)  # quadratic time in the length would take minutes
def test_pattern_matching_is_fast() -> None:
    assert match_pattern("{a}aa{b}aa{c}aa{d}aa{e}b", "a" * 100_000) is None


@pytest.mark.parametrize(
    ("rule", "where"),
    [
        ('name = "x"', "/mail/rules/0"),
        ('name = "x"\nsubjects = ["{a}{b}"]', "/mail/rules/0"),
        ('name = "x"\nsubjects = ["{a}"]\nkey = "{b}"', "/mail/rules/0/key"),
    ],
)
def test_invalid_mail_rule_is_refused(rule: str, where: str, tmp_path: Any) -> None:
    (tmp_path / "c.toml").write_text(f"[[mail.rules]]\n{rule}\n")
    with pytest.raises(Misconfigured) as refused:
        load(tmp_path / "c.toml", {})
    assert [flaw.pointer for flaw in refused.value.flaws] == [where]


def test_starttls_without_certificate_is_refused() -> None:
    mail = load(None, {}).mail
    wrong = msgspec.structs.replace(
        mail, listener=msgspec.structs.replace(mail.listener, starttls=True), reply_to="desk"
    )
    assert {flaw.pointer for flaw in mail_flaws.flaws(wrong)} == {
        "/mail/reply_to",
        "/mail/listener/certificate",
    }
