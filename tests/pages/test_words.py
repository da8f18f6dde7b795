"""Tests of the words and templates of the pages for reporters."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.channels.occurred import SINCE
from gateway.channels.push.webpush.words import WORDS as BROWSER_WORDS
from gateway.incidents.labels import LOCALES
from gateway.incidents.public_timeline import REPORTER_EVENTS
from gateway.pages.rendering import FOLDER
from gateway.pages.words import EVENTS, IMPACTS, URGENCIES, WORDS, in_language, vocabulary
from gateway.vocabulary import Impact, Urgency

ROOT = Path(__file__).parents[2] / "gateway"
CHINESE = re.compile(r"[一-鿿]")


@pytest.mark.parametrize(
    "table", [WORDS, IMPACTS, URGENCIES, EVENTS, {"since": SINCE}, BROWSER_WORDS]
)
def test_every_word_exists_in_both_languages_with_same_placeholders(
    table: Mapping[Any, tuple[str, str]],
) -> None:
    for name, (english, chinese) in table.items():
        assert english.strip(), name
        assert not CHINESE.search(english), name
        assert CHINESE.search(chinese), name
        assert english.count("{}") == chinese.count("{}"), name


def test_every_choice_and_reporter_event_has_words() -> None:
    assert (set(IMPACTS), set(URGENCIES), set(EVENTS)) == (
        set(Impact),
        set(Urgency),
        set(REPORTER_EVENTS),
    )


def test_vocabulary_has_one_language() -> None:
    for locale in LOCALES:
        assert vocabulary(locale)["send"] == in_language(WORDS["send"], locale)
    assert vocabulary("zh-CN")["send"] == "提交报告"


def test_templates_use_every_word_and_only_defined_words() -> None:
    used = {
        name
        for page in FOLDER.glob("*.html")
        for name in re.findall(r"\bt\.(\w+)", page.read_text("utf-8"))
    }
    assert used <= set(WORDS)
    code = "".join(
        page.read_text("utf-8")
        for package in ("api", "channels/webform")
        for page in (ROOT / package).rglob("*.py")
    )
    told = {name for name in WORDS if f'"{name}"' in code} | {
        name for name in WORDS if re.fullmatch(r"\d{3}(_do)?", name)
    }
    assert set(WORDS) - used - told == set()


SCRIPTS = {"push.html": '<script src="/push/page.js" defer></script>'}
"""The one page with a script, a file of the gateway."""


def test_templates_have_no_script_inline_style_or_chinese_text() -> None:
    for page in FOLDER.glob("*.html"):
        text = page.read_text("utf-8").replace(SCRIPTS.get(page.name, "\0"), "")
        assert not re.search(r"<script|\son\w+=|style=|javascript:", text), page.name
        assert not CHINESE.search(text), page.name
        assert text.count("| safe") == (page.name == "layout.html"), page.name
