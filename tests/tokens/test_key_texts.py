"""Keys are redacted in texts and bodies, and nothing else is."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.tokens.key_texts import KEY, REDACTED, redact_body_keys, redact_keys, redact_pair_keys

ONE = "gwk_2csrqg5motj3_6WmDmrmDEhS8gqlAAAAaaaa-bbbb_cccc0123456789abc"


def test_key_is_redacted_anywhere_in_text() -> None:
    for text in (
        "{}",
        "x {} y",
        '{{"routing_key":"{}"}}',
        "<in+{}@gw.example>",
        "/ingest/generic/{}?x=1",
        "Basic:{}",
    ):
        assert redact_keys(text.format(ONE)) == text.format(REDACTED)
        assert redact_body_keys(text.format(ONE).encode()) == text.format(REDACTED).encode()
    assert redact_pair_keys({"key": ONE, ONE: "x"}) == {"key": REDACTED, REDACTED: "x"}


def test_key_split_by_mail_line_break_is_redacted() -> None:
    assert redact_body_keys(f"key: {ONE[:20]}=\r\n{ONE[20:]} .".encode()) == b"key: *** ."


def test_multiple_keys_are_redacted_and_key_prefix_is_kept() -> None:
    assert redact_keys(f"{ONE} {ONE}") == f"{REDACTED} {REDACTED}"
    assert redact_keys("gwk_ and gwk_x") == "gwk_ and gwk_x"


@given(st.text())
def test_text_without_key_is_unchanged(text: str) -> None:
    if KEY.search(text) is None:
        assert redact_keys(text) == text
    data = text.encode("utf-8", "replace")
    if b"gwk_" not in data:
        assert redact_body_keys(data) is data


@given(st.binary(), st.binary())
def test_key_between_any_bytes_is_redacted(before: bytes, after: bytes) -> None:
    assert ONE.encode() not in redact_body_keys(before + ONE.encode() + after)
