"""Browsers in the list are named as their owners know them."""

import pytest

from gateway.channels.push.webpush.browser_label import browser_label

CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0{} Safari/537.36"
WINDOWS = "Windows NT 10.0; Win64; x64"


@pytest.mark.parametrize(
    ("header", "label"),
    [
        (CHROME.format(WINDOWS, ""), "Chrome, Windows"),
        (CHROME.format(WINDOWS, "") + " Edg/131.0.0.0", "Edge, Windows"),
        (CHROME.format("Linux; Android 14; K", " Mobile"), "Chrome, Android"),
        (
            "Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0",
            "Firefox, Android",
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
                "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
            ),
            "Safari, iPhone",
        ),
        (
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
                "(KHTML, like Gecko) Version/18.1 Safari/605.1.15"
            ),
            "Safari, macOS",
        ),
        ("curl/8.5 <script>", ""),
        ("", ""),
    ],
)
def test_browser_is_named_with_its_system(header: str, label: str) -> None:
    assert browser_label(header) == label
