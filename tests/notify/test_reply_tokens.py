"""Reply tags are accepted if the gateway signed them, in any case and any surrounding text."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.notify.reply_tokens import (
    MARKERS,
    ReplyTag,
    ReplyTokens,
    add_tag,
    reply_marker_line,
)

OLD, NEW = b"an old secret", b"a new secret"
TOKENS = ReplyTokens((NEW, OLD))


@given(st.integers(1, 10**17), st.text("abcDEF <>[]磁\n", max_size=20))
def test_reply_tag_names_incident_in_any_case_and_text(incident_id: int, around: str) -> None:
    tag = TOKENS.make(incident_id)
    assert TOKENS.read(f"{around} [{tag}] {around}") == incident_id
    assert TOKENS.read(add_tag("desk@example.com", tag).upper()) == incident_id
    assert len(f"desk+{tag}") <= 64


@given(st.integers(1, 10**17), st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_tag_of_a_message_to_staff_names_its_moment(incident_id: int, at: datetime) -> None:
    told_at = at.replace(tzinfo=UTC)
    tag = TOKENS.make(incident_id, told_at)
    assert TOKENS.read_tag(add_tag("desk@example.com", tag).upper()) == ReplyTag(
        incident_id, told_at
    )
    assert len(f"desk+{tag}") <= 64
    other = TOKENS.make(incident_id, told_at + timedelta(microseconds=1))
    forged = f"{tag.rpartition('-')[0]}-{other.rpartition('-')[2]}"
    assert TOKENS.read_tag(forged) is None
    assert TOKENS.read_tag(TOKENS.make(incident_id)) == ReplyTag(incident_id)


def test_reply_tag_of_previous_secret_is_accepted_and_foreign_one_is_not() -> None:
    assert TOKENS.read(ReplyTokens((OLD,)).make(7)) == 7
    assert TOKENS.read(ReplyTokens((b"stranger",)).make(7)) is None
    assert TOKENS.read(f"{ReplyTokens((b'stranger',)).make(7)} {TOKENS.make(8)}") == 8


@pytest.mark.parametrize("changed", [r"r8-\1", r"r7-\1a", r"xr7-\1", r"r07-\1", r"r7-a\1", r"r7\1"])
def test_altered_reply_tag_is_none(changed: str) -> None:
    assert TOKENS.read(re.sub("r7-(.*)", changed, TOKENS.make(7))) is None


def test_reply_marker_line_is_in_reader_language_or_both() -> None:
    assert reply_marker_line("en") == f"##- {MARKERS[0]} -##"
    assert reply_marker_line("zh-CN") == f"##- {MARKERS[1]} -##"
    assert all(marker in reply_marker_line("") for marker in MARKERS)


def test_only_first_tags_of_text_are_checked() -> None:
    false = ReplyTokens((b"stranger",)).make(7)
    assert TOKENS.read(" ".join([false] * 19 + [TOKENS.make(8)])) == 8
    assert TOKENS.read(" ".join([false] * 25 + [TOKENS.make(8)])) is None
