"""The messages to the reporter of an incident about a change."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.incidents.announcements.reporter_news import reporter_message_of
from gateway.incidents.record import Incident, Revision, TimerChange
from gateway.vocabulary import Closure, HoldReason, Resolution, State, TimerKind
from tests.sla.stories import an_incident, ledger_of
from tests.support.clock import NOON

OPEN = an_incident(ledger_of([(0, "record", 1)]), contact="Ann@example.com")
SOLVED = replace(
    OPEN, state=State.RESOLVED, resolution=Resolution.SOLVED, solution="toner", resolved_at=NOON
)
CLOSES = TimerChange(TimerKind.AUTO_CLOSE, NOON + timedelta(hours=48))


def change(after: Incident, event: str, actor: str = "tina", **facts: Any) -> Revision:
    return Revision(before=OPEN, after=after, actor=actor, events=(("note", {}), (event, facts)))


def test_resolution_tells_reporter_solution_and_closing_time() -> None:
    news = reporter_message_of(replace(change(SOLVED, "resolved"), timers=(CLOSES,)))
    assert news is not None
    assert (news.template, news.cause) == ("resolved", "answered#0")
    assert news.facts == {
        "number": OPEN.number,
        "title": "disk full",
        "resolution": "solved",
        "solution": "toner",
        "closes_at": "2026-03-04T12:00:00+00:00",
        "closes_in_s": 48 * 3600,
    }


def test_resolution_without_auto_close_omits_closing_time() -> None:
    put_off = replace(change(SOLVED, "resolved"), timers=(TimerChange(TimerKind.AUTO_CLOSE, None),))
    for revision in (put_off, change(replace(SOLVED, resolved_at=None), "resolved")):
        news = reporter_message_of(revision)
        assert news is not None
        assert "closes_at" not in news.facts


@pytest.mark.parametrize(
    ("revision", "template", "facts"),
    [
        (change(OPEN, "assigned"), "taken_up", {"number": OPEN.number}),
        (change(OPEN, "accepted"), "taken_up", {"number": OPEN.number}),
        (
            change(OPEN, "unlinked", state=State.RESOLVED),
            "master_resolved",
            {"number": OPEN.number},
        ),
        (
            change(OPEN, "held", reason=HoldReason.AWAITING_USER, note="Which printer?"),
            "awaiting_reporter",
            {"question": "Which printer?"},
        ),
        (
            change(OPEN, "held", reason=HoldReason.USER_UNREACHABLE, note="called three times"),
            "awaiting_reporter",
            {"number": OPEN.number},
        ),
        (change(OPEN, "rejected", note="not ours"), "rejected", {"reason": "not ours"}),
        (
            change(
                replace(SOLVED, closure=Closure.AUTOMATIC), "closed", "system", closure="automatic"
            ),
            "closed",
            {"closure": "automatic", "solution": "toner"},
        ),
        (change(replace(OPEN, reopened=1), "reopened"), "reopened", {}),
    ],
)
def test_reporter_is_notified_of_relevant_changes(
    revision: Revision, template: str, facts: Mapping[str, Any]
) -> None:
    news = reporter_message_of(revision)
    assert news is not None
    assert news.template == template
    assert news.facts.items() >= facts.items()


def test_unreachable_reporter_is_not_told_hold_note() -> None:
    news = reporter_message_of(
        change(OPEN, "held", reason=HoldReason.USER_UNREACHABLE, note="called three times")
    )
    assert news is not None
    assert "question" not in news.facts


@pytest.mark.parametrize(
    "revision",
    [
        change(OPEN, "unlinked"),
        change(OPEN, "held", reason=HoldReason.AWAITING_VENDOR),
        change(SOLVED, "closed"),
        change(SOLVED, "closed", "ann@example.com", closure="manual"),
        change(OPEN, "reopened", "reporter"),
        replace(change(SOLVED, "resolved"), marks_only=True),
    ],
)
def test_reporter_is_not_notified_of_other_or_own_changes(revision: Revision) -> None:
    assert reporter_message_of(revision) is None


def test_reporter_of_security_incident_is_told_only_number() -> None:
    news = reporter_message_of(change(replace(SOLVED, security=True), "resolved"))
    assert news is not None
    assert news.facts == {"number": OPEN.number}


def test_reporter_hears_of_shelving_and_return_only_if_whoever_shelved_wanted_it() -> None:
    later = NOON + timedelta(hours=1)
    put_off = change(replace(OPEN, shelved_tells_reporter=True), "shelved", until=later)
    found = reporter_message_of(put_off)
    assert found is not None
    assert (found.template, found.facts["shelved_until"]) == ("shelved", later.isoformat())
    back = reporter_message_of(change(OPEN, "unshelved", tell_reporter=True))
    assert back is not None
    assert back.template == "unshelved"
    assert reporter_message_of(change(OPEN, "shelved", until=later)) is None
    assert reporter_message_of(change(OPEN, "unshelved", tell_reporter=False)) is None
