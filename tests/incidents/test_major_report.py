"""The draft of a report is made from the recorded facts, in both languages."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.incidents.labels import LOCALES, Locale
from gateway.incidents.ledger import Ledger
from gateway.incidents.major_report import (
    REPORTED_EVENTS,
    WORDS,
    draft_report,
    language_of,
)
from gateway.incidents.record import Incident
from gateway.incidents.timeline import PastEvent
from gateway.vocabulary import Impact, Urgency
from tests.support.clock import NOON

RECORD = Incident(
    id=1,
    number="INC-20260302-000001",
    title="mail down",
    source="web",
    priority=1,
    impact=Impact.BUSINESS,
    urgency=Urgency.URGENT,
    occurred_at=NOON,
    recorded_at=NOON,
    updated_at=NOON,
    policy="p",
    ledger=Ledger(),
    version=1,
    timeline_hash=b"",
    service="mail",
    resolution_category="restart",
    solution="grew it",
    fields={"cause": "full disk"},
)
STORY = (
    PastEvent(NOON, "ann", "opened", {"reason": "reported"}),
    PastEvent(NOON, "mona", "declared_major", {"reason": "all of sales"}),
    PastEvent(NOON, "bob", "held", {"reason": "awaiting_vendor", "note": "disk ordered"}),
    PastEvent(NOON, "gateway", "resolved", {"reason": "cleared_at_source"}),
    PastEvent(NOON + timedelta(minutes=5), "bob", "note", {"note": "disk\nis full"}),
    PastEvent(NOON, "timers", "sla_warning", {}),
)


def test_draft_has_cause_effect_solution_actions_and_improvements() -> None:
    text = draft_report(RECORD, STORY, "en")
    assert "## Cause\n\nfull disk\n" in text
    assert "## Effect\n\nP1, the company's business: mail\n" in text
    assert "## Solution\n\ngrew it\n\nresolution category: restart\n" in text
    assert text.endswith("## Improvements\n\n_to be written_\n")
    assert "bob: note – disk is full" in text


def test_draft_marks_missing_cause_and_solution_to_be_written() -> None:
    text = draft_report(replace(RECORD, fields={}, solution=""), STORY, "en")
    assert "## Cause\n\n_to be written_\n" in text
    assert "## Solution\n\nresolution category: restart\n" in text
    assert "## Solution\n\n_to be written_\n" in draft_report(
        replace(RECORD, solution="", resolution_category=""), STORY, "en"
    )


@pytest.mark.parametrize(
    ("language", "locale"),
    [("zh-CN", "zh-CN"), ("zh", "zh-CN"), ("en-GB", "en"), ("", "en"), ("fr", "en")],
)
def test_draft_language_follows_incident_language(language: str, locale: Locale) -> None:
    assert language_of(replace(RECORD, language=language)) == locale


def test_draft_language_falls_back_to_label_or_text() -> None:
    chinese = replace(RECORD, title="结账系统宕机", description="全部失败")
    assert language_of(chinese) == "zh-CN"
    assert language_of(replace(RECORD, labels={"language": "zh-CN"})) == "zh-CN"
    assert language_of(replace(chinese, labels={"language": "en"})) == "en"


@pytest.mark.parametrize(
    ("locale", "waiting"),
    [("en", "waiting for the vendor"), ("zh-CN", "等待供应商")],
)
def test_draft_actions_show_notes_and_no_codes(locale: Locale, waiting: str) -> None:
    text = draft_report(RECORD, STORY, locale)
    assert f"{waiting}; disk ordered" in text
    assert "all of sales" in text
    assert not any(code in text for code in ("reported", "awaiting_vendor", "cleared_at_source"))


def test_draft_omits_automatic_events() -> None:
    assert "timers" not in draft_report(RECORD, STORY, "en")


def test_draft_is_available_in_chinese() -> None:
    text = draft_report(RECORD, STORY, "zh-CN")
    assert text.startswith("# 重大事件报告: INC-20260302-000001 mail down\n")
    assert all(f"## {word}\n" in text for word in ("原因", "影响", "处理过程", "时间", "改进措施"))


@pytest.mark.parametrize("locale", LOCALES)
def test_draft_escapes_markup(locale: Locale) -> None:
    text = draft_report(replace(RECORD, title="x\n# <b>[y](z)"), STORY, locale)
    assert text.splitlines()[0].endswith(r"x \# \<b\>\[y\](z)")


def test_every_reported_event_has_words() -> None:
    assert set(WORDS) >= REPORTED_EVENTS
