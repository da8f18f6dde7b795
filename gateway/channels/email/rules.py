"""Configured rules that make mail an alert, a resolved alert, a record, or ignore it. Pure.

Patterns are plain text with `*` and `{name}`, matched from left to right without backtracking,
so that no pattern and no mail together take long.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from gateway.channels.email.parsing.letter import ParsedMail
from gateway.incidents.alert import Alert
from gateway.ingest.reading import limits
from gateway.ingest.reading.fields import STATUS, derive_key
from gateway.settings import MailRule
from gateway.settings.mail_flaws import FIELDS, GAP, NAMED
from gateway.vocabulary import AlertStatus

NAMESPACE = "email"
MAX_LINES, MAX_LINE = 400, 500


@dataclass(frozen=True, slots=True)
class MailRuleMatch:
    """A rule that a mail matches, the values found by its patterns, and the status of the alert."""

    rule: MailRule
    found: Mapping[str, str]
    status: AlertStatus


def find_rule(rules: Iterable[MailRule], letter: ParsedMail) -> MailRuleMatch | None:
    """Return the first rule that the mail matches."""
    for rule in rules:
        if (match := _agrees(rule, letter)) is not None:
            return match
    return None


def _agrees(rule: MailRule, letter: ParsedMail) -> MailRuleMatch | None:
    if rule.senders and not any(
        match_pattern(pattern, letter.sender) is not None for pattern in rule.senders
    ):
        return None
    cleared = _first(rule.cleared, (letter.subject,))
    firing = _first(rule.subjects, (letter.subject,)) if cleared is None else None
    if cleared is None and firing is None and (rule.subjects or rule.cleared):
        return None
    found = {**(cleared or firing or {}), **_in_lines(rule.lines, letter.text)}
    said = STATUS.get(found.get("status", "").strip(" []():").casefold(), AlertStatus.FIRING)
    return MailRuleMatch(rule, found, AlertStatus.RESOLVED if cleared is not None else said)


def _first(patterns: Iterable[str], texts: Iterable[str]) -> dict[str, str] | None:
    return next(
        (
            found
            for text in texts
            for one in patterns
            if (found := match_pattern(one, text)) is not None
        ),
        None,
    )


def _in_lines(patterns: Iterable[str], text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    lines = [line.strip()[:MAX_LINE] for line in text.split("\n")[:MAX_LINES]] if patterns else []
    for pattern in patterns:
        found = (_first((pattern,), lines) or {}) | found
    return found


def match_pattern(pattern: str, text: str) -> dict[str, str] | None:
    """Return the values of a pattern's placeholders if the whole text matches, else None.

    Each stretch of plain text is found at its first occurrence, the last one at the end; the
    case of letters does not matter.
    """
    first, following = _compiled(pattern)
    met = first.match(text)
    if met is None or (not following and met.end() < len(text)):
        return None
    at, found = met.end(), {}
    for place, (name, width, plain) in enumerate(following, 1):
        begin = max(at, len(text) - width) if place == len(following) else at
        met = plain.search(text, begin)
        if met is None:
            return None
        if name:
            found[name] = text[at : met.start()].strip()
        at = met.end()
    return found if at == len(text) and all(found.values()) else None


@lru_cache(maxsize=1_024)
def _compiled(pattern: str) -> tuple[re.Pattern[str], tuple[tuple[str, int, re.Pattern[str]], ...]]:
    """Return the parts of a pattern: the text before the first placeholder, then each placeholder.

    A placeholder has its name, "" for a `*`, with the plain text behind it and its length.
    """
    first, *rest = GAP.split(pattern)
    following = zip(rest[::2], rest[1::2], strict=True)
    return _plain(first), tuple((name or "", len(text), _plain(text)) for name, text in following)


def _plain(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text), re.IGNORECASE)


def alert_of(match: MailRuleMatch, letter: ParsedMail, received_at: datetime) -> Alert:
    """Return the alert that a mail reports, by the rule it matches."""
    rule, told = (
        match.rule,
        {name: fill_template(getattr(match.rule, name), match.found) for name in FIELDS},
    )
    title = told["title"] or letter.subject or rule.name
    key = told["key"] or (
        derive_key(told["title"], told["service"], told["ci"], {})
        if match.found
        else f"rule:{rule.name}"
    )
    labels = {name: limits.cut(value, limits.LABEL) for name, value in match.found.items()}
    return Alert(
        namespace=NAMESPACE,
        dedup_key=limits.cut(key, limits.KEY),
        status=match.status,
        title=limits.cut(title, limits.TITLE),
        description=limits.cut(letter.text, limits.DESCRIPTION),
        severity=limits.cut(told["severity"], limits.KEY),
        service=limits.cut(told["service"], limits.KEY),
        ci=limits.cut(told["ci"], limits.KEY),
        labels={"mail_from": limits.cut(letter.sender, limits.LABEL), **labels},
        event_time=limits.clamp_time(letter.sent_at, received_at),
        ends_at=received_at + rule.lapses
        if rule.lapses and match.status is AlertStatus.FIRING
        else None,
    )


def fill_template(template: str, found: Mapping[str, str]) -> str:
    """Return a template with its names replaced by the values found, or by nothing."""
    return NAMED.sub(lambda name: found.get(name[1], ""), template).strip()
