"""Every template speaks both languages, plainly, whatever a sender wrote."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.incidents.labels import LOCALES, Locale
from gateway.notify.phrases import Reader
from gateway.notify.templates import LINES, OCCASIONS, Template, render
from tests.support.telling import FACTS

URL = "https://gateway.example.com/r/x"
ANN = Reader("en", link=URL)


def test_every_template_and_every_line_exists_in_both_languages() -> None:
    assert set(OCCASIONS) == set(Template)
    for words in (*OCCASIONS.values(), *LINES.values()):
        assert len(words) == len(LOCALES) == 2
        assert all(words)
        assert not set(words[1]) & set(",()")
        assert words[0].isascii()
        assert not words[1].isascii()


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("template", Template)
def test_a_rendering_names_the_incident_its_service_when_it_is_due_and_where_to_look(template: Template, locale: Locale) -> None:
    said = render(template, FACTS | {"clock": "overall", "resolution": "solved"}, Reader(locale, link=URL))
    assert "INC-20260302-0001" in said.subject
    assert "P1" in said.subject
    assert "disk full" in said.subject
    assert "billing" in said.text
    assert "2026-03-02 12:30:00 UTC" in said.text
    assert URL in said.text


def test_an_english_warning_reads_as_it_should() -> None:
    facts = FACTS | {"clock": "tier2", "share": 0.75, "due_at": datetime(2026, 3, 2, 12, 30, tzinfo=UTC)}
    said = render("sla_warning", facts, ANN)
    assert said.subject == "[INC-20260302-0001] P1 nearly due: disk full"
    assert said.text.splitlines() == [
        "nearly due",
        "",
        "Incident: INC-20260302-0001",
        "Priority: 1",
        "Title: disk full",
        "Service: billing",
        "Clock: tier-2 resolution",
        "Due: 2026-03-02 12:30:00 UTC",
        "Used of the target: 75%",
        URL,
    ]


def test_a_chinese_resolution_reads_as_it_should() -> None:
    said = render("resolved", FACTS | {"resolution": "workaround"}, Reader("zh-CN"))
    assert said.subject == "[INC-20260302-0001] P1 已解决：disk full"
    assert "解决代码：变通方法解决" in said.text
    assert "http" not in said.text


@given(
    st.sampled_from(Template),
    st.dictionaries(st.sampled_from(sorted(LINES)), st.text() | st.integers() | st.none()),
    st.sampled_from(LOCALES),
)
def test_no_fact_breaks_a_rendering_or_its_subject_line(template: Template, facts: dict[str, Any], locale: Locale) -> None:
    said = render(template, facts, Reader(locale, link=URL))
    assert said.subject.isprintable()
    assert len(said.text.splitlines()) <= len(LINES) + 3


def test_a_title_is_a_value_and_never_a_format() -> None:
    said = render("opened", FACTS | {"title": "{number.__class__} %s\r\nBcc: x@example.com"}, ANN)
    assert said.subject.endswith("opened: {number.__class__} %s Bcc: x@example.com")


def test_an_occasion_of_another_release_is_called_by_its_own_name() -> None:
    assert "garden party: " in render("garden_party", FACTS, ANN).subject


def test_an_acknowledgement_keeps_the_subject_of_the_mail_it_answers() -> None:
    said = render("received", {"number": "INC-1", "title": "磁盘满了", "subject": "Re: 磁盘满了\r\nBcc: x@y"}, Reader("zh-CN"))
    assert said.subject == "Re: 磁盘满了 Bcc: x@y"
    assert said.text.splitlines() == ["您的报告已受理", "", "事件编号：INC-1", "标题：磁盘满了"]


def test_a_hand_over_lists_what_is_open_one_a_line() -> None:
    listed = [
        {"number": "INC-1", "priority": 3, "state": "assigned", "title": "mail\r\nis slow", "report": None},
        {"number": "INC-2", "priority": 1, "state": "closed", "title": "mail is down", "report": "written"},
    ]
    said = render("handover", {"title": "mail", "group": "mail", "records": 2, "listed": listed}, ANN)
    assert said.subject == "shift hand-over: mail"
    assert said.text.splitlines()[-2:] == [
        "INC-1 P3 assigned: mail is slow",
        "INC-2 P1 report written, to be approved: mail is down",
    ]
    assert render("handover", {"listed": listed, "records": 5}, Reader("en")).text.endswith("mail is down\n… +3\n")
    assert "INC-2 P1 报告 待审批: mail is down" in render("handover", {"listed": listed}, Reader("zh-CN")).text


def test_a_text_keeps_its_lines_and_nothing_else_that_controls() -> None:
    said = render("status_update", FACTS | {"text": "We know\r\nthe\x1bcause.\n\n"}, Reader("en"))
    assert said.text.startswith("status update\n\nWe know\nthe cause.\n\nIncident: ")
