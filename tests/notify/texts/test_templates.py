"""Every message template has both languages and renders any text of a sender as plain text."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.incidents.labels import LOCALES, Locale, label
from gateway.notify.texts.fact_lines import LINES, format_facts
from gateway.notify.texts.next_steps import FOR_OTHERS, FOR_WORKERS, TO_DO
from gateway.notify.texts.phrases import MessageReader
from gateway.notify.texts.templates import OCCASIONS, Template, render
from gateway.vocabulary import ShelvingEnd
from tests.support.messages import FACTS

URL = "https://gateway.example.com/r/x"
ANN = MessageReader("en", link=URL)


def test_every_template_and_line_has_both_languages() -> None:
    assert set(OCCASIONS) == set(Template)
    for words in (*OCCASIONS.values(), *LINES.values(), *TO_DO.values()):
        assert len(words) == len(LOCALES) == 2
        assert all(words)
        assert not set(words[1]) & set(",()")
        assert words[0].isascii()
        assert not words[1].isascii()


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(
    "template", sorted(set(Template) - {Template.BUNDLE, Template.CONTACT_CODE})
)
def test_message_names_incident_service_due_time_and_link(
    template: Template, locale: Locale
) -> None:
    said = render(
        template,
        FACTS | {"clock": "overall", "resolution": "solved"},
        MessageReader(locale, link=URL),
    )
    assert "INC-20260302-0001" in said.subject
    assert "P1" in said.subject
    assert "disk full" in said.subject
    assert "billing" in said.text
    assert "2026-03-02 12:30:00 UTC" in said.text
    assert URL in said.text


@pytest.mark.parametrize("locale", LOCALES)
def test_code_is_in_the_message_that_confirms_an_address(locale: Locale) -> None:
    said = render(
        Template.CONTACT_CODE, {"code": "K7M2PQ", "login": "ann"}, MessageReader(locale, link=URL)
    )
    assert "K7M2PQ" in said.text
    assert "ann" in said.text
    assert URL not in said.text


def test_english_warning_text() -> None:
    facts = FACTS | {
        "clock": "tier2",
        "share": 0.75,
        "due_at": datetime(2026, 3, 2, 12, 30, tzinfo=UTC),
    }
    said = render("sla_warning", facts, ANN, "handler")
    assert said.subject == "[INC-20260302-0001] P1 nearly due: disk full"
    assert (
        said.text
        == """nearly due

To do: resolve it before it is due, or hand it on
https://gateway.example.com/r/x

Incident: INC-20260302-0001
Priority: 1
Title: disk full
Service: billing
Clock: tier-2 resolution
Due: 2026-03-02 12:30:00 UTC
Target used: 75%
"""
    )


WHOLE = FACTS | {
    "severity": "critical",
    "ci": "db-1",
    "state": "assigned",
    "kind": "incident",
    "assignee_group": "data-base",
    "assignee": "tina",
    "handler": "tina",
    "labels": {"team": "core", "region": "eu"},
    "links": [
        {"href": "https://prometheus.example/g", "text": "source"},
        {"href": "https://wiki.example/disk full", "text": "runbook"},
        "not a link",
    ],
    "description": "95 % used\nsince noon",
}


def test_chinese_assignment_text_contains_all_facts() -> None:
    li = MessageReader("zh-CN", "Asia/Shanghai", URL)
    assert (
        render("assigned", WHOLE, li, "handler").text
        == """已派单

待办：请受理并开始处理
https://gateway.example.com/r/x

事件编号：INC-20260302-0001
优先级：1
标题：disk full
服务：billing
配置项：db-1
严重程度：critical
状态：待响应
应完成时间：2026-03-02 20:30:00 Asia/Shanghai
受理组：data-base
处理人：tina
标签：team=core, region=eu
处理手册：https://wiki.example/diskfull
链接：https://prometheus.example/g

