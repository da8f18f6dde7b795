"""The decision on what is done with a mail. Pure.

Input are the mail and the configuration, output is one of four decisions.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from gateway.channels.email.parsing.letter import ParsedMail, WriterKind
from gateway.channels.email.rules import MailRuleMatch, alert_of, find_rule
from gateway.incidents.alert import Alert
from gateway.incidents.labels import Locale
from gateway.incidents.language import detect_language as written_in
from gateway.settings import Mail

OWN_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}@(.+)")
"""The Message-IDs of what the gateway sends (`channels/email/outbound.py`)."""


@dataclass(frozen=True, slots=True)
class MakeAlert:
    """A mail that reports an alert."""

    alert: Alert


@dataclass(frozen=True, slots=True)
class HandleMail:
    """A mail for people: an answer, or a report, by a rule or without one."""

    match: MailRuleMatch | None


@dataclass(frozen=True, slots=True)
class IgnoreMail:
    """A mail that needs no action."""

    reason: str


@dataclass(frozen=True, slots=True)
class SetMailAside:
    """A mail that a program sent to nobody in particular, kept for people to examine."""

    reason: str


MailDecision = MakeAlert | HandleMail | IgnoreMail | SetMailAside


def decide_on_mail(letter: ParsedMail, mail: Mail, own: str, now: datetime) -> MailDecision:
    """Return the decision on a mail; `own` is the address that the gateway sends from.

    The gateway's own mail has no effect, whatever rules say. Rules come before the headers that
    say who wrote it: monitoring systems send automatically, some with a null sender. No mail is
    set aside by its words.
    """
    if is_own(letter, own):
        return IgnoreMail("own mail")
    match = find_rule(mail.rules, letter)
    if match is not None and match.rule.make == "ignore":
        return IgnoreMail(f"rule: {match.rule.name}")
    if match is not None and match.rule.make == "alert":
        return MakeAlert(alert_of(match, letter, now))
    if letter.nature in (WriterKind.BOUNCE, WriterKind.AUTO_REPLY):
        return SetMailAside(letter.nature.value)
    return (
        SetMailAside(WriterKind.BOUNCE.value)
        if letter.null_sender and match is None
        else HandleMail(match)
    )


def is_own(letter: ParsedMail, own: str) -> bool:
    """Return whether the gateway sent the mail: by the mark it puts on its mails, or by their ids.

    People's mail programs make ids like those too, at the same domain: an id counts only on mail
    that was sent automatically, as all of the gateway's is.
    """
    if not own:
        return False
    own = own.lower()
    found = OWN_ID.fullmatch(letter.message_id.lower())
    by_id = found is not None and found[1] == own.rpartition("@")[2]
    return own in letter.passed or (by_id and letter.nature is not WriterKind.PERSON)


def language(letter: ParsedMail) -> Locale:
    """Return the language the mail is written in."""
    return written_in(letter.subject + letter.text[:2_000])
