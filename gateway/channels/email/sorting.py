"""What is to be done with a letter. Pure: the letter and the configuration in, one of four answers out."""

import re
from dataclasses import dataclass
from datetime import datetime

from gateway.channels.email.parsing.letter import Letter, Nature
from gateway.channels.email.rules import Match, alert_of, chosen
from gateway.incidents.alert import Alert
from gateway.incidents.labels import Locale
from gateway.incidents.language import language as written_in
from gateway.settings import Mail

OWN_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}@(.+)")
"""The Message-IDs of what the gateway sends (`channels/email/outbound.py`)."""


@dataclass(frozen=True, slots=True)
class ToMachines:
    """It tells an alert."""

    alert: Alert


@dataclass(frozen=True, slots=True)
class ToPeople:
    """It is for people: an answer, or a report, by a rule or without one."""

    match: Match | None


@dataclass(frozen=True, slots=True)
class ToNobody:
    """There is nothing to do."""

    reason: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """A program sent it to nobody in particular; it is kept for people to look at."""

    reason: str


Sorted = ToMachines | ToPeople | ToNobody | SetAside


def sort(letter: Letter, mail: Mail, own: str, now: datetime) -> Sorted:
    """What a letter is for; `own` is the address that the gateway sends from.

    What it sent itself does nothing, whatever rules say. Rules come before what its head says about who wrote it: monitoring
    systems send automatically, some without a sender to return to. Nothing is set aside by its words.
    """
    if is_own(letter, own):
        return ToNobody("own mail")
    match = chosen(mail.rules, letter)
    if match is not None and match.rule.make == "ignore":
        return ToNobody(f"rule: {match.rule.name}")
    if match is not None and match.rule.make == "alert":
        return ToMachines(alert_of(match, letter, now))
    if letter.nature in (Nature.BOUNCE, Nature.AUTO_REPLY):
        return SetAside(letter.nature.value)
    return SetAside(Nature.BOUNCE.value) if letter.null_sender and match is None else ToPeople(match)


def is_own(letter: Letter, own: str) -> bool:
    """Return whether the gateway sent it: by the mark it puts on its mails, or by their ids.

    People's mail programs make ids like those too, at the same domain: an id counts only on what was
    sent automatically, as everything of the gateway's is.
    """
    if not own:
        return False
    own = own.lower()
    found = OWN_ID.fullmatch(letter.message_id.lower())
    by_id = found is not None and found[1] == own.rpartition("@")[2]
    return own in letter.passed or (by_id and letter.nature is not Nature.PERSON)


def language(letter: Letter) -> Locale:
    """The language it is written in."""
    return written_in(letter.subject + letter.text[:2_000])
