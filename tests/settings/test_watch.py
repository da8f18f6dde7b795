"""Settings of the watch that cannot work are refused with what to write."""

from typing import Any

import msgspec
import pytest

from gateway.settings import load
from gateway.timing.durations import Duration

SHIPPED = load(None, {}).watch


@pytest.mark.parametrize(
    ("more", "pointers"),
    [
        ({}, []),
        ({"ping_url": "https://ping.example/1"}, []),
        ({"ping_url": "ping.example/1"}, ["/watch/ping_url"]),
        ({"every": Duration(), "repeat": Duration()}, ["/watch/every", "/watch/repeat"]),
        ({"fallback": ("webhook:https://a.example/x", "ntfy:http://b.example/topic")}, []),
        ({"fallback": ("webhook:a.example",)}, ["/watch/fallback/0"]),
        ({"fallback": ("person:ann",)}, ["/watch/fallback/0"]),
        ({"fallback": ("ops@example.com",)}, ["/watch/fallback/0"]),
    ],
)
def test_settings_that_cannot_work_have_a_flaw(more: dict[str, Any], pointers: list[str]) -> None:
    settings = msgspec.structs.replace(SHIPPED, **more)
    assert [flaw.pointer for flaw in settings.flaws()] == pointers


def test_mail_is_possible_with_a_relay() -> None:
    smtp = msgspec.structs.replace(SHIPPED.smtp, host="relay.example")
    settings = msgspec.structs.replace(SHIPPED, smtp=smtp, fallback=("ops@example.com",))
    assert (list(settings.flaws()), settings.is_on, SHIPPED.is_on) == ([], True, False)
