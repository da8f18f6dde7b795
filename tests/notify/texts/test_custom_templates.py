"""Administrators write templates of messages, which can do no harm."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.notify.texts.custom_templates import (
    LONGEST,
    CustomTemplate,
    TemplateFailed,
    render_custom,
    template_flaws,
)
from gateway.notify.texts.phrases import MessageReader
from gateway.notify.texts.templates import RenderedMessage, render
from tests.support.clock import NOON

READER = MessageReader("en", "Asia/Shanghai", "https://gw.example/r/x", NOON)
FACTS = {
    "number": "INC-1",
    "priority": 1,
    "title": "disk full",
    "due_at": "2026-03-02T12:30:00+00:00",
    "labels": {"host": "db-1"},
    "links": [{"href": "https://a.example"}],
}


def made(
    body: str, subject: str = "", facts: Mapping[str, object] | None = None
) -> RenderedMessage:
    usual = render("opened", FACTS, READER, "handler")
    return render_custom(CustomTemplate(subject, body), usual, {**FACTS, **(facts or {})}, READER)


def test_template_prints_facts_times_and_the_usual_text() -> None:
    said = made(
        "P{{ priority }} {{ title | upper }} on {{ labels.host }}\n"
        "{% if due_at %}{{ due_at }}, {{ due_at_relative }}{% endif %}\n"
        "{% for one in links %}{{ one.href }} {% endfor %}\n{{ to_do }} {{ link }}\n{{ text }}",
        "Wake up: {{ number }}",
    )
    assert said.subject == "Wake up: INC-1"
    assert said.text.splitlines()[:4] == [
        "P1 DISK FULL on db-1",
        "2026-03-02 20:30:00 Asia/Shanghai, in 30 minutes",
        "https://a.example",
        "accept it, or assign it to somebody https://gw.example/r/x",
    ]
    assert "Incident: INC-1" in said.text


def test_empty_subject_keeps_the_usual_one() -> None:
    assert made("x").subject == "[INC-1] P1 opened: disk full"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{ range(9) }}", "call is not allowed"),
        ("{{ 'x' * 999999999 }}", "mul is not allowed"),
        ("{{ '%9999999999d' % 1 }}", "mod is not allowed"),
        ("{{ '{:>999999999}'.format(1) }}", "call is not allowed"),
        ("{% for a in links %}{% for b in links %}{% endfor %}{% endfor %}", "loop inside a loop"),
        ("{% include 'x' %}", "include is not allowed"),
        ("{% macro m() %}{% endmacro %}", "macro is not allowed"),
        ("{{ title | tojson }}", "there is no filter 'tojson'"),
        ("{{ title", "line 1"),
        ("{{ " + "(" * 3000, ""),
    ],
)
def test_harmful_or_invalid_template_is_refused_with_its_place(text: str, why: str) -> None:
    [flaw] = template_flaws(CustomTemplate("", text))
    assert flaw.pointer == "/body"
    assert why in flaw.detail
    assert template_flaws(CustomTemplate(text[:500], "x"))[0].pointer == "/subject"


@pytest.mark.parametrize(
    "text",
    [
        "{{ title.__class__.__mro__ }}",
        "{{ labels.__init__ }}",
        "{{ labels['__class__'] }}",
        "{{ ''['__class__'] }}",
        "{{ nothing }}",
        "{{ labels.nothing }}",
    ],
)
def test_template_cannot_reach_beyond_the_facts(text: str) -> None:
    assert template_flaws(CustomTemplate("", text)) == ()
    with pytest.raises(TemplateFailed):
        made(text)


def test_text_of_a_template_is_bounded() -> None:
    loop = "{% for one in many %}" + "{{ description }}" * 200 + "{% endfor %}"
    many = {"many": ["x"] * 10_000, "description": "y" * 100_000}
    assert len(made(loop, facts=many).text) <= LONGEST + 1


@given(st.text())
def test_foreign_text_is_printed_and_never_run(title: str) -> None:
    said = made("{{ title }}", "{{ title }}", {"title": title + "{{ 7 }}{% if x %}\r\nBcc: a@b"})
    assert "\n" not in said.subject
    assert "\r" not in said.subject + said.text
    assert "{{ 7 }}" in said.text


def test_places_of_lists_are_read_and_missing_ones_fail() -> None:
    facts = {"many": ["a", "b"]}
    assert made("{{ many[1] }}{{ labels['host'] }}", facts=facts).text.strip() == "bdb-1"
    with pytest.raises(TemplateFailed):
        made("{{ many[9] }}", facts=facts)
    assert template_flaws(CustomTemplate("", "{% for one in many %}{{ one }}{% endfor %}")) == ()
