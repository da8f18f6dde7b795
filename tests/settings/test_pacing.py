"""Settings of the pace that cannot hold are refused with pointers."""

from pathlib import Path

import pytest

from gateway.errors import Misconfigured
from gateway.settings import load
from gateway.settings.notify import NOTIFICATION_CHANNELS, is_switched_on


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ('step_after = "5s"', "/notify/pacing/step_after"),
        ('bundle_within = "1h"', "/notify/pacing/bundle_within"),
        ("per_hour.pigeon = 3", "/notify/pacing/per_hour/pigeon"),
        ("per_hour.sms = 0", "/notify/pacing/per_hour/sms"),
        ("urgent = 3", "/notify/pacing/urgent"),
    ],
)
def test_invalid_pace_is_reported_with_pointer(tmp_path: Path, text: str, pointer: str) -> None:
    (file := tmp_path / "gateway.toml").write_text(f"[notify.pacing]\n{text}\n")
    with pytest.raises(Misconfigured) as caught:
        load(file, {})
    assert [flaw.pointer for flaw in caught.value.flaws] == [pointer]


def test_limit_of_a_further_channel_stands_beside_the_shipped_ones(tmp_path: Path) -> None:
    (file := tmp_path / "gateway.toml").write_text("[notify.pacing.per_hour]\nslack = 60\n")
    pacing = load(file, {}).notify.pacing
    assert pacing.per_hour == {"sms": 30, "voice": 20, "slack": 60}


def test_channel_is_on_if_its_switch_is_set(tmp_path: Path) -> None:
    (file := tmp_path / "gateway.toml").write_text(
        '[notify.smtp]\nhost = "mail.example.com"\n[notify.slack]\ntoken = "xoxb-1"\n'
    )
    loaded = load(file, {})
    on = {
        name
        for name in (*NOTIFICATION_CHANNELS, "pigeon")
        if is_switched_on(loaded.notify, loaded.vendors, name)
    }
    assert on == {"smtp", "webhook", "slack"}