描述：
95 % used
since noon
"""
    )


def test_step_depends_on_template_and_role() -> None:
    assert {
        render("resolved", FACTS, ANN, role).ask for role in ("service_desk", "handler", "leader")
    } == {""}
    assert (
        render("resolved", FACTS | {"to_do": "ask_reporter"}, ANN, "owner").ask
        == TO_DO["ask_reporter"][0]
    )
    assert render("opened", FACTS, ANN, "tier2").ask == "accept it, or assign it to somebody"
    assert render("opened", FACTS, ANN, "leader").ask.startswith(
        "make sure that somebody is working on it"
    )
    assert render("opened", FACTS | {"to_do": "grade"}, ANN, "leader").ask == TO_DO["grade"][0]
    assert render("opened", FACTS | {"to_do": "dance\nnow"}, ANN).ask == "dance now"


def test_step_depends_on_state_and_role() -> None:
    under_way = FACTS | {"state": "in_progress"}
    assert render("raised", under_way, ANN, "handler").ask == "go on with it"
    assert (
        render("assigned", under_way | {"state": "assigned"}, ANN, "handler").ask
        == "accept it and begin"
    )
    assert render("raised", under_way, ANN, "incident_manager").ask.startswith(
        "make sure that somebody is working on it"
    )
    assert render("reopened", under_way | {"to_do": ""}, ANN, "group").ask == ""
    assert (
        render("reopened", FACTS | {"state": "assigned"}, ANN, "handler").ask
        == "accept it and begin"
    )
    assert render("reopened", under_way | {"to_do": ""}, ANN, "leader").ask.startswith(
        "make sure that somebody is working on it"
    )


def test_note_on_related_incident_is_not_called_reporter_reply() -> None:
    said = render("replied", FACTS | {"related": "INC-20260302-0002"}, ANN, "handler")
    assert said.subject == "[INC-20260302-0001] P1 noted on a related incident: disk full"
    assert "its reporter replied" in render("replied", FACTS, ANN, "handler").subject


def test_every_step_has_words_and_template() -> None:
    assert {*FOR_WORKERS.values(), *FOR_OTHERS.values()} <= set(TO_DO)
    assert {*FOR_WORKERS, *FOR_OTHERS} <= set(Template)


def test_labels_are_limited_and_odd_facts_are_left_out() -> None:
    many = {f"l{n}": "x" for n in range(20)}
    assert "l11=x … +8" in render("opened", {"labels": many}, ANN).text
    odd = render(
        "opened", {"labels": "x", "links": "x", "state": "odd", "description": "x" * 3000}, ANN
    )
    assert "Labels" not in odd.text
    assert "State" not in odd.text
    assert odd.text.endswith("x…\n")
    assert len(odd.text) < 1_200


def test_chinese_resolution_text() -> None:
    said = render("resolved", FACTS | {"resolution": "workaround"}, MessageReader("zh-CN"))
    assert said.subject == "[INC-20260302-0001] P1 已解决：disk full"
    assert "解决代码：变通方法解决" in said.text
    assert "http" not in said.text


@given(
    st.sampled_from(Template),
    st.dictionaries(st.sampled_from(sorted(LINES)), st.text() | st.integers() | st.none()),
    st.sampled_from(LOCALES),
)
def test_any_facts_render_with_printable_subject(
    template: Template, facts: dict[str, Any], locale: Locale
) -> None:
    said = render(template, facts, MessageReader(locale, link=URL))
    assert said.subject.isprintable()
    assert len(said.text.splitlines()) <= len(LINES) + 6


def test_title_is_never_used_as_format_string() -> None:
    said = render("opened", FACTS | {"title": "{number.__class__} %s\r\nBcc: x@example.com"}, ANN)
    assert said.subject.endswith("opened: {number.__class__} %s Bcc: x@example.com")


def test_unknown_template_is_shown_by_its_name() -> None:
    assert "garden party: " in render("garden_party", FACTS, ANN).subject


def test_acknowledgement_keeps_subject_of_answered_mail() -> None:
    said = render(
        "received",
        {"number": "INC-1", "title": "磁盘满了", "subject": "Re: 磁盘满了\r\nBcc: x@y"},
        MessageReader("zh-CN"),
    )
    assert said.subject == "Re: 磁盘满了 Bcc: x@y"
    assert said.text.splitlines() == ["您的报告已受理", "", "事件编号：INC-1", "标题：磁盘满了"]


def test_handover_lists_open_incidents_one_per_line() -> None:
    listed = [
        {
            "number": "INC-1",
            "priority": 3,
            "state": "assigned",
            "title": "mail\r\nis slow",
            "report": None,
        },
        {
            "number": "INC-2",
            "priority": 1,
            "state": "closed",
            "title": "mail is down",
            "report": "written",
        },
    ]
    said = render(
        "handover", {"title": "mail", "group": "mail", "records": 2, "listed": listed}, ANN
    )
    assert said.subject == "shift hand-over: mail"
    assert said.text.splitlines()[-2:] == [
        "INC-1 P3 assigned: mail is slow",
        "INC-2 P1 report written, to be approved: mail is down",
    ]
    assert render("handover", {"listed": listed, "records": 5}, MessageReader("en")).text.endswith(
        "mail is down\n… +3\n"
    )
    assert (
        "INC-2 P1 报告 待审批: mail is down"
        in render("handover", {"listed": listed}, MessageReader("zh-CN")).text
    )


def test_text_keeps_lines_without_control_characters() -> None:
    said = render(
        "status_update", FACTS | {"text": "We know\r\nthe\x1bcause.\n\n"}, MessageReader("en")
    )
    assert said.text.startswith("status update\n\nWe know\nthe cause.\n\nIncident: ")


@pytest.mark.parametrize(
    ("locale", "words"), [("en", "Sender: not verified"), ("zh-CN", "发件人：未验证")]
)
def test_reply_of_unverified_sender_is_marked(locale: Locale, words: str) -> None:
    told = render(
        Template.REPLIED,
        {"number": "INC-1", "sender": "unverified", "text": "hello"},
        MessageReader(locale),
    )
    assert words in told.text
    assert (
        words
        not in render(
            Template.REPLIED, {"number": "INC-1", "text": "hello"}, MessageReader(locale)
        ).text
    )


@pytest.mark.parametrize(
    ("locale", "subject", "ask"),
    [
        ("en", "nobody will be on call: Databases", "put somebody on call"),
        ("zh-CN", "值班空缺：Databases", "请为这些时段安排值班人员"),
    ],
)
def test_gaps_are_listed_on_clock_of_reader(locale: Locale, subject: str, ask: str) -> None:
    facts = {
        "title": "Databases",
        "gaps": [["2026-03-02T12:00:00+00:00", "2026-03-02T14:00:00+00:00"]],
        "to_do": "cover_gaps",
    }
    reader = MessageReader(locale, zone="Asia/Shanghai")
    said = render("schedule_gaps", facts, reader)
    line = "2026-03-02 20:00:00 Asia/Shanghai – 2026-03-02 22:00:00 Asia/Shanghai\n"
    assert said.subject == subject
    assert ask in said.ask
    assert said.text.endswith(line)
    assert render("schedule_gaps", facts | {"more_gaps": 2}, reader).text.endswith(line + "… +2\n")


def test_policy_round_and_end_of_shelving_are_told_in_words() -> None:
    reader = MessageReader("en", "UTC")
    by = {"policy": "SRE", "step": 1, "steps": 2}
    assert "SRE" in format_facts({"escalation": by}, reader)["escalation"]
    again = format_facts({"escalation": by | {"round": 2}}, reader)["escalation"]
    assert again != format_facts({"escalation": by}, reader)["escalation"]
    assert "escalation" not in format_facts({"escalation": "x"}, reader)
    ends = {"later": "later", ShelvingEnd.REPLY: label(ShelvingEnd.REPLY, "en")}
    for end, words in ends.items():
        assert words in format_facts({"returned_because": end}, reader)["returned_because"]
