"""Values for approved templates hold no link, no unusual symbol, and are never empty."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.phone.outgoing.orders import TemplateValues
from gateway.channels.phone.outgoing.template_values import (
    REFUSED,
    cut_value,
    plain_value,
    template_values,
)
from tests.support.messages import FACTS


def test_record_is_told_by_number_priority_and_title() -> None:
    assert template_values(FACTS, "a subject") == TemplateValues(
        "INC-20260302-0001", "P1", "disk full"
    )


def test_message_about_no_record_says_its_subject() -> None:
    assert template_values({}, "shift hand-over") == TemplateValues("-", "-", "shift hand-over")


def test_withheld_record_is_not_named() -> None:
    facts = FACTS | {"withheld": True}
    assert template_values(facts, "P1 restricted incident") == TemplateValues(
        "-", "P1", "P1 restricted incident"
    )


def test_links_brackets_and_pictures_are_left_out() -> None:
    assert plain_value("【db】 down 🔥 see https://wiki.example/x?y www.a.cn now") == (
        "(db) down see now"
    )
    assert plain_value("https://wiki.example/x") == "-"


def test_value_is_cut_without_a_space_at_its_end() -> None:
    assert cut_value("disk full", 5) == "disk"
    assert cut_value("disk full", 9) == "disk full"


@given(st.text(max_size=300))
def test_any_text_becomes_a_value(text: str) -> None:
    value = plain_value(text)
    assert value
    assert "://" not in value
    assert not {unicodedata.category(one) for one in value} & REFUSED
