"""Times and durations are shown in the reader's time zone and language."""

from datetime import UTC, datetime

import pytest

from gateway.notify.texts.phrases import MessageReader, duration_words, local_time, relative_time

ANN = MessageReader("en", "Asia/Shanghai")
LI = MessageReader("zh-CN", "Asia/Shanghai")


@pytest.mark.parametrize("at", ["2026-03-02T12:30:00Z", datetime(2026, 3, 2, 12, 30, tzinfo=UTC)])
def test_time_is_shown_in_reader_time_zone(at: object) -> None:
    assert local_time(at, ANN) == "2026-03-02 20:30:00 Asia/Shanghai"
    for zone in ("UTC", "Mars/Olympus", "", "../UTC"):
        assert local_time(at, MessageReader("en", zone)) == "2026-03-02 12:30:00 UTC"


@pytest.mark.parametrize("text", ["soon", "9999-12-31T23:59:59Z"])
def test_unreadable_time_is_shown_unchanged(text: str) -> None:
    assert local_time(text, ANN) == text


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (48 * 3600 + 299, "48 hours", "48 小时"),
        (5 * 86400, "5 days", "5 天"),
        (12, "0 minutes", "0 分钟"),
        (60, "1 minute", "1 分钟"),
        (5400, "90 minutes", "90 分钟"),
        (-5400, "0 minutes", "0 分钟"),
        (10**20, "36500 days", "36500 天"),
    ],
)
def test_duration_is_shown_in_words(seconds: int, english: str, chinese: str) -> None:
    assert (duration_words(seconds, ANN), duration_words(seconds, LI)) == (english, chinese)


def test_distance_of_unreadable_or_unknown_time_is_left_out() -> None:
    now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    reader = MessageReader("en", "UTC", now=now)
    assert [relative_time(value, reader) for value in ("soon", None, "2026-03-02")] == ["", "", ""]
    assert relative_time(now, ANN) == ""
    assert "30 minutes" in relative_time("2026-03-02T12:30:00Z", reader)
