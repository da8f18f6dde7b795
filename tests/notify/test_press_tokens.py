"""Tests of the token in a chat button, which names the incident."""

from dataclasses import replace

from gateway.notify.press_tokens import PressTokens
from tests.access.situations import RECORD

OURS, OTHERS = PressTokens((b"new" * 11, b"old" * 11)), PressTokens((b"else" * 8,))


def test_press_token_names_incident_and_reopen_count() -> None:
    read = OURS.read(OURS.make(RECORD))
    assert read is not None
    assert (read.incident_id, read.reopened, read.version) == (RECORD.id, 0, RECORD.version)
    assert PressTokens(OURS.secrets[1:]).read(PressTokens(OURS.secrets[1:]).make(RECORD)) == read
    assert OURS.read(PressTokens(OURS.secrets[1:]).make(RECORD)) == read


def test_foreign_or_altered_press_token_is_none() -> None:
    token = OURS.make(RECORD)
    assert OURS.read(OTHERS.make(RECORD)) is None
    assert OURS.read(token.replace("p1-0", "p1-1")) is None
    assert OURS.read(token.replace("p1-0", "p2-0")) is None
    assert OURS.read(token + "a") is None
    assert OURS.read("") is None


def test_press_token_is_stale_only_after_reopening() -> None:
    read = OURS.read(OURS.make(RECORD))
    assert read is not None
    assert not read.is_stale(replace(RECORD, version=RECORD.version + 5, handler="ann"))
    assert read.is_stale(replace(RECORD, version=RECORD.version + 5, reopened=1))
    assert read.is_stale(replace(RECORD, version=RECORD.version - 1))
