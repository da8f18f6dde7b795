"""A recipient is split into channel and address, however it is written."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.settings import load
from gateway.settings.recipients import Target, target_of


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("smtp:olga@example.com", Target("smtp", "olga@example.com")),
        ("olga@example.com", Target("smtp", "olga@example.com")),
        (" olga@example.com ", Target("smtp", "olga@example.com")),
        ("olga@example.com:25", Target("smtp", "olga@example.com:25")),
        ("webhook:https://user@example.com:8443/hook", Target("webhook", "https://user@example.com:8443/hook")),
        ("wecom:robot:ops", Target("wecom", "robot:ops")),
        ("mail:olga@example.com", Target("mail", "olga@example.com")),
        ("oncall", Target("", "oncall")),
        (":", Target("", "")),
        ("", Target("", "")),
        ("per\x00son:\x00olga", Target("person", "olga")),
        ("person:\udcffolga", Target("person", "?olga")),
    ],
)
def test_recipient_is_split_at_first_colon_and_plain_address_is_mail(text: str, target: Target) -> None:
    assert target_of(text) == target


@given(st.text(st.characters()))
def test_any_text_gives_storable_target_that_round_trips(text: str) -> None:
    target = target_of(text)
    assert "\x00" not in "".join(target)
    "".join(target).encode()
    assert target_of(str(target)) == target


def test_two_spellings_of_one_address_are_one_recipient(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text('[notify.recipients]\nleader = ["a@example.com", "smtp:a@example.com"]\n')
    assert set(load(file, {}).notify.recipients["leader"]) == {"smtp:a@example.com"}
