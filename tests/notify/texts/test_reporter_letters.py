"""Letters to reporters read as a person would write them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.incidents.labels import LOCALES, Locale
from gateway.notify.texts.phrases import MessageReader
from gateway.notify.texts.reporter_letters import LETTERS, render_letter
from gateway.notify.texts.templates import Template, render

ANN = MessageReader("en", "Europe/Berlin", "https://gw.example/my/x")
LI = MessageReader("zh-CN", "Asia/Shanghai", "https://gw.example/my/x")
SOLVED = {
    "number": "INC-1",
    "title": "printer is\r\ndead",
    "resolution": "solved",
    "solution": "New toner.\r\nSwitch it on.",
    "closes_at": "2026-03-04T12:00:00Z",
    "closes_in_s": 172_800,
    "answers": "1@example.com",
}


def test_resolution_letter_in_english() -> None:
    said = render("resolved", SOLVED, ANN, "reporter")
    assert said.subject == "[INC-1] resolved: printer is dead"
    assert (
        said.text
        == """We believe that your report INC-1 is resolved.

Your report: printer is dead

Result: solved

Solution:
New toner.
Switch it on.

Is it solved? Please confirm it and rate our work here, or tell us that it is not solved:
https://gw.example/my/x

If it is not solved, you can also reply to this message, and we will continue.

If we hear nothing from you, it closes by itself in 48 hours: 2026-03-04 13:00:00 Europe/Berlin.
"""
    )


def test_resolution_letter_in_chinese() -> None:
    assert (
        render("resolved", SOLVED, LI, "reporter").text
        == """您的报告 INC-1 已解决，请您确认。

您的报告：printer is dead

处理结果：成功解决

解决方案：
New toner.
Switch it on.

问题解决了吗？请在此确认并评价，或告诉我们问题仍未解决：
https://gw.example/my/x

如未解决，您也可以直接回复本邮件，我们将继续处理。

如未收到您的答复，将在 48 小时后自动关闭：2026-03-04 20:00:00 Asia/Shanghai。
"""
    )


def test_automatic_closure_letter_asks_for_missing_rating() -> None:
    facts = {"number": "INC-1", "closure": "automatic"}
    said = render_letter("closed", facts, ANN)
    assert "We had no answer from you after it was resolved." in said
    assert "Please rate our work here:\nhttps://gw.example/my/x" in said
    assert "rate" not in render_letter("closed", {**facts, "satisfaction": 3}, ANN)
    assert "no answer" not in render_letter("closed", {"number": "INC-1", "closure": "manual"}, ANN)


def test_question_is_quoted_in_letter() -> None:
    facts = {"number": "INC-1", "question": "Which printer?"}
    assert "Our question:\nWhich printer?\n\nPlease answer here:" in render_letter(
        "awaiting_reporter", facts, ANN
    )
    assert "我们的问题：\nWhich printer?" in render_letter("awaiting_reporter", facts, LI)


def test_rejection_letter_states_reason() -> None:
    assert "Reason:\nnot ours" in render_letter(
        "rejected", {"number": "INC-1", "reason": "not ours"}, ANN
    )


def test_letter_without_link_refers_to_no_link() -> None:
    for template in LETTERS:
        assert "here" not in render_letter(template, SOLVED, MessageReader("en"))


def test_message_to_staff_is_not_reporter_letter() -> None:
    assert render("resolved", SOLVED, ANN, "leader").text.startswith(
        "resolved\n\nhttps://gw.example/my/x\n\nIncident: INC-1"
    )


@pytest.mark.parametrize("locale", LOCALES)
def test_every_letter_has_template_and_both_languages(locale: Locale) -> None:
    assert set(LETTERS) <= set(Template)
    for sentences in LETTERS.values():
        for english, chinese, _ in sentences:
            assert english.isascii()
            assert not {*chinese} & {*",;?!()"}
            assert ":" not in chinese
    assert render_letter("reopened", {}, MessageReader(locale))


@given(
    st.sampled_from(sorted(LETTERS)),
    st.dictionaries(
        st.sampled_from([*SOLVED, "question", "reason", "closure", "satisfaction"]),
        st.text() | st.integers() | st.none(),
    ),
    st.sampled_from(LOCALES),
)
def test_any_facts_render_as_letter(template: str, facts: dict[str, Any], locale: Locale) -> None:
    said = render(template, facts, MessageReader(locale, link="https://gw.example"), "reporter")
    assert said.subject.isprintable()
    assert said.text.endswith("\n")


def test_letter_about_shelving_tells_when_it_goes_on() -> None:
    facts = {"number": "INC-1", "shelved_until": "2026-03-02T12:30:00+00:00"}
    assert "It goes on at 2026-03-02" in render_letter("shelved", facts, ANN)
