"""Tests of the words and colours of the page for staff."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.channels.push.webpush.words import WORDS as PUSH_WORDS
from gateway.incidents.labels import LOCALES
from gateway.pages.rendering import FOLDER, POLICIES, SHEETS
from gateway.pages.staff_words import (
    STAFF_WORDS,
    STORY_EVENTS,
    channel_label,
    staff_vocabulary,
)

CHINESE = re.compile(r"[一-鿿]")
SHEET = SHEETS["staff.css"]
THEMES = [dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})", part)) for part in SHEET.split("@media")]


@pytest.mark.parametrize("table", [STAFF_WORDS, STORY_EVENTS])
def test_every_word_exists_in_both_languages_with_same_placeholders(
    table: Mapping[Any, tuple[str, str]],
) -> None:
    for name, (english, chinese) in table.items():
        assert english.strip(), name
        assert not CHINESE.search(english), name
        assert english.count("{}") == chinese.count("{}"), name
        assert CHINESE.search(chinese) or name == "more", name
        assert "您" not in chinese, name


def test_templates_use_only_defined_words() -> None:
    used = {
        name
        for page in FOLDER.glob("*.html")
        if page.name != "push.html"
        for name in re.findall(r"\bw\.(\w+)", page.read_text("utf-8"))
    }
    assert used <= set(STAFF_WORDS)
    for locale in LOCALES:
        assert set(staff_vocabulary(locale)) == set(STAFF_WORDS)


def test_page_of_browsers_uses_only_its_own_words() -> None:
    page = (FOLDER / "push.html").read_text("utf-8")
    assert set(re.findall(r"\bw\.(\w+)", page)) <= set(PUSH_WORDS)


def test_channels_have_words_or_their_own_name() -> None:
    assert channel_label("smtp", "zh-CN") == "邮件"
    assert channel_label("bark", "en") == "bark"
    assert channel_label("person", "en") == ""


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.1)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES[:2], ids=["light", "dark"])
def test_colours_are_readable_in_both_themes(theme: dict[str, str]) -> None:
    for ground in ("bg", "surface", "sunk"):
        for ink in ("text", "muted", "link", "danger", "warn", "ok", "hold"):
            assert contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground)
        assert contrast(theme["edge"], theme[ground]) >= 3, ground
    for ink, ground in (("on", "link"), ("on-danger", "danger"), ("text", "tint")):
        assert contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground)


def test_each_sheet_has_a_policy_of_its_own() -> None:
    assert len(set(POLICIES.values())) == len(SHEETS)
