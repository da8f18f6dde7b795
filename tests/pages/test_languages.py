"""The language of a page is chosen from the request and the browser's preferences."""

import pytest

from gateway.incidents.labels import Locale
from gateway.pages.languages import choose_language


@pytest.mark.parametrize(
    ("asked", "accepted", "found"),
    [
        (None, "", "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        (None, "zh-TW", "zh-CN"),
        (None, "en-GB;q=0.5, zh;q=0.7", "zh-CN"),
        (None, "fr, de;q=0.9", "en"),
        (None, "fr;q=1.0, zh-Hans-CN;q=0.1", "zh-CN"),
        (None, "zh;q=0, en;q=0.1", "en"),
        (None, "*;q=x, zh;q=0.3;level=1, ,,;", "en"),
        ("zh-CN", "en", "zh-CN"),
        ("en", "zh", "en"),
        ("tlh", "zh", "zh-CN"),
        (None, "q" * 100_000, "en"),
    ],
)
def test_requested_language_overrides_browser_preference(
    asked: str | None, accepted: str, found: Locale
) -> None:
    assert choose_language(asked, accepted, "en") == found


def test_unknown_languages_fall_back_to_default() -> None:
    assert choose_language(None, "fr", "zh-CN") == "zh-CN"
