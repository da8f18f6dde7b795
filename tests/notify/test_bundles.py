"""A bundle lists what it tells, the most urgent first, and has one id."""

from datetime import timedelta
from uuid import UUID

import pytest

from gateway.incidents.labels import LOCALES, Locale
from gateway.notify.bundles import bundle_notice, follow_up, members
from gateway.notify.texts.bundle_text import MOST_LISTED
from gateway.notify.texts.phrases import MessageReader
from gateway.notify.texts.templates import render
from tests.notify.test_pacing import row

MILD = row(facts={"number": "INC-3", "priority": 3, "title": "slow\r\nmail", "text": "private"})
URGENT = row("sla_breached", 2, facts={"number": "INC-2", "priority": 2, "title": "down"})


def test_same_messages_make_one_bundle_whatever_their_order() -> None:
    one, other = bundle_notice([MILD, URGENT]), bundle_notice([URGENT, MILD])
    assert one == other
    assert one.id(None) != bundle_notice([URGENT, row()]).id(None)
    assert (one.target, one.urgency, one.template) == ("person:ann", 2, "bundle")


def test_bundle_knows_its_messages() -> None:
    facts = bundle_notice([MILD, URGENT]).facts
    assert list(members(facts)) == [(URGENT.id, "sla_breached"), (MILD.id, "opened")]
    assert [one["number"] for one in facts["listed"]] == ["INC-2", "INC-3"]
    assert "private" not in str(facts)


@pytest.mark.parametrize("locale", LOCALES)
def test_text_lists_each_message_on_a_line_with_its_link(locale: Locale) -> None:
    facts = dict(bundle_notice([MILD, URGENT]).facts)
    facts["listed"][0]["link"] = "https://gateway.example.com/r/a"
    said = render("bundle", facts, MessageReader(locale))
    assert said.text.splitlines() == {
        "en": ["[INC-2] P2 overdue: down", "  https://gateway.example.com/r/a",
               "[INC-3] P3 opened: slow mail"],
        "zh-CN": ["[INC-2] P2 已超时: down", "  https://gateway.example.com/r/a",
                  "[INC-3] P3 新登记: slow mail"],
    }[locale]  # fmt: skip
    assert (
        said.subject
        == {
            "en": "2 messages, the most urgent P2",
            "zh-CN": "2 条通知，最高优先级 P2",
        }[locale]
    )


def test_long_bundle_is_counted() -> None:
    facts = bundle_notice([row() for _ in range(MOST_LISTED + 4)]).facts
    lines = render("bundle", facts, MessageReader("en")).text.splitlines()
    assert (len(lines), lines[-1]) == (MOST_LISTED + 1, "… and 4 more")


def test_further_step_has_one_id_however_often_it_is_made() -> None:
    root, minute = UUID(int=1), timedelta(minutes=1)
    one = follow_up(root, root, 1, minute)
    assert one == follow_up(root, root, 1, minute)
    assert one.id != follow_up(root, root, 2, minute).id
    assert one.id != follow_up(root, UUID(int=2), 1, minute).id
