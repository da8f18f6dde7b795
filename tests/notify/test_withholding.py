"""A message to somebody who may not see the incident does not identify it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.incidents.facts import UNREVEALING_FACTS
from gateway.notify.texts.fact_lines import LINES
from gateway.notify.texts.phrases import MessageReader
from gateway.notify.texts.reporter_letters import LETTERS
from gateway.notify.texts.templates import Template, render
from gateway.notify.withholding import drop_incidents, find_named_incidents, withhold_message_facts

SECRET = "insider case against Carol"
NUMBER = "INC-20260302-000042"
OTHER = "INC-20260302-000043"


def everything_said() -> dict[str, Any]:
    """Return facts of every name that messages use, each containing the secret or the number."""
    texts = dict.fromkeys(
        [*LINES, "description", "solution", "text", "question", "subject", "to_do"], SECRET
    )
    told = {
        "number": NUMBER,
        "related": NUMBER,
        "links": [{"href": SECRET}],
        "labels": {"who": SECRET},
    }
    ranked = {
        "priority": 1,
        "clock": "resolution",
        "due_at": "2026-03-02T12:30:00Z",
        "share": 0.9,
        "locale": "en",
    }
    return texts | told | ranked | {"unresolved_for": "1:00:00", "claimed_priority": 1}


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
@pytest.mark.parametrize("template", Template)
def test_withheld_staff_message_does_not_identify_incident(template: Template, locale: Any) -> None:
    facts = withhold_message_facts(template, "leader", everything_said())
    words = render(template, facts, MessageReader(locale), "leader")
    said = f"{words.subject}\n{words.text}\n{words.ask}\n{facts}"
    assert SECRET not in said
    assert NUMBER not in said
    assert words.text.strip()


@pytest.mark.parametrize("template", sorted(set(Template) - {Template.CHAT, Template.WITHDRAWN}))
def test_withheld_staff_message_states_priority_and_whom_to_ask(template: Template) -> None:
    words = render(
        template,
        withhold_message_facts(template, "leader", everything_said()),
        MessageReader("en"),
        "leader",
    )
    assert words.subject.startswith("P1 restricted incident: ")
    assert "ask an incident manager" in words.ask


def test_withdrawn_handler_is_told_to_stop_work() -> None:
    words = render(
        "withdrawn",
        withhold_message_facts("withdrawn", "handler", everything_said()),
        MessageReader("en"),
        "handler",
    )
    assert words.subject == "P1 restricted incident: taken out of your hands"
    assert "need not work on it any more" in words.ask


@pytest.mark.parametrize("template", LETTERS)
def test_reporter_gets_only_number_of_withheld_incident(template: str) -> None:
    facts = withhold_message_facts(
        template, "reporter", everything_said() | {"subject": "Re: help"}
    )
    words = render(template, facts, MessageReader("en"), "reporter")
    assert (SECRET in f"{words}{facts}", NUMBER in words.text, words.subject) == (
        False,
        True,
        "Re: help",
    )


def test_chat_answer_gives_number_only_of_just_opened_incident() -> None:
    answer = {"text": f"Recorded as {NUMBER}.", "number": NUMBER, "title": SECRET, "card": True}
    opened = withhold_message_facts("chat", "reporter", answer | {"opened": True})
    assert opened == {"text": answer["text"], "number": NUMBER, "opened": True, "withheld": True}
    assert withhold_message_facts("chat", "reporter", answer) == {"withheld": True}


@given(
    st.dictionaries(
        st.sampled_from([*LINES, *UNREVEALING_FACTS, "number", "title", "text"]), st.text()
    )
)
def test_withheld_facts_keep_only_urgency(facts: dict[str, str]) -> None:
    assert withhold_message_facts("opened", "leader", facts) == {
        name: facts[name] for name in UNREVEALING_FACTS if name in facts
    } | {"withheld": True}


def test_numbers_of_other_incidents_are_found_and_removed() -> None:
    listed = [{"number": NUMBER, "title": SECRET}, {"number": OTHER}]
    facts = {
        "title": NUMBER,
        "related": NUMBER,
        "raised_by": OTHER,
        "about": 7,
        "left_master": "x",
        "listed": listed,
        "records": 9,
    }
    assert find_named_incidents(facts) == {NUMBER, OTHER}
    assert drop_incidents(facts, ()) is facts
    kept = drop_incidents(facts, {NUMBER})
    assert (kept["listed"], kept["records"], kept["raised_by"]) == ([{"number": OTHER}], 8, OTHER)
    assert "related" not in kept
    assert drop_incidents({"related": NUMBER}, {NUMBER}) == {}
    assert find_named_incidents({"listed": None}) == frozenset()
