"""Cards of Teams hold text that is never read as markup, within 28 KB."""

from dataclasses import replace

import msgspec
import pytest

from gateway.channels.chat.teams.cards import envelope
from gateway.incidents.labels import Locale
from tests.support.messages import message

LINK = "https://gateway.example.com/r/x"


def test_text_is_in_runs_line_by_line() -> None:
    text = "[click](https://evil.example)\n\n<at>everyone</at> **bold**\n"
    (attached,) = envelope(message("ops", text=text))["attachments"]
    card = attached["content"]
    runs = [block["inlines"][0]["text"] for block in card["body"]]
    assert runs == [
        "[INC-1] P1 opened: disk full",
        "[click](https://evil.example)",
        "<at>everyone</at> **bold**",
    ]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert "actions" not in card


@pytest.mark.parametrize(("locale", "label"), [("en", "Open"), ("zh-CN", "打开")])
def test_button_opens_record(locale: Locale, label: str) -> None:
    card = envelope(replace(message("ops"), link=LINK, locale=locale))["attachments"][0]["content"]
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": label, "url": LINK}]


@pytest.mark.parametrize(("urgency", "colour"), [(1, "attention"), (2, "attention"), (3, None)])
def test_urgent_message_has_colour(urgency: int, colour: str | None) -> None:
    card = envelope(replace(message("ops"), urgency=urgency))["attachments"][0]["content"]
    assert card["body"][0]["inlines"][0].get("color") == colour


@pytest.mark.parametrize("text", ["x\n" * 30_000, "磁" * 30_000, '"\\' * 9_000])
def test_card_stays_within_limit(text: str) -> None:
    assert len(msgspec.json.encode(envelope(message("ops", "磁" * 600, text)))) < 28 * 1024
