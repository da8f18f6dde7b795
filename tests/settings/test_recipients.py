"""A recipient is split into channel and address, however it is written."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.settings import load
from gateway.settings.recipients import RecipientAddress, parse_recipient


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("smtp:olga@example.com", RecipientAddress("smtp", "olga@example.com")),
        ("olga@example.com", RecipientAddress("smtp", "olga@example.com")),
        (" olga@example.com ", RecipientAddress("smtp", "olga@example.com")),
        ("olga@example.com:25", RecipientAddress("smtp", "olga@example.com:25")),
        (
            "webhook:https://user@example.com:8443/hook",
            RecipientAddress("webhook", "https://user@example.com:8443/hook"),
        ),
        ("wecom:robot:ops", RecipientAddress("wecom", "robot:ops")),
        ("mail:olga@example.com", RecipientAddress("mail", "olga@example.com")),
        ("oncall", RecipientAddress("", "oncall")),
        (":", RecipientAddress("", "")),
        ("", RecipientAddress("", "")),
        ("per\x00son:\x00olga", RecipientAddress("person", "olga")),
        ("person:\udcffolga", RecipientAddress("person", "?olga")),
    ],
)
def test_recipient_is_split_at_first_colon_and_plain_address_is_mail(
    text: str, target: RecipientAddress
) -> None:
    assert parse_recipient(text) == target


@given(st.text(st.characters()))
def test_any_text_gives_storable_target_that_round_trips(text: str) -> None:
    target = parse_recipient(text)
    assert "\x00" not in "".join(target)
    "".join(target).encode()
    assert parse_recipient(str(target)) == target


def test_two_spellings_of_one_address_are_one_recipient(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text('[notify.recipients]\nleader = ["a@example.com", "smtp:a@example.com"]\n')
    assert set(load(file, {}).notify.recipients["leader"]) == {"smtp:a@example.com"}
